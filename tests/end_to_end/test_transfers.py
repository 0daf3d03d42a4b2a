"""Files of megabytes through `connect()`: test cases go up from a file and come down to one, whole or not at all."""

import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_auth import Cyara, TransportError, connect
from cyara_client.errors import ApiError, BadRequest, DownloadError, NotFound
from cyara_client.models import ImportTestCasesRequest
from cyara_client.types import File
from cyara_tools.portal import CuttingProxy, LocalPortal, faults
from cyara_tools.portal.faults import Fault

# Looks like the end of a body with the boundary that generated clients commonly send, and like two lines of a form.
TRAP = "--+++\r\nContent-Disposition: form-data\r\n\r\n--+++--\r\n"
SPECIFICATION = f"""<?xml version="1.0" encoding="utf-8"?>
<TestSpecification xmlns="TestSpecification.xsd"><TestCases><TestCase><TestCaseName>Long</TestCaseName>
<MediaType>Voice</MediaType><FolderPath>BANK</FolderPath><Description>{TRAP * 70_000}</Description>
<PhoneNo>4021@192.0.2.10</PhoneNo><Steps><CallSteps><Step><StepNo>1</StepNo><Description>Menu</Description>
</Step></CallSteps></Steps></TestCase></TestCases></TestSpecification>
""".encode()
SLOW = Fault(chunk_delay=0.005, path="/export")
"""Ten seconds and more for a whole file: it is always interrupted before."""

both = pytest.mark.parametrize("face", ["threads", "tasks"])
pytestmark = pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")


@pytest.fixture(scope="module")
def shared_portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def portal(shared_portal: LocalPortal) -> LocalPortal:
    shared_portal.clear_faults()
    shared_portal.forget_requests()
    return shared_portal


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "cases.xml"
    path.write_bytes(SPECIFICATION)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "downloads"
    path.mkdir()
    return path


def client_of(portal: LocalPortal, base_url: str = "") -> Cyara:
    return connect(base_url or portal.base_url, portal.credential, account_id=1, store="memory:", environ={})


def called(client: Cyara, face: str, method: str, *arguments: Any, **named: Any) -> Any:
    """Call a method of the test cases by a client that is closed behind it."""

    async def main() -> Any:
        async with client:
            return await getattr(client.aio.test_cases, method)(*arguments, **named)

    if face == "tasks":
        return asyncio.run(main())
    with client:
        return getattr(client.test_cases, method)(*arguments, **named)


def uploaded(client: Cyara, source: Path, face: str = "threads") -> int:
    """Import a file of the disk; return the number of its test case."""
    file = File.from_path(source, mime_type="application/xml")
    with file.payload:
        result = called(client, face, "import_test_cases", body=ImportTestCasesRequest(file=file))
    (number,) = result.test_case_ids
    return number


def downloaded(portal: LocalPortal, face: str, path: Path | str, number: int, **options: Any) -> Path:
    return called(client_of(portal), face, "export_test_case_to_file", path, test_case_id=number, **options)


@both
def test_a_file_goes_up_as_it_is(portal: LocalPortal, face: str, source: Path) -> None:
    uploaded(client_of(portal), source, face)
    (visit,) = portal.requests
    headers = dict(visit.headers)
    assert re.fullmatch(r"multipart/form-data; boundary=\w{16,}", headers["content-type"])
    assert "transfer-encoding" not in headers
    assert int(headers["content-length"]) == visit.body_size > len(SPECIFICATION) > 3_000_000
    assert visit.body == {"file": SPECIFICATION.decode("latin-1")}
    assert visit.reasons == ()


@both
def test_an_upload_that_is_cut_is_not_sent_again(portal: LocalPortal, face: str, source: Path) -> None:
    with CuttingProxy(portal.origin, request_bytes=1_000_000) as proxy:
        client = client_of(portal, portal.base_url.replace(portal.origin, proxy.origin))
        with pytest.raises(TransportError):
            uploaded(client, source, face)
    assert len(portal.requests) <= 1
    assert portal.invalid_calls == 0


@both
def test_a_file_that_the_portal_refuses_is_an_error_with_its_reason(
    portal: LocalPortal, face: str, tmp_path: Path
) -> None:
    (tmp_path / "no.xml").write_bytes(b"<Other>" + b" " * 2_000_000 + b"</Other>")
    with pytest.raises(BadRequest) as caught:
        uploaded(client_of(portal), tmp_path / "no.xml", face)
    assert caught.value.problem is not None
    assert "TestCase" in caught.value.problem["detail"]


