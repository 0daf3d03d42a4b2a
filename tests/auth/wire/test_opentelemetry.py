"""OpenTelemetry's httpx instrumentation works on a guarded client, whichever of the two comes first."""

import pytest

pytest.importorskip("opentelemetry.instrumentation.httpx", reason="needs opentelemetry-instrumentation-httpx")
pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cyara_auth import connect, find_unguarded, install
from cyara_auth._http import httpx
from cyara_auth.stores.memory import MemoryStrikeStore

from .faces import TLS
from .loopback import KEY, PAIR, TOKEN, WireServer


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
        HTTPXClientInstrumentor.instrument_client(cyara.get_httpx_client(), tracer_provider=provider)
        assert cyara.raw("GET", "/x").status_code == 200
        assert find_unguarded(cyara.get_httpx_client()) == []
    assert_one_call_traced(server, spans)


def test_instrumented_client_is_guarded_afterwards(
    server: WireServer, spans: InMemorySpanExporter, provider: TracerProvider
) -> None:
    with httpx.Client(base_url=server.base_url, verify=TLS) as client:
        HTTPXClientInstrumentor.instrument_client(client, tracer_provider=provider)
        install(client, credential=PAIR, store=MemoryStrikeStore())
        assert client.get("/x").status_code == 200
    assert_one_call_traced(server, spans)
