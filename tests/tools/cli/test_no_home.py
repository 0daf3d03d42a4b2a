"""Users without a home directory, as containers have them: a number with no name, and a HOME that is none."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program, Result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no numbers for users")

_NOBODY = """
import pwd
def missing(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = missing
"""
_COMMAND = f"{_NOBODY}\nfrom cyara_tools.cli import main\nmain()"
_CALLS = f"""{_NOBODY}
import sys, warnings
from cyara_auth import connect
from cyara_tools.portal import LocalPortal
warnings.simplefilter("error")
with LocalPortal() as portal:
    for options in ({{"credential": portal.credential}}, {{}}, {{"profile": "staging"}}):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with connect(portal.base_url, account_id=1, **options) as cyara:
                    print("answered", cyara.campaigns.get_campaigns(page_size=1).total_results)
            except Exception as error:
                print(type(error).__name__, error)
        for warning in caught:
            print(warning.category.__name__, warning.message)
"""
_DROP = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CYARA_CONFIG_DIR", "CYARA_STRIKE_STORE", "HOME")
# The real thing beside the simulation: it needs root, and a capability since Python itself may lie in root's home.
_AS_NUMBER = (
    *("setpriv", "--reuid", "1000730000", "--regid", "0", "--clear-groups"),
    *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
)


def run(code: str, *arguments: str, home: str | None, text: str = "", by: tuple[str, ...] = (), **more: str) -> Result:
    kept = {name: value for name, value in os.environ.items() if name not in _DROP}
    environ = {**kept, **({} if home is None else {"HOME": home}), **more}
    command = [*by, sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, input=text, env=environ, capture_output=True, text=True, timeout=50, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("by", [(), _AS_NUMBER], ids=["simulated", "real"])
@pytest.mark.parametrize("home", [None, "", "~", "relative", "/nonexistent/home", "/proc", "/dev/null"])
def test_calls_are_made_and_strikes_counted_in_memory(home: str | None, by: tuple[str, ...]) -> None:
    if by:
        can = (
            subprocess.run([*by, sys.executable, "-c", ""], capture_output=True, check=False)
            if os.geteuid() == 0
            else 1
        )
        if can == 1 or can.returncode:
            pytest.skip("needs root and setpriv")
    elif home == "/nonexistent/home" and os.geteuid() == 0:
        pytest.skip("root makes it")
    lines = run(_CALLS, home=home, by=by).out.splitlines()
    assert lines[0] == "answered 130", lines
    [warned] = [line for line in lines if line.startswith("PrivateStoreWarning")]
    assert "name a store with CYARA_STRIKE_STORE: " in warned
    reason = "no home directory is known here" if home in {None, "", "~", "relative"} else "cannot be created: "
    assert reason in warned
    if home == "/dev/null":
        assert sum(line.startswith("CredentialPermissionsError /dev/null/.config/cyara/") for line in lines) == 2, lines
        return
    assert any(line.startswith("CredentialNotFoundError No credential was found.") for line in lines), lines
    assert any(line.startswith("CredentialNotFoundError There is no profile staging") for line in lines), lines


def test_the_way_out_for_a_named_profile(portal: LocalPortal, tmp_path: Path) -> None:
    lines = run(_CALLS, home=None).out.splitlines()
    [refused] = [line for line in lines if "profile staging" in line]
    assert refused.endswith("Next: set CYARA_CONFIG_DIR to the folder that holds it")
    where = {"CYARA_BASE_URL": portal.base_url, "CYARA_STRIKE_STORE": "memory:"}
    login = ("auth", "login", "--profile", "staging")
    for place in ([], ["--place", "file"]):
        stuck = run(_COMMAND, *login, *place, home=None, text=portal.credential, **where)
        assert stuck.code == 7
        assert stuck.err.startswith("No home directory is known here, so there is no folder for a profile. Nothing was")
        assert "Next: set CYARA_CONFIG_DIR to a folder of your own" in stuck.err
    where["CYARA_CONFIG_DIR"] = str(tmp_path / "config")
    assert run(_COMMAND, *login, home=None, text=portal.credential, **where).code == 0
    assert run(_COMMAND, "auth", "verify", "--profile", "staging", "--account", "1", home=None, **where).code == 0


@pytest.mark.parametrize("store", [None, "memory:"])
def test_commands_end_in_sentences(portal: LocalPortal, store: str | None) -> None:
    facts = {"CYARA_BASE_URL": portal.base_url, "CYARA_ACCOUNT_ID": "1", "CYARA_API_CREDENTIAL": portal.credential}
    if store is not None:
        facts["CYARA_STRIKE_STORE"] = store
    for command in ("status", "doctor", "verify", "fingerprint"):
        assert run(_COMMAND, "auth", command, home=None, **facts).code == 0, command
    del facts["CYARA_API_CREDENTIAL"]
    assert run(_COMMAND, "auth", "status", home=None, **facts).code == 3
    doctor = run(_COMMAND, "auth", "doctor", home=None, **facts)
    assert (doctor.code, "No credential was found." in doctor.out) == (9, True)


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(program: Program, portal: LocalPortal) -> None:
    (program.home / "file").touch()
    closed = {"CYARA_CONFIG_DIR": str(program.home / "file")}
    refused = program("login", text=portal.credential, **closed)
    assert refused.code == 7
    assert "json cannot be written: Not a directory. Nothing was stored. Next: set CYARA_CONFIG_DIR" in refused.err


_CLOSED = """
import os, sys, warnings
from pathlib import Path
import platformdirs.unix, cyara_auth.stores.sqlite, cyara_auth.stores.memory, cyara_auth._platform.linux
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.providers.private_file import read_private
from cyara_auth.stores.registry import open_store
home = Path(os.environ["HOME"])
(home / sys.argv[1]).chmod(0)
if os.geteuid() == 0:
    os.seteuid(65534)
warnings.simplefilter("ignore")
store = open_store(environ={})
print(store.describe())
try:
    print(store.version("key"))
except StrikeStoreUnavailableError as error:
    print(error)
print(read_private(home / ".config" / "cyara" / "profiles" / "portal.json", max_bytes=10))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the modules that are loaded before the user changes are Linux's")
@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("", "memory of process"),
        (".local", "memory of process"),
        (".local/state/cyara", "strikes.sqlite3 cannot be opened: Permission denied"),
    ],
)
def test_a_home_that_is_closed_to_this_user(folder: str, says: str) -> None:
    # Not below pytest's own folder, which is closed to the other user that root becomes here.
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        home = Path(root) / "home"
        for part in (".local/state/cyara", ".config/cyara/profiles"):
            (home / part).mkdir(parents=True)
        try:
            result = run(_CLOSED, folder, home=str(home))
        finally:
            (home / folder).chmod(0o755)
    # A folder of ours that is closed may hold strikes, and those are not forgotten: the store refuses.
    assert says in result.out
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1] == "None"
