"""Real documents of other servers, where they lie beside the repository: their clients are used as this one is.

Each is built once and called from a process of its own, since `cyara_client` is another package there. That every
operation of every document is built and proved is the matter of `tests/pipeline/test_specs.py`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from pipeline.build import build
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

from cyara_tools.portal import LocalPortal, faults

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "specs"
LISTS, PICTURES = "laserfiche", "eshop_catalog_v31"
NAMELESS = ("kavita", "prowlarr")


def document_of(name: str) -> Path:
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"there is no {name}.json in ../shared/specs")
    return path


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return where the client of a document can be imported from, built when it is first asked for."""
    built: dict[str, Path] = {}

    def source(name: str) -> Path:
        if name not in built:
            target = Layout(root=tmp_path_factory.mktemp(name))
            request = BuildRequest(repository=Layout(root=ROOT), target=target, source=document_of(name), verify=False)
            build(request, StageProgress(display=Silent()), BuildReport())
            built[name] = target.package.parent
        return built[name]

    return source


class Portal(LocalPortal):
    """A portal of one real document, and programs that call it by the client of that document."""

    def __init__(self, document: Path, source: Path, home: Path) -> None:
        super().__init__(document, stateful=False)
        self._source, self._home = source, home

    def use(self, code: str) -> str:
        """Run a user's program over `cyara`; return what it printed."""
        program = f"from cyara_auth import connect\n\nwith connect() as cyara:\n{_indented(code)}\n"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CYARA_", "PYTHON"))},
            "PYTHONPATH": str(self._source),
            "CYARA_BASE_URL": self.base_url,
            "CYARA_ACCOUNT_ID": "1",
            "CYARA_API_CREDENTIAL": self.credential,
            "CYARA_STRIKE_STORE": (self._home / "strikes" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1),
        }
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(
            command, cwd=self._home, env=environ, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stderr
        assert self.invalid_calls == 0
        return done.stdout

    def answer(self, body: object, status: int = 200) -> None:
        """Answer the next request with this JSON."""
        kind = "application/json" if status == 200 else "application/problem+json"
        self.inject(faults.answer(status, json.dumps(body), media_type=kind))


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.strip().splitlines())


@pytest.fixture
def open_portal(sources: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[[str], Portal]]:
    running: list[Portal] = []

    def opened(name: str) -> Portal:
        running.append(Portal(document_of(name), sources(name), tmp_path))
        running[-1].start()
        return running[-1]

    yield opened
    for portal in running:
        portal.stop()


@pytest.fixture
def lists(open_portal: Callable[[str], Portal]) -> Portal:
    return open_portal(LISTS)


@pytest.fixture
def pictures(open_portal: Callable[[str], Portal]) -> Portal:
    return open_portal(PICTURES)


@pytest.mark.parametrize("name", [LISTS, PICTURES, *NAMELESS])
def test_each_operation_is_a_method_on_the_attribute_of_its_tag(
    open_portal: Callable[[str], Portal], name: str
) -> None:
    printed = open_portal(name).use(
        """
import inspect
for operation in cyara.operations.values():
    tag = operation.module.partition(".")[0]
    plain = getattr(getattr(cyara, tag), operation.name)
    awaited = getattr(getattr(cyara.aio, tag), operation.name)
    assert inspect.iscoroutinefunction(awaited) and not inspect.iscoroutinefunction(plain)
    assert inspect.signature(plain) == inspect.signature(awaited)
print(len(cyara.operations))
"""
    )
    document = json.loads(document_of(name).read_bytes())
    methods = {"get", "put", "post", "delete", "patch", "head", "options"}
    assert int(printed) == sum(len(methods & item.keys()) for item in document["paths"].values()) > 0


def test_an_iterator_reads_every_page_by_its_links(lists: Portal) -> None:
    link = f"{lists.base_url}/v2/Repositories/r/Entries/1/Folder/Children?$skip=2"
    for asynchronous in (False, True):
        lists.forget_requests()
        lists.answer({"value": [{"id": 11, "entryType": "Folder"}, {"id": 12}], "@odata.nextLink": link})
        lists.answer({"value": [{"id": 13}], "@odata.nextLink": None})
        printed = lists.use(
            """
import asyncio
async def read():
    return [entry.id async for entry in cyara.aio.entries.iter_entries(repository_id="r", entry_id=1, top=2)]
print(asyncio.run(read()))
"""
            if asynchronous
            else 'print([entry.id for entry in cyara.entries.iter_entries(repository_id="r", entry_id=1, top=2)])'
        )
        assert printed.strip() == "[11, 12, 13]"
        assert [visit.query for visit in lists.requests] == ["%24top=2", "%24top=2&%24skip=2"]


