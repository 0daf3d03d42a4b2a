"""The SQLite store: who may read the file, what is refused, and what happens when the file is not what it was."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cyara_auth._platform import create_private
from cyara_auth._platform.system import this_system
from cyara_auth.errors import StrikeStoreDamagedError, StrikeStoreUnavailableError
from cyara_auth.machine import Disk, FileSystem
from cyara_auth.stores import sqlite_file
from cyara_auth.stores.sqlite import SqliteStrikeStore
from cyara_auth.stores.sqlite_file import APPLICATION_ID, SCHEMA_VERSION, StrikeFile, create_strike_file
from cyara_auth.strikes.state import EMPTY, Admission, Outcome

from .events import KEY_ID, PAIR, admit, settle, strikes, verify

if TYPE_CHECKING:
    from cyara_auth.strikes.events import Decision

ENDINGS = ("", "-wal", "-shm")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def remains(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ENDINGS]


def test_a_strike_is_seen_by_another_process(store: SqliteStrikeStore, path: Path) -> None:
    settle(store, admit(store), Outcome.STRIKE)
    text = (
        "import sys; from pathlib import Path; from cyara_auth.stores.sqlite import SqliteStrikeStore as S;"
        f"s = S(Path(sys.argv[1])); print(s.read({KEY_ID!r}).strikes, s.key_ids())"
    )
    answer = subprocess.run([sys.executable, "-c", text, str(path)], capture_output=True, text=True, check=True)
    assert answer.stdout.split(maxsplit=1) == ["1", f"[{KEY_ID!r}]\n"]


def test_nobody_else_can_read_it_whatever_the_umask(store: SqliteStrikeStore, path: Path) -> None:
    before = os.umask(0)
    try:
        verify(store)
    finally:
        os.umask(before)
    assert [mode(file) for file in remains(path)] == [0o600] * 3
    assert mode(path.parent) == 0o700


def test_it_holds_no_more_than_fingerprints(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    assert PAIR.encode() in b"".join(file.read_bytes() for file in remains(path))
    assert str(path) in store.describe()


def test_the_version_changes_with_every_change_and_only_then(store: SqliteStrikeStore) -> None:
    assert store.version(KEY_ID) == 0
    granted = admit(store)
    first = store.version(KEY_ID)
    assert admit(store).admission is Admission.WAIT
    assert store.version(KEY_ID) == first != 0
    settle(store, granted, Outcome.VERIFICATION)
    assert store.version(KEY_ID) != first
    assert store.version("f" * 32) == 0
    assert store.read("f" * 32) is EMPTY


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners and modes")
@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda path: path.chmod(0o644), "other users can read"),
        (lambda path: path.parent.chmod(0o777), "other users can replace files"),
        (lambda path: (path.rename(path.with_name("x")), path.symlink_to("x")), "is not a regular file"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a regular file"),
        (lambda path: path.write_bytes(b"not a database, and longer than a header" * 100), "damaged"),
    ],
    ids=["readable by others", "folder writable by others", "symbolic link", "folder", "damaged"],
)
def test_row_78_a_file_that_cannot_be_trusted_is_refused(
    path: Path, prepare: Callable[[Path], object], sentence: str
) -> None:
    with closing(SqliteStrikeStore(path)) as before:
        verify(before)
    prepare(path)
    with (
        closing(SqliteStrikeStore(path)) as store,
        pytest.raises(StrikeStoreUnavailableError, match=sentence) as caught,
    ):
        admit(store)
    assert "Nothing was sent" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners and modes")
def test_a_file_of_another_user_is_refused(store: SqliteStrikeStore, path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    verify(store)
    store.close()
    os.chown(path, 65534, 65534)
    with pytest.raises(StrikeStoreUnavailableError, match="belongs to another user"):
        admit(store)


def test_a_sticky_folder_is_fine(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o1777)
    with closing(SqliteStrikeStore(path)) as store:
        verify(store)


def on_disk(monkeypatch: pytest.MonkeyPatch, found: FileSystem) -> None:
    monkeypatch.setattr(type(this_system()), "file_system", lambda _self, _folder: found)


def test_row_79_a_network_file_system_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk(monkeypatch, FileSystem("nfs4", Disk.NETWORK))
    with closing(SqliteStrikeStore(path)) as store, pytest.raises(StrikeStoreUnavailableError, match=r"nfs4.*Redis"):
        admit(store)
    assert not path.exists()


def test_row_79_an_unknown_file_system_is_refused_until_its_user_answers_for_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk(monkeypatch, FileSystem("fuse.newfs", Disk.UNKNOWN))
    with closing(SqliteStrikeStore(path)) as store, pytest.raises(StrikeStoreUnavailableError, match="newfs") as caught:
        admit(store)
    assert not path.exists()
    assert f"CYARA_STRIKE_STORE=sqlite://{path}?unsafe_filesystem=1" in str(caught.value)
    with closing(SqliteStrikeStore(path, unsafe_filesystem=True)) as store:
        verify(store)
    on_disk(monkeypatch, FileSystem("nfs4", Disk.NETWORK))
    with (
        closing(SqliteStrikeStore(path, unsafe_filesystem=True)) as store,
        pytest.raises(StrikeStoreUnavailableError, match="nfs4"),
    ):
        admit(store)


def raw(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def test_row_82_a_newer_schema_is_refused(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    store.close()
    raw(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StrikeStoreUnavailableError, match="newer release"):
        admit(store)


def test_row_82_a_newer_state_in_a_known_schema_is_refused(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    raw(path, """UPDATE key_state SET version = version + 1, state = '{"format": 99}'""")
    with pytest.raises(StrikeStoreUnavailableError, match="format 99"):
        admit(store)
    with pytest.raises(StrikeStoreUnavailableError, match="format 99"):
        store.read(KEY_ID)


def test_another_programs_database_is_refused_and_left_alone(store: SqliteStrikeStore, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    raw(path, "CREATE TABLE music (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StrikeStoreUnavailableError, match="another program's database"):
        admit(store)
    assert path.read_bytes() == before


def test_a_file_with_a_missing_table_is_refused(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    raw(path, "DROP TABLE key_state")
    with pytest.raises(StrikeStoreUnavailableError, match="no such table"):
        admit(store)


def test_a_file_system_without_shared_memory_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect
    # SQLite's own way to such a file system: a VFS that offers no shared memory.
    monkeypatch.setattr(sqlite3, "connect", lambda file, **options: real(f"{file}&vfs=unix-dotfile", **options))
    with closing(SqliteStrikeStore(path)) as store, pytest.raises(StrikeStoreUnavailableError, match="write-ahead"):
        admit(store)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that a user without rights can reach; pytest's own are root's."""
    folder = Path(tempfile.mkdtemp(prefix="cyara-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_row_78_a_read_only_file_is_refused(public_folder: Path, in_child: Callable[..., None]) -> None:
    path = public_folder / "strikes.sqlite3"
    with closing(SqliteStrikeStore(path)) as store:
        verify(store)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        os.chown(public_folder, 65534, 65534)
    path.chmod(0o400)
    public_folder.chmod(0o500)

    def refused() -> None:
        with pytest.raises(StrikeStoreUnavailableError, match=r"cannot be written|cannot be opened"):
            admit(SqliteStrikeStore(path))

    try:
        in_child(refused, as_nobody=True)
    finally:
        public_folder.chmod(0o700)


def test_row_78_a_folder_that_cannot_be_made_is_refused(public_folder: Path, in_child: Callable[..., None]) -> None:
    public_folder.chmod(0o555)

    def refused() -> None:
        with pytest.raises(StrikeStoreUnavailableError, match="cannot be opened: Permission denied"):
            admit(SqliteStrikeStore(public_folder / "state" / "strikes.sqlite3"))

    in_child(refused, as_nobody=True)


def test_row_78_a_full_disk_is_refused_and_forgets_nothing(
    store: SqliteStrikeStore, path: Path, in_child: Callable[..., None]
) -> None:
    settle(store, admit(store), Outcome.STRIKE)
    store.close()
    size = path.stat().st_size

    def fill() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, size + 4096))
        sentence = r"no space left|refused to read or write"
        with pytest.raises(StrikeStoreUnavailableError, match=sentence):
            deque((admit(store, key_id=f"{number:032}") for number in range(100)), maxlen=0)

    in_child(fill)
    assert strikes(store) == 1
    assert admit(store, key_id="b" * 32).admission is Admission.GRANT


