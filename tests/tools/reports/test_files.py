"""A report is there as a whole or not at all, and nothing else is lost by it."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cyara_tools.reports.files import ReportFileError, check_writable, write_atomically

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX's")


def test_a_report_is_written_and_replaced_and_nothing_is_left_beside_it(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "report.json"
    write_atomically(path, "ä")
    assert path.read_bytes() == "ä".encode()
    write_atomically(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    assert list(path.parent.iterdir()) == [path]


@POSIX
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_its_mode_is_that_of_any_new_file(tmp_path: Path, umask: int, mode: int):
    program = (
        "import os, sys; from pathlib import Path; from cyara_tools.reports.files import write_atomically; "
        f"os.umask({umask}); write_atomically(Path(sys.argv[1]), 'x')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "r")], check=True, timeout=50)
    assert (tmp_path / "r").stat().st_mode & 0o777 == mode


@POSIX
def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text("utf-8") == "new"


@POSIX
def test_a_device_is_written_to_and_stays_one(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    check_writable(pipe)
    write_atomically(pipe, "through")
    reader.join(10)
    assert got == [b"through"]
    assert pipe.is_fifo()


def test_a_folder_is_refused_with_the_next_step(tmp_path: Path):
    for function in (check_writable, lambda path: write_atomically(path, "x")):
        with pytest.raises(ReportFileError) as caught:
            function(tmp_path)
        assert (
            str(caught.value) == f"The report cannot be written to {tmp_path}: it is a folder. Next: name a file in it"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("keep", encoding="utf-8")
    for function in (check_writable, lambda path: write_atomically(path, "x")):
        with pytest.raises(ReportFileError, match=r"What was there is unchanged. Next: give another file"):
            function(tmp_path / "file" / "report.xml")
    assert (tmp_path / "file").read_text("utf-8") == "keep"


@POSIX
def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ReportFileError, match="cannot be written to"):
        write_atomically(tmp_path / "loop" / "report", "x")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows write everywhere")
def test_a_folder_without_leave_is_refused(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(ReportFileError, match="What was there is unchanged"):
        check_writable(tmp_path / "report")
    tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
def test_a_full_disk_is_told(tmp_path: Path):
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(ReportFileError, match="No space left on device"):
        write_atomically(tmp_path / "full", "x" * 100_000)


def test_to_look_whether_it_can_be_written_changes_nothing(tmp_path: Path):
    path = tmp_path / "report"
    check_writable(path)
    assert list(tmp_path.iterdir()) == []
    path.write_text("old", encoding="utf-8")
    check_writable(path)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_that_is_killed_leaves_the_old_report_or_the_new_one(tmp_path: Path):
    path = tmp_path / "report"
    old, new = b"o" * 3_000_000, b"n" * 3_000_000
    program = (
        "import sys; from pathlib import Path; from cyara_tools.reports.files import write_atomically\n"
        "print('ready', flush=True)\n"
        "while True: [write_atomically(Path(sys.argv[1]), c * 3_000_000) for c in (b'o', b'n')]"
    )
    for attempt in range(6):
        path.write_bytes(old)
        process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
        with process:
            process.stdout.readline()
            time.sleep(0.003 * attempt)
            process.kill()
        assert path.read_bytes() in (old, new)