def test_an_iterator_reads_every_page_by_their_numbers(pictures: Portal) -> None:
    for index in range(3):
        items = [{"id": 10 * index + number, "name": "x"} for number in range(2 if index < 2 else 1)]
        pictures.answer({"pageIndex": index, "pageSize": 2, "count": 5, "data": items})
    printed = pictures.use(
        'print([item.id for item in cyara.items.iter_items(api_version="1.0", page_size=2)], cyara.account_id)'
    )
    assert printed.strip() == "[0, 1, 10, 11, 20] 1"
    assert len(pictures.requests) == 3
    assert pictures.pending_faults == 0


def test_an_unknown_member_is_kept_and_strict_mode_tells(lists: Portal) -> None:
    for _ in range(2):
        lists.answer({"value": [{"id": "t", "status": "Postponed", "taskType": "CopyEntry"}]})
    printed = lists.use(
        """
from cyara_auth import DriftError
from cyara_client.models import TaskStatus
(task,) = cyara.tasks.list_tasks(repository_id="r").value
assert isinstance(task.status, TaskStatus) and task.status == "Postponed" and not task.status.is_known
assert task.task_type.is_known
try:
    cyara.with_options(strict=True).tasks.list_tasks(repository_id="r")
except DriftError as drift:
    print(drift)
"""
    )
    assert "Postponed" in printed


def test_a_404_is_an_error_with_every_fact(lists: Portal) -> None:
    lists.answer({"title": "No such entry", "status": 404}, status=404)
    printed = lists.use(
        """
from cyara_client.errors import NotFound
try:
    cyara.entries.get_entry(repository_id="r", entry_id=7)
except NotFound as error:
    print(error.operation_id, error.method, error.path_template, error.problem["title"], sep="|")
"""
    )
    assert printed.strip() == "GetEntry|GET|/v2/Repositories/{repositoryId}/Entries/{entryId}|No such entry"
    assert len(lists.requests) == 1


def test_a_read_is_repeated_and_a_write_is_not(lists: Portal) -> None:
    lists.inject(
        attrs.evolve(faults.answer(503), path="Repositories", skip=1, times=2),
        attrs.evolve(faults.answer(503), path="SearchAsync"),
    )
    printed = lists.use(
        """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s %(message)s")
logging.getLogger("httpx").disabled = True
from cyara_client.errors import ServerError
from cyara_client.models import StartSearchEntryRequest
cyara.repositories.list_repositories()  # what is not verified is not repeated
cyara.repositories.list_repositories()
try:
    cyara.searches.start_search_entry(repository_id="r", body=StartSearchEntryRequest(search_command="x"))
except ServerError as error:
    print(error.operation_id, error.attempt)
"""
    )
    assert re.findall(r"^cyara_auth\.calls operation=(\w+) .* status=(\d+) .*attempt=(\d)", printed, re.MULTILINE) == [
        ("ListRepositories", "200", "1"),
        ("ListRepositories", "503", "1"),
        ("ListRepositories", "503", "2"),
        ("ListRepositories", "200", "3"),
        ("StartSearchEntry", "503", "1"),
    ]
    assert printed.splitlines()[-1] == "StartSearchEntry 1"
    assert len(lists.requests) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")
def test_threads_tasks_and_forks_share_a_client(lists: Portal) -> None:
    printed = lists.use(
        """
import asyncio, os
from concurrent.futures import ThreadPoolExecutor
def read(_):
    return type(cyara.repositories.list_repositories()).__name__
async def tasks():
    return await asyncio.gather(*(cyara.aio.repositories.list_repositories() for _ in range(8)))
with ThreadPoolExecutor(8) as pool:
    assert len(set(pool.map(read, range(8)))) == 1
assert len(asyncio.run(tasks())) == 8
child = os.fork()
if not child:
    os._exit(0 if read(0) else 1)
assert os.waitpid(child, 0)[1] == 0
print(read(0))
"""
    )
    assert printed.strip() == "RepositoryCollectionResponse"
    assert len(lists.requests) == 18
    assert all(visit.credential_correct and not visit.secret_elsewhere for visit in lists.requests)


