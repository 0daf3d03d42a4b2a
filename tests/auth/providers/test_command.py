"""Row 31: a credential program that fails, prints too much, prints elsewhere, or never ends."""

import _thread
import json
import os
import pickle
import sys
import threading
import time
from pathlib import Path

import pytest

from cyara_auth.errors import (
    ConfigurationError,
    CredentialFormatError,
    CredentialOriginError,
    CredentialSourceError,
)
from cyara_auth.origin import BaseUrl
from cyara_auth.providers import CommandProvider, Variables
from cyara_auth.providers.command import split_command

ORIGIN = BaseUrl.parse("https://cyaraportal.us").origin


def program(text: str, *, timeout: float = 10.0, **variables: str) -> CommandProvider:
    """A credential program written in Python, because every system that runs the tests has that."""
    return CommandProvider(
        argv=(sys.executable, "-I", "-c", text), origin=ORIGIN, timeout=timeout, variables=Variables(variables)
    )


def failed(provider: CommandProvider, what: str) -> None:
    with pytest.raises(CredentialSourceError, match=what) as caught:
        provider()
    assert "SECRET" not in str(caught.value)
    assert "its output is not shown" in str(caught.value)
    assert caught.value.__context__ is None


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if (
            Path(f"/proc/{pid}/stat").exists()
            and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        ):
            return True
        time.sleep(0.02)
    return False


def test_bare_text(pair: str) -> None:
    found = program(f"print('ApiKey {pair}')")()
    assert found is not None
    assert found.pair_text() == pair
    assert found.source == f"command {sys.executable}"


def test_json_with_expiry_and_portal(pair: str) -> None:
    document = json.dumps(
        {"credential": pair, "expires_at": "2030-01-31T00:00:00Z", "base_url": "https://cyaraportal.us"}
    )
    found = program(f"print({document!r})")()
    assert found is not None
    assert found.expires_at is not None


def test_json_of_another_portal(pair: str) -> None:
    document = json.dumps({"credential": pair, "base_url": "https://other.example"})
    with pytest.raises(CredentialOriginError):
        program(f"print({document!r})")()


def test_row_31_exit_code() -> None:
    failed(program("print('SECRET'); raise SystemExit(1)"), "ended with exit code 1")


def test_row_31_cannot_be_started(tmp_path: Path) -> None:
    failed(CommandProvider(argv=(str(tmp_path / "absent"),)), "cannot be started")


def test_row_31_prints_junk() -> None:
    with pytest.raises(CredentialFormatError) as caught:
        program("print('SECRET is not here')")()
    assert "SECRET" not in str(caught.value)
    with pytest.raises(CredentialFormatError, match="is empty"):
        program("pass")()


def test_row_31_secret_on_stderr_is_not_shown(pair: str, capfd: pytest.CaptureFixture[str]) -> None:
    provider = program(f"import sys; print('{pair}', file=sys.stderr); raise SystemExit(2)")
    with pytest.raises(CredentialSourceError) as caught:
        provider()
    captured = capfd.readouterr()
    assert not any(half in str(caught.value) + captured.out + captured.err for half in pair.split(":"))


def test_row_31_endless_output_is_cut_off() -> None:
    failed(program("while True: print('SECRET' * 999)"), "printed more than 8192 bytes and was killed")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a POSIX matter")
def test_row_31_never_ends_and_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    text = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(note)!r} + ".new", "w").write(f"{{os.getpid()}} {{child.pid}}")
os.replace({str(note)!r} + ".new", {str(note)!r})
print("SECRET", flush=True)
time.sleep(600)
"""
    began = time.monotonic()
    failed(program(text, timeout=6), "did not end within 6 s and was killed")  # a busy machine has to start two of them
    assert time.monotonic() - began < 30
    own, child = (int(pid) for pid in note.read_text().split())
    assert gone(own)
    assert gone(child)


def test_row_31_closes_its_output_and_lingers() -> None:
    text = "import os, time; os.close(1); time.sleep(600)"
    failed(program(text, timeout=1), "did not end within 1 s and was killed")


def test_row_31_more_than_a_credential_can_be() -> None:
    with pytest.raises(CredentialSourceError, match="holds more than 4096 bytes"):
        program("print('SECRET' * 1000)")()


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a POSIX matter")
def test_ctrl_c_kills_the_program(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    text = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    def interrupt() -> None:
        while not (note.exists() and note.read_text()):
            time.sleep(0.02)
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        program(text)()
    assert gone(int(note.read_text()))


def test_it_has_no_input_and_no_terminal(pair: str) -> None:
    found = program(f"import sys; assert sys.stdin.read() == ''; print('{pair}')")()
    assert found is not None


def test_environment_is_small(pair: str) -> None:
    text = (
        f"import os; assert 'X_SECRET' not in os.environ and 'CYARA_API_CREDENTIAL' not in os.environ; print('{pair}')"
    )
    assert program(text, X_SECRET="1", CYARA_API_CREDENTIAL="2", PATH=os.environ["PATH"])() is not None


def test_named_variables_are_passed_on(pair: str) -> None:
    provider = CommandProvider(
        argv=(sys.executable, "-I", "-c", f"import os; os.environ['VAULT_ADDR']; print('{pair}')"),
        pass_on=("VAULT_ADDR",),
        variables=Variables({"VAULT_ADDR": "https://vault"}),
    )
    assert provider() is not None


def test_no_shell_sees_the_arguments(tmp_path: Path, pair: str) -> None:
    provider = CommandProvider(argv=(sys.executable, "-c", f"print('{pair}')", f"; touch {tmp_path}/x", "$(id)"))
    assert provider() is not None
    assert not (tmp_path / "x").exists()


def test_relative_programs_are_refused_with_the_path_to_use() -> None:
    name = Path(sys.executable).name
    with pytest.raises(ConfigurationError, match="absolute path") as caught:
        CommandProvider(argv=(name,))()
    assert "Next: use /" in str(caught.value) or "its absolute path" in str(caught.value)
    with pytest.raises(ConfigurationError, match="use its absolute path"):
        CommandProvider(argv=("no-such-program-anywhere",))()


def test_row_88_pickled_without_secrets() -> None:
    provider = CommandProvider(argv=("/usr/bin/pass", "show", "cyara"))
    again = pickle.loads(pickle.dumps(provider))  # noqa: S301  # made here
    assert again.argv == provider.argv
    assert "show" not in repr(provider)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("/usr/bin/pass show 'my portal'", ("/usr/bin/pass", "show", "my portal")),
        ('["C:\\\\bin\\\\op.exe", "read", "a b"]', ("C:\\bin\\op.exe", "read", "a b")),
        (' ["/bin/x"]', ("/bin/x",)),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="splitting is POSIX; Windows takes the JSON form")
def test_command_lines(text: str, argv: tuple[str, ...]) -> None:
    assert split_command(text) == argv


@pytest.mark.parametrize("text", ["", "  ", "[]", "[1]", '["/bin/x", ""]', "[", "'unbalanced", '["a" "b"]'])
@pytest.mark.skipif(sys.platform == "win32", reason="splitting is POSIX; Windows takes the JSON form")
def test_command_lines_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="CYARA_CREDENTIAL_COMMAND"):
        split_command(text)