def test_row_78_a_file_that_stays_locked_is_refused(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StrikeStoreUnavailableError, match="another process kept"):
            admit(store)
        assert store.read(KEY_ID).tickets == ()  # readers do not wait for writers
        other.execute("ROLLBACK")
    assert admit(store).admission is Admission.GRANT


def test_threads_wait_for_each_other_no_longer_than_the_timeout(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    refused: list[str] = []

    def try_once() -> None:
        try:
            admit(store)
        except StrikeStoreUnavailableError as error:
            refused.append(str(error))

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        threads = [threading.Thread(target=try_once) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
    assert len(refused) == 4
    assert any("other threads" in text for text in refused)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete files that are open")
@pytest.mark.parametrize("endings", [ENDINGS, ENDINGS[:1]], ids=["all files", "the database alone"])
def test_row_80_a_deleted_file_is_noticed_by_every_user(path: Path, endings: tuple[str, ...]) -> None:
    with closing(SqliteStrikeStore(path)) as one, closing(SqliteStrikeStore(path)) as two:
        verify(one)
        assert one.version(KEY_ID) == two.version(KEY_ID) != 0
        remembered = one.version(KEY_ID)
        for ending in endings:
            path.with_name(path.name + ending).unlink()
        # Nothing is known any more, so the next call is a probe; and no number comes back that somebody remembers.
        assert one.version(KEY_ID) == 0
        granted = admit(one)
        assert granted.admission is Admission.GRANT
        assert two.version(KEY_ID) == one.version(KEY_ID) not in (0, remembered)
        assert admit(two).admission is Admission.WAIT
        settle(one, granted, Outcome.STRIKE)
        assert (strikes(one), strikes(two)) == (1, 1)
        assert mode(path) == 0o600


def test_a_decision_overtaken_by_another_process_is_made_again(
    store: SqliteStrikeStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(store)
    overtaker = SqliteStrikeStore(path)
    begun: list[str] = []
    granted: list[Decision] = []

    def overtake(statement: str) -> None:
        if statement == "BEGIN IMMEDIATE" and not begun:
            begun.append(statement)
            granted.append(admit(overtaker))

    traced(monkeypatch, overtake)
    store.close()
    mine = admit(store)
    assert [decision.admission for decision in (*granted, mine)] == [Admission.GRANT, Admission.GRANT]
    assert len(store.read(KEY_ID).tickets) == 2
    assert admit(store).admission is Admission.WAIT
    overtaker.close()


def traced(monkeypatch: pytest.MonkeyPatch, see: Callable[[str], None]) -> None:
    """Let `see` look at every statement of connections opened from now on, before it runs."""
    real = sqlite3.connect

    def connect(file: str, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(file, **options)  # type: ignore[call-overload]  # passed on as they came
        connection.set_trace_callback(see)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)


def test_row_54_probes_and_strikes_reach_the_disk_and_the_steady_state_of_strict_does_not_wait_for_it(
    store: SqliteStrikeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    traced(monkeypatch, seen.append)

    def level_at_commit(action: Callable[[], object]) -> str:
        start = len(seen)
        action()
        assert "COMMIT" in seen[start:]
        before = seen[: len(seen) - seen[::-1].index("COMMIT")]
        return [text for text in before if text.startswith("PRAGMA synchronous")][-1].split()[-1]

    granted: list[Decision] = []
    assert level_at_commit(lambda: granted.append(admit(store))) == "FULL"  # a probe
    settle(store, granted.pop(), Outcome.VERIFICATION)
    assert level_at_commit(lambda: granted.append(admit(store))) == "NORMAL"  # STRICT, verified
    assert level_at_commit(lambda: settle(store, granted.pop(), Outcome.VERIFICATION)) == "NORMAL"
    granted.append(admit(store))
    assert level_at_commit(lambda: settle(store, granted.pop(), Outcome.STRIKE)) == "FULL"


def test_many_processes_may_make_the_file_at_the_same_moment(path: Path) -> None:
    text = (
        "import sys, time; from pathlib import Path; from cyara_auth.stores.sqlite import SqliteStrikeStore as S;"
        "time.sleep(max(0, float(sys.argv[2]) - time.time())); print(S(Path(sys.argv[1])).version('x'))"
    )
    start = str(time.time() + 1.5)
    processes = [
        subprocess.Popen([sys.executable, "-c", text, str(path), start], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    assert [process.communicate(timeout=30)[0] for process in processes] == ["0\n"] * 6


def test_a_process_that_dies_while_making_the_file_leaves_none(
    store: SqliteStrikeStore, path: Path, in_child: Callable[..., None]
) -> None:
    in_child(lambda: create_private(path, fill=lambda _new: os._exit(0)))
    assert not path.exists()
    verify(store)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def lose_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 100)


def test_what_another_release_wrote_is_refused_with_a_way_out(store: SqliteStrikeStore, path: Path) -> None:
    verify(store)
    raw(path, "UPDATE key_state SET version = version + 1, state = '{\"format\": 1}'")
    with pytest.raises(StrikeStoreUnavailableError, match="in format 1; this one reads 2") as refused:
        store.read(KEY_ID)
    assert type(refused.value) is StrikeStoreUnavailableError  # not damaged: nothing of it may be moved away
    assert "use one release of this client" in str(refused.value)


@pytest.mark.parametrize("opened", [True, False], ids=["while open", "before it is opened"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path, 0),
        lambda path: os.truncate(path, 100),
        lose_half,
        lambda path: path.write_bytes(b"garbage " * 2000),
        lambda path: raw(path, "UPDATE key_state SET version = version + 1, state = '{'"),
        lambda path: raw(path, 'UPDATE key_state SET version = version + 1, state = \'{"format": 2, "x": 2}\''),
    ],
    ids=["emptied", "header alone", "truncated", "garbage", "no JSON", "foreign JSON"],
)
def test_a_damaged_file_is_named_and_never_taken_for_a_new_one(
    store: SqliteStrikeStore, path: Path, damage: Callable[[Path], object], *, opened: bool
) -> None:
    verify(store)
    store.close()
    if opened and damage is not lose_half:  # an open connection has the lost page in its cache, and writes it again
        store.version("f" * 32)
    damage(path)
    with pytest.raises(
        StrikeStoreDamagedError, match=r"is damaged.*Nothing was sent\. Next: cyara auth doctor"
    ) as caught:
        admit(store)
    assert caught.value.path == path
    assert str(path) in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners")
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_log_that_another_user_laid_beside_the_file_is_refused(
    store: SqliteStrikeStore, path: Path, ending: str
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    verify(store)
    store.close()
    log = path.with_name(path.name + ending)
    log.touch(mode=0o600)
    os.chown(log, 65534, 65534)
    with pytest.raises(StrikeStoreUnavailableError, match=f"{ending} belongs to another user"):
        admit(store)


def test_row_76_forks_in_the_middle_of_traffic(
    store: SqliteStrikeStore, in_child: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each fork lets nobody use the file for a moment, which on a busy machine is longer than the fixture's timeout.
    monkeypatch.setattr("cyara_auth.stores.sqlite_file.LOCK_TIMEOUT", 5.0)
    verify(store)
    ended = threading.Event()
    failures: list[BaseException] = []

    def traffic() -> None:
        try:
            while not ended.is_set():
                granted = admit(store, key_id="b" * 32)
                if granted.ticket is not None:
                    settle(store, granted, Outcome.NOT_SENT, key_id="b" * 32)
        except BaseException as error:  # noqa: BLE001 - a thread's error would only be printed
            failures.append(error)

    threads = [threading.Thread(target=traffic) for _ in range(3)]
    for thread in threads:
        thread.start()

    def child() -> None:
        settle(store, admit(store), Outcome.VERIFICATION)
        assert store.version(KEY_ID) != 0

    try:
        for _ in range(10):
            in_child(child)
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=20)
    assert not failures
    assert store.read(KEY_ID).tickets == ()


def test_a_closed_store_opens_again(store: SqliteStrikeStore) -> None:
    verify(store)
    store.close()
    store.close()
    assert admit(store).admission is Admission.GRANT


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StrikeStoreUnavailableError, match="cannot be opened"):
        admit(SqliteStrikeStore(tmp_path / "file" / "state" / "strikes.sqlite3"))


def test_it_lists_its_keys(store: SqliteStrikeStore) -> None:
    for key_id in ("b" * 32, "a" * 32):
        admit(store, key_id=key_id)
    assert store.key_ids() == ["a" * 32, "b" * 32]


def test_row_86_an_interrupt_inside_a_transaction_leaves_nothing_half_done(
    store: SqliteStrikeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = admit(store)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cyara_auth.failpoints.hit", interrupt)
        with pytest.raises(KeyboardInterrupt):
            settle(store, granted, Outcome.STRIKE)
    assert (strikes(store), len(store.read(KEY_ID).tickets)) == (0, 1)
    settle(store, granted, Outcome.STRIKE)
    assert (strikes(store), len(store.read(KEY_ID).tickets)) == (1, 0)


def test_a_disk_that_fills_up_in_the_middle_forgets_nothing(
    store: SqliteStrikeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(store, admit(store), Outcome.STRIKE)
    store.close()
    real = sqlite3.connect

    def small(file: str, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(file, **options)  # type: ignore[call-overload]  # passed on as they came
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", small)
        with pytest.raises(StrikeStoreUnavailableError, match="no space left"):
            deque((admit(store, key_id=f"{number:032}") for number in range(100)), maxlen=0)
    assert strikes(store) == 1


def test_opening_waits_for_another_process_that_makes_the_file(
    store: SqliteStrikeStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_strike_file(path)
    real = sqlite3.connect

    def impatient(file: str, **options: object) -> sqlite3.Connection:
        # Where two processes switch to write-ahead mode at once, SQLite gives up without waiting; as here.
        made: sqlite3.Connection = real(file, **options | {"timeout": 0.01})  # type: ignore[call-overload]  # options pass through
        return made

    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as maker:
        maker.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.1, maker.execute, ["ROLLBACK"])
        release.start()
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", impatient)
            verify(store)
        release.join()


def test_opening_waits_no_longer_than_the_timeout(store: SqliteStrikeStore, path: Path) -> None:
    create_strike_file(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        with pytest.raises(StrikeStoreUnavailableError, match="locked"):
            admit(store)
        assert time.monotonic() - start < 2
        maker.execute("ROLLBACK")


def test_a_forked_child_starts_with_a_lock_of_its_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyara_auth.stores.sqlite_file.LOCK_TIMEOUT", 0.1)
    file = StrikeFile(path, unsafe_filesystem=False)
    file.before_fork()
    with pytest.raises(StrikeStoreUnavailableError, match="other threads"), file.session():
        pass
    file.after_fork_in_child()
    with file.session() as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    file.close()


def test_at_the_end_of_the_process_and_later_the_file_is_complete_without_a_log(
    store: SqliteStrikeStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_ending", threading.Event())
    log = path.with_name("strikes.sqlite3-wal")
    verify(store)
    assert log.exists()
    sqlite_file._end()  # noqa: SLF001  # registered with `atexit`
    assert not log.exists()
    # What others do at exit, or in threads that nobody waits for.
    settle(store, admit(store), Outcome.STRIKE)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert strikes(store) == 1


WAYS_TO_END = {
    "plain": "",
    "exit": "sys.exit(3)",
    "error": "raise RuntimeError",
    "thread": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "busy thread": "threading.Thread(target=lambda: [verify(store) for _ in iter(int, 1)], daemon=True).start()",
}


@pytest.mark.parametrize("ending", WAYS_TO_END.values(), ids=WAYS_TO_END)
def test_whatever_ends_a_process_but_kill_leaves_one_complete_file(ending: str, path: Path) -> None:
    script = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from cyara_auth.stores.sqlite import SqliteStrikeStore\n"
        "from tests.auth.stores.events import verify\n"
        f"store = SqliteStrikeStore(Path({str(path)!r}))\n"
        f"verify(store)\n{ending}\n"
    )
    subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, check=False)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    copy = SqliteStrikeStore(path)
    assert copy.read(KEY_ID).pairs
    copy.close()