def test_a_file_is_uploaded_from_the_disk(lists: Portal, tmp_path: Path) -> None:
    (tmp_path / "scan.txt").write_bytes(b"--+++\r\n" * 300_000)
    lists.use(
        """
from cyara_client.models import ImportEntryBody, ImportEntryRequest
from cyara_client.types import File
file = File.from_path("scan.txt", mime_type="text/plain")
with file.payload:
    cyara.entries.import_entry(
        repository_id="r", entry_id=1, body=ImportEntryBody(file=file, request=ImportEntryRequest(name="scan"))
    )
"""
    )
    (visit,) = lists.requests
    assert visit.reasons == ()
    headers = dict(visit.headers)
    assert int(headers["content-length"]) == visit.body_size > 2_100_000
    assert "boundary=+++" not in headers["content-type"]


def test_a_file_is_downloaded_to_the_disk(pictures: Portal, tmp_path: Path) -> None:
    picture = "picture." * 200_000
    pictures.inject(faults.answer(200, picture, media_type="application/octet-stream"))
    pictures.inject(faults.answer(200, picture, media_type="application/octet-stream"))
    printed = pictures.use(
        """
from cyara_client.errors import DownloadError
seen = []
picture = {"id": 1, "api_version": "1.0"}
path = cyara.items.get_item_picture_to_file("a.png", **picture, progress=lambda *now: seen.append(now))
print(path, seen[-1])
try:
    cyara.items.get_item_picture_to_file("b.png", **picture, max_bytes=1_000)
except DownloadError as error:
    print(error)
"""
    )
    assert printed.splitlines() == [
        "a.png (1600000, 1600000)",
        "the file is larger than 1000 bytes; nothing was kept",
    ]
    assert {path.name for path in tmp_path.iterdir()} >= {"a.png"}
    assert not list(tmp_path.glob("*b.png*"))
    assert (tmp_path / "a.png").read_text("ascii") == picture


def test_a_task_is_waited_for(lists: Portal) -> None:
    for status in ("NotStarted", "InProgress", "Completed"):
        lists.answer({"value": [{"id": "t", "status": status}]})
    printed = lists.use(
        """
from cyara_auth import Pace
from cyara_client.models import TaskStatus
done = cyara.wait(
    lambda: cyara.tasks.list_tasks(repository_id="r", task_ids=["t"]),
    until=lambda tasks: tasks.value[0].status == TaskStatus.COMPLETED,
    pace=Pace(interval=0.01),
    on_progress=lambda now: print(now.attempt, now.value.value[0].status),
)
print(done.value[0].status)
"""
    )
    assert printed.splitlines() == ["1 NotStarted", "2 InProgress", "Completed"]
    assert [visit.query for visit in lists.requests] == ["taskIds=t"] * 3


def test_what_only_this_portal_has_is_refused_in_one_sentence(lists: Portal) -> None:
    printed = lists.use(
        """
from cyara_auth.errors import OperationUnavailableError
try:
    cyara.run_campaign(812)
except OperationUnavailableError as error:
    print(error)
"""
    )
    assert printed.startswith("This client's document has no `campaigns.get_campaign_runs`")
    assert lists.requests == ()


TYPED = """
from collections.abc import Iterator
from typing import assert_type

from cyara_auth import connect
from cyara_client.models import CatalogItem, PaginatedItemsOfCatalogItem

with connect() as cyara:
    page = cyara.items.list_items(api_version="1.0", page_size=10)
    assert_type(page, PaginatedItemsOfCatalogItem)
    assert_type(cyara.items.iter_items(api_version="1.0"), Iterator[CatalogItem])
    assert_type(cyara.items.get_item(id=1, api_version="1.0").name, str | None)
    cyara.items.get_item(number=1, api_version="1.0")  # error
    cyara.items.list_items(api_version=1)  # error
    cyara.goods  # error
"""
MISTAKES = [number for number, line in enumerate(TYPED.splitlines(), start=1) if line.endswith("# error")]


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_find_the_mistakes_and_nothing_else(
    sources: Callable[[str], Path], tmp_path: Path, checker: str
) -> None:
    source = str(sources(PICTURES))
    (tmp_path / "user_code.py").write_text(TYPED, encoding="utf-8")
    if checker == "mypy":
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "user_code.py"]
    else:
        settings = {"typeCheckingMode": "strict", "extraPaths": [source], "reportUnusedExpression": False}
        (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "-p", "."]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": os.pathsep.join((source, str(ROOT / "auth_ext")))},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {int(number) for number in re.findall(r"user_code\.py:(\d+)(?::\d+)?(?: -)?:? error", done.stdout)}
    assert sorted(found) == MISTAKES, done.stdout