@both
def test_a_file_comes_down_as_it_is(portal: LocalPortal, face: str, source: Path, folder: Path) -> None:
    number = uploaded(client_of(portal), source)
    target = folder / "case.xml"
    target.write_bytes(b"of yesterday")
    told: list[tuple[int, int | None]] = []
    seen_below: set[bytes] = set()

    def progress(done: int, total: int | None) -> None:
        told.append((done, total))
        seen_below.add(target.read_bytes())

    options = {"sha256": hashlib.sha256(SPECIFICATION).hexdigest(), "max_bytes": len(SPECIFICATION)}
    assert downloaded(portal, face, str(target), number, progress=progress, **options) == target
    assert target.read_bytes() == SPECIFICATION
    assert seen_below == {b"of yesterday"}, "until all is there, the old file stays"
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (len(SPECIFICATION), len(SPECIFICATION))
    assert len(told) > 10
    assert list(folder.iterdir()) == [target]


REFUSED: dict[str, tuple[Fault | None, dict[str, Any], type[Exception], str]] = {
    "too large": (None, {"max_bytes": 2_000_000}, DownloadError, "larger than 2000000 bytes; nothing was kept"),
    "another file": (None, {"sha256": "0" * 64}, DownloadError, "SHA-256 is not the one expected; nothing was kept"),
    "cut off": (faults.cut(2_000_000), {}, DownloadError, r"broke off after \d+ of \d+ bytes .*; nothing was kept"),
    "not there": (faults.answer(404), {}, NotFound, r"\(ExportTestCase\) at .* answered 404"),
    "a gateway": (attrs.evolve(faults.gateway(502), times=None), {}, ApiError, "answered 502; on attempt 3"),
}


@both
@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_arrive_whole_leaves_everything_as_it_was(
    portal: LocalPortal, face: str, source: Path, folder: Path, case: str
) -> None:
    fault, options, kind, said = REFUSED[case]
    number = uploaded(client_of(portal), source)
    target = folder / "case.xml"
    target.write_bytes(b"of yesterday")
    if fault is not None:
        portal.inject(fault)
    with pytest.raises(kind, match=said):
        downloaded(portal, face, target, number, **options)
    portal.clear_faults()
    assert target.read_bytes() == b"of yesterday"
    assert list(folder.iterdir()) == [target]
    assert downloaded(portal, face, target, number).read_bytes() == SPECIFICATION


@both
def test_a_folder_that_is_not_there_is_an_error_before_anything_is_sent(
    portal: LocalPortal, face: str, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match="nowhere does not exist; nothing was sent"):
        downloaded(portal, face, tmp_path / "nowhere" / "case.xml", 3001)
    assert list(tmp_path.iterdir()) == []
    assert list(portal.requests) == []


@both
def test_a_callers_own_error_in_the_middle_leaves_nothing(
    portal: LocalPortal, face: str, source: Path, folder: Path
) -> None:
    number = uploaded(client_of(portal), source)
    portal.inject(SLOW)

    def progress(done: int, _: int | None) -> None:
        assert done > 0
        raise RuntimeError("no more disk for this")

    with pytest.raises(RuntimeError, match="no more disk"):
        downloaded(portal, face, folder / "case.xml", number, progress=progress)
    assert list(folder.iterdir()) == []
    assert portal.invalid_calls == 0


PROGRAM = {
    "threads": """
def told(done, total):
    print(done, flush=True)

with connect() as cyara:
    cyara.test_cases.export_test_case_to_file("case.xml", test_case_id=int(sys.argv[1]), progress=told)
""",
    "tasks": """
def told(done, total):
    print(done, flush=True)

async def main():
    async with connect() as cyara:
        await cyara.aio.test_cases.export_test_case_to_file("case.xml", test_case_id=int(sys.argv[1]), progress=told)

asyncio.run(main())
""",
}


@both
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is a signal on POSIX")
def test_ctrl_c_in_the_middle_leaves_nothing(portal: LocalPortal, face: str, source: Path, folder: Path) -> None:
    number = uploaded(client_of(portal), source)
    portal.inject(SLOW)
    environ = {
        **os.environ,
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": "memory:",
        "PYTHONWARNINGS": "ignore",
    }
    program = "import asyncio, sys\nfrom cyara_auth import connect\n" + PROGRAM[face]
    with subprocess.Popen(
        [sys.executable, "-c", program, str(number)], cwd=folder, env=environ, text=True, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) > 0
        assert [path.suffix for path in folder.iterdir()] == [".part"]
        child.send_signal(signal.SIGINT)
        child.stdout.read()
        assert child.wait(30) != 0
    assert list(folder.iterdir()) == []


def test_a_cancelled_task_leaves_nothing_and_the_client_in_order(
    portal: LocalPortal, source: Path, folder: Path
) -> None:
    number = uploaded(client_of(portal), source)
    portal.inject(SLOW)

    async def main() -> list[Path]:
        begun = asyncio.Event()

        def progress(*_: object) -> None:
            begun.set()

        async with client_of(portal) as cyara:
            cases = cyara.aio.test_cases
            work = cases.export_test_case_to_file(folder / "case.xml", test_case_id=number, progress=progress)
            task = asyncio.create_task(work)
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            left = list(folder.iterdir())  # noqa: ASYNC240 - an empty folder on a local disk
            assert (await cases.get_test_case(test_case_id=number)).name == "Long"
        return left

    assert asyncio.run(main()) == []
