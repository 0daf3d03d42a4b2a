"""OpenTelemetry's httpx instrumentation works on a guarded client, whichever of the two comes first."""

import pytest

pytest.importorskip("opentelemetry.instrumentation.httpx", reason="needs opentelemetry-instrumentation-httpx")
pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry.instrumentation import httpx as instrumentation
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cyara_auth import connect, find_unguarded, install
from cyara_auth._http import httpx
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.faces import TLS
from ..wire.loopback import KEY, PAIR, TOKEN, WireServer

Instrumentor = (
    instrumentation.HTTPX2ClientInstrumentor if httpx.__name__ == "httpx2" else instrumentation.HTTPXClientInstrumentor
)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(spans: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return provider


def assert_one_call_traced(server: WireServer, spans: InMemorySpanExporter) -> None:
    (span,) = spans.get_finished_spans()
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]
    assert server.seen[0].values("traceparent")
    for secret in (KEY, TOKEN):
        assert secret not in span.to_json()


def test_client_of_connect_is_instrumented_afterwards(
    server: WireServer, spans: InMemorySpanExporter, provider: TracerProvider
) -> None:
    with connect(server.base_url, PAIR, store=MemoryStrikeStore(), verify=TLS) as cyara:
        Instrumentor.instrument_client(cyara.get_httpx_client(), tracer_provider=provider)
        assert cyara.raw("GET", "/x").status_code == 200
        assert find_unguarded(cyara.get_httpx_client()) == []
    assert_one_call_traced(server, spans)


def test_instrumented_client_is_guarded_afterwards(
    server: WireServer, spans: InMemorySpanExporter, provider: TracerProvider
) -> None:
    with httpx.Client(base_url=server.base_url, verify=TLS) as client:
        Instrumentor.instrument_client(client, tracer_provider=provider)
        install(client, credential=PAIR, store=MemoryStrikeStore())
        assert client.get("/x").status_code == 200
    assert_one_call_traced(server, spans)


def test_all_headers_may_be_captured_above_the_guard(
    server: WireServer, spans: InMemorySpanExporter, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", ".*")
    with connect(server.base_url, PAIR, store=MemoryStrikeStore(), verify=TLS) as cyara:
        Instrumentor.instrument_client(cyara.get_httpx_client(), tracer_provider=provider)
        cyara.raw("GET", "/x")
    assert_one_call_traced(server, spans)
    assert "http.request.header.user_agent" in spans.get_finished_spans()[0].to_json()


@pytest.mark.parametrize("sanitised", [True, False])
def test_below_the_guard_the_credential_is_captured_unless_it_is_sanitised(
    server: WireServer,
    spans: InMemorySpanExporter,
    provider: TracerProvider,
    monkeypatch: pytest.MonkeyPatch,
    sanitised: bool,  # noqa: FBT001 - two cases
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", ".*")
    if sanitised:
        monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS", "authorization")
    Instrumentor().instrument(tracer_provider=provider)
    try:
        with connect(server.base_url, PAIR, store=MemoryStrikeStore(), verify=TLS) as cyara:
            cyara.raw("GET", "/x")
    finally:
        Instrumentor().uninstrument()
    (span,) = spans.get_finished_spans()
    assert (TOKEN in span.to_json()) is not sanitised
