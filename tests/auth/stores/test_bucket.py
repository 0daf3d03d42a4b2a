"""The bucket store against real servers: what it keeps, what it says, and what happens when server or network fail."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import pytest
from obstore.exceptions import PreconditionError

from cyara_auth._http import httpx
from cyara_auth._platform import current_owner
from cyara_auth.errors import StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.stores.bucket import CLOCK_DOMAIN, BucketStrikeStore
from cyara_auth.stores.bucket_client import BucketClient
from cyara_auth.strikes.events import Admit
from cyara_auth.strikes.state import EMPTY, Admission, Outcome

from .events import KEY_ID, ORIGIN, PAIR, STRICT, Bucket, admit, report_strike, settle, strikes, verify
from .proxy import LossyProxy

NAME = f"keys/{KEY_ID}"


@pytest.fixture
def store(bucket: Bucket) -> BucketStrikeStore:
    return BucketStrikeStore(bucket.url)


@pytest.fixture
def client(bucket: Bucket) -> BucketClient:
    return BucketClient(bucket.url, timeout=10.0)


def test_a_key_is_one_object_below_the_prefix(store: BucketStrikeStore, client: BucketClient) -> None:
    assert store.key_ids() == []
    assert store.read(KEY_ID) is EMPTY
    assert store.version(KEY_ID) == 0
    verify(store)
    settle(store, admit(store), Outcome.STRIKE)
    assert store.key_ids() == client.names("keys") == [KEY_ID]
    assert store.read(KEY_ID) == BucketStrikeStore(client.address).read(KEY_ID)
    assert strikes(store) == 1


def test_the_version_changes_with_every_change_and_only_then(store: BucketStrikeStore) -> None:
    granted = admit(store)
    first = store.version(KEY_ID)
    assert admit(store).admission is Admission.WAIT
    assert store.version(KEY_ID) == first != 0
    settle(store, granted, Outcome.VERIFICATION)
    assert store.version(KEY_ID) == first + 1


def test_no_two_writes_have_the_same_content(store: BucketStrikeStore, client: BucketClient) -> None:
    # An ETag may be a hash of the content; a stale one would fit again.
    seen: set[bytes] = set()
    for _ in range(3):
        settle(store, admit(store), Outcome.NOT_SENT)
        found = client.get(NAME)
        assert found is not None
        seen.add(found.body)
    assert len(seen) == 3


def test_a_bucket_that_keeps_versions_compares_all_the_same(s3_bucket: Bucket) -> None:
    address = f"http://127.0.0.1:{s3_bucket.port}/{s3_bucket.url.split('/')[2]}"
    order = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    httpx.put(f"{address}?versioning", content=order).raise_for_status()
    store, client = BucketStrikeStore(s3_bucket.url), BucketClient(s3_bucket.url, timeout=10.0)
    settle(store, admit(store), Outcome.STRIKE)
    stale = client.get(NAME)
    assert stale is not None
    assert stale.tag["version"]
    admit(store, pair="2" * 32)
    with pytest.raises(PreconditionError):
        client.put(NAME, stale.body, mode=stale.tag)
    assert strikes(store) == 1


def test_processes_that_write_at_once_lose_nothing(store: BucketStrikeStore, client: BucketClient) -> None:
    script = Path(__file__).with_name("writing.py")
    started = [
        subprocess.Popen(
            [sys.executable, str(script), client.address, f"{number}" * 32, "20"], stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    said = [process.communicate(timeout=50)[0] for process in started]
    found = client.get(NAME)
    assert found is not None
    facts = json.loads(found.body.partition(b"\n")[0])
    assert facts["version"] - int(facts["first_version"]) + 1 == sum(map(int, said)) == strikes(store) == 80


def test_the_services_clock_decides_and_never_lags_behind_what_others_wrote(store: BucketStrikeStore) -> None:
    reading = store.clock()
    assert reading.domain == CLOCK_DOMAIN
    assert -5 < reading.seconds - time.time() < 0.1  # written times are whole seconds
    late = attrs.evolve(reading, seconds=reading.seconds - 5)
    event = Admit(
        now=late,
        settings=STRICT,
        pair=PAIR,
        origin=ORIGIN,
        owner=current_owner(),
        ticket="t",
        orphan_ttl=150.0,
    )
    granted = store.apply(KEY_ID, event)
    assert granted.ticket is not None
    assert granted.ticket.reserved_at.seconds >= reading.seconds
    assert store.clock().seconds >= granted.ticket.reserved_at.seconds


def test_nobody_writes_an_earlier_moment_than_the_last_writer(store: BucketStrikeStore, client: BucketClient) -> None:
    granted = admit(store)
    assert granted.ticket is not None
    found = client.get(NAME)
    assert found is not None
    head, _, state = found.body.decode().partition("\n")
    ahead = json.loads(head) | {"clock": time.time() + 3}
    client.put(NAME, f"{json.dumps(ahead)}\n{state}".encode(), mode=found.tag)
    event = Admit(
        now=store.clock(),
        settings=STRICT,
        pair=PAIR,
        origin=ORIGIN,
        owner=current_owner(),
        ticket="t",
        orphan_ttl=0.0,  # the other ticket is old, whoever asks
    )
    store.apply(KEY_ID, event)
    found = client.get(NAME)
    assert found is not None
    assert json.loads(found.body.partition(b"\n")[0])["clock"] >= ahead["clock"]


def test_the_clock_never_goes_back_when_it_is_read_again(
    store: BucketStrikeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyara_auth.stores.remote._CLOCK_TRUST", 0.0)
    readings = []
    end = time.monotonic() + 1.5  # in which a whole second ends
    while time.monotonic() < end:
        readings.append(store.clock().seconds)
    assert readings == sorted(readings)
    # The moment at which a whole second ended is known better than to a second.
    assert -0.8 < readings[-1] - time.time() < 0.1


def test_it_says_where_it_is_and_what_is_known_of_it(store: BucketStrikeStore, bucket: Bucket) -> None:
    assert store.describe() == f"bucket {bucket.url}"
    assert (store.shared, store.blocking) == (True, True)
    assert store.risks() == []
    assert "one write per object and second" in BucketStrikeStore("gs://bucket/prefix").risks()[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.clock(),
        lambda store: store.read(KEY_ID),
        lambda store: store.version(KEY_ID),
        BucketStrikeStore.key_ids,
    ],
    ids=["clock", "read", "version", "keys"],
)
def test_row_78_a_bucket_that_does_not_exist_is_not_an_empty_one(
    bucket: Bucket, call: Callable[[BucketStrikeStore], object]
) -> None:
    scheme = bucket.url.partition(":")[0]
    with pytest.raises(StrikeStoreUnavailableError, match="does not exist: create the bucket"):
        call(BucketStrikeStore(f"{scheme}://no-such-bucket/cyara"))


def test_row_78_a_bucket_that_is_gone_after_the_clock_was_read(store: BucketStrikeStore, bucket: Bucket) -> None:
    store.clock()
    # As if the bucket had been deleted in between.
    store._client._store = BucketClient(f"{bucket.url[:2]}://no-such-bucket", timeout=10.0)._open()  # noqa: SLF001
    with pytest.raises(StrikeStoreUnavailableError, match="does not exist: create the bucket"):
        admit(store)


def refused(url: str, *, lock_timeout: float = 10.0) -> str:
    with pytest.raises(StrikeStoreUnavailableError) as caught:
        admit(BucketStrikeStore(url, lock_timeout=lock_timeout))
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in told
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_row_78_credentials_that_are_refused(azure_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "Y2FuYXJ5")
    assert "refused the credentials (AuthorizationFailure): they need to get, put and list" in refused(azure_bucket.url)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "canary!")
    assert "cannot be used: Generic MicrosoftAzure error: Invalid Access Key" in refused(azure_bucket.url)
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2021-08-06&sig=canary")
    assert "refused the credentials" in refused(azure_bucket.url)


def test_row_78_credentials_that_are_missing(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "needs credentials, and the environment holds none" in refused(s3_bucket.url)


def test_row_78_an_endpoint_without_tls_has_to_be_allowed(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    assert "set AWS_ALLOW_HTTP=true" in refused(s3_bucket.url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ACCESS_KEY_ID", "canary\n"),
        ("AWS_ENDPOINT_URL", "canary"),
        ("AWS_ENDPOINT_URL", "http://[canary"),
        ("AWS_ALLOW_HTTP", "canary\t"),
    ],
)
def test_row_78_a_setting_over_which_the_library_would_panic(
    s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert f"cannot be used: {name} in the environment is not valid" in refused(s3_bucket.url)


def test_row_78_a_setting_over_which_the_library_panics(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://canary:port")
    assert "cannot be used: a setting in the environment is not valid" in refused(s3_bucket.url)


def test_ctrl_c_is_no_failure_of_the_service(store: BucketStrikeStore) -> None:
    with pytest.raises(KeyboardInterrupt), store._client.errors_translated():  # noqa: SLF001 - where it would be lost
        raise KeyboardInterrupt


def test_row_78_a_service_that_is_not_there(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "cannot be reached" in refused(s3_bucket.url)


def test_row_78_a_service_that_does_not_answer_is_refused_in_time(
    s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        assert "did not answer in time" in refused(s3_bucket.url, lock_timeout=1.0)
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("body", [b"", b"text", b'{"version": 1}\n{}', b"\xff", b'[1, 2]\n{"a": 1}'])
def test_a_foreign_object_under_our_name_is_refused(
    store: BucketStrikeStore, client: BucketClient, body: bytes
) -> None:
    client.put(NAME, body, mode="create")
    with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
        admit(store)


def test_damaged_state_is_refused(store: BucketStrikeStore, client: BucketClient) -> None:
    client.put(NAME, b'{"version": 1, "first_version": "1", "write": "", "clock": 1.0}\n{', mode="create")
    with pytest.raises(StrikeStoreUnavailableError, match="damaged"):
        admit(store)


def test_row_81_an_object_that_was_restored_is_noticed(store: BucketStrikeStore, client: BucketClient) -> None:
    verify(store)
    before = client.get(NAME)
    assert before is not None
    settle(store, admit(store), Outcome.STRIKE)
    client.put(NAME, before.body, mode="overwrite")
    with pytest.warns(StrikeStoreRolledBackWarning, match="has lost writes"):
        assert strikes(store) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert strikes(store) == 0


def test_a_process_that_did_not_use_the_library_first_is_refused_before_it_touches_it(
    store: BucketStrikeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a fork leaves it; `test_conformance.py` forks.
    monkeypatch.setattr("cyara_auth.stores.bucket_client._used_by", os.getpid() + 1)
    for call in (store.clock, store.key_ids, store.risks, lambda: store.version(KEY_ID), lambda: admit(store)):
        with pytest.raises(StrikeStoreUnavailableError, match="was forked from one that had used the library"):
            call()
    store.close()


class OddService(BaseHTTPRequestHandler):
    """Answers every request alike. By default as old servers that speak S3: it ignores the conditions of a write."""

    protocol_version = "HTTP/1.1"
    answer = (200, b"")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.answer
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def odd_service(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OddService) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield s3_bucket
        server.shutdown()


def test_a_service_that_ignores_conditions_is_refused_before_the_first_use(odd_service: Bucket) -> None:
    assert "two processes could overwrite each other" in refused(odd_service.url)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (403, b"<Error><Code>AccessDenied</Code></Error>", "refused the credentials (AccessDenied): they need to get"),
        (403, b"canary", "refused the credentials: they need to get, put and list objects"),
        (501, b"<Error><Code>NotImplemented</Code></Error>", "cannot be used: NotImplemented."),
        (400, b"<html>canary", "400 Bad Request. Nothing was sent."),
    ],
)
def test_row_78_what_the_service_says_becomes_one_sentence(
    odd_service: Bucket, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, sentence: str
) -> None:
    monkeypatch.setattr(OddService, "answer", (status, body))
    assert sentence in refused(odd_service.url)


def is_write(request: bytes) -> bool:
    return request.startswith(b"PUT ") and NAME.encode() in request.partition(b"\r\n")[0]


@pytest.fixture
def through(s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Callable[[LossyProxy], BucketStrikeStore]:
    def make(proxy: LossyProxy) -> BucketStrikeStore:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        made = BucketStrikeStore(s3_bucket.url)
        made.clock()
        made._lock_timeout = 1.0  # noqa: SLF001 - not that of one request, which a busy machine may need
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3_bucket.port}")
        return made

    return make


@pytest.mark.parametrize("allowed", [-1, 0, 1], ids=["request lost", "answer lost", "answer cut"])
def test_a_write_whose_answer_is_lost_happens_once(
    s3_bucket: Bucket, through: Callable[[LossyProxy], BucketStrikeStore], allowed: int
) -> None:
    writes: list[bytes] = []

    def before(request: bytes) -> int | None:
        if not is_write(request):
            return None
        writes.append(request)
        return allowed if len(writes) == 1 else None

    with LossyProxy(s3_bucket.port, before) as proxy:
        store = through(proxy)
        granted = admit(store)
        assert granted.admission is Admission.GRANT
        assert store.read(KEY_ID).tickets == (granted.ticket,)
    assert writes


def test_a_decision_that_was_overtaken_is_made_again(
    s3_bucket: Bucket, through: Callable[[LossyProxy], BucketStrikeStore]
) -> None:
    direct = BucketStrikeStore(s3_bucket.url)
    overtaken: list[bool] = []

    def before(request: bytes) -> None:
        if is_write(request) and not overtaken:
            overtaken.append(True)
            assert admit(direct).admission is Admission.GRANT

    with LossyProxy(s3_bucket.port, before) as proxy:
        assert admit(through(proxy)).admission is Admission.WAIT
    assert len(direct.read(KEY_ID).tickets) == 1


def test_who_was_overtaken_by_the_very_same_report_still_makes_its_own(
    s3_bucket: Bucket, through: Callable[[LossyProxy], BucketStrikeStore]
) -> None:
    direct = BucketStrikeStore(s3_bucket.url)
    now = direct.clock()
    for _ in range(2):
        report_strike(direct, now)
    overtaken: list[bool] = []

    def before(request: bytes) -> None:
        if is_write(request) and not overtaken:
            overtaken.append(True)
            report_strike(direct, now)

    with LossyProxy(s3_bucket.port, before) as proxy:
        report_strike(through(proxy), now)
    assert overtaken
    assert strikes(direct) == 4


def test_a_writer_that_is_always_overtaken_gives_up_in_time(
    s3_bucket: Bucket, through: Callable[[LossyProxy], BucketStrikeStore]
) -> None:
    direct = BucketStrikeStore(s3_bucket.url)

    def before(request: bytes) -> None:
        if is_write(request):
            settle(direct, admit(direct), Outcome.NOT_SENT)

    with LossyProxy(s3_bucket.port, before) as proxy:
        store = through(proxy)
        with pytest.raises(StrikeStoreUnavailableError, match="too many others"):
            admit(store)


def test_a_service_that_takes_no_writes_is_named_in_time(
    s3_bucket: Bucket, through: Callable[[LossyProxy], BucketStrikeStore]
) -> None:
    with LossyProxy(s3_bucket.port, lambda request: -1 if is_write(request) else None) as proxy:
        store = through(proxy)
        began = time.monotonic()
        with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
            admit(store)
        assert time.monotonic() - began < 8
