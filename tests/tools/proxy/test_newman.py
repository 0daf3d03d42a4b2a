"""What a run of newman is given: the proxy's address in a private file, and nothing on its command line."""

import json
import os
import stat
from pathlib import Path

import pytest

from cyara_tools.proxy.newman import with_globals

ENVIRON = {"CYARA_BASE_URL": "http://127.0.0.1:1/SECRET/cyarawebapi", "CYARA_ACCOUNT_ID": "17", "OTHER": "x"}


@pytest.mark.parametrize(
    "command",
    [
        ["newman", "run", "c.json"],
        ["/opt/node/bin/newman", "run", "c.json", "-e", "e.json"],
        ["C:\\node\\newman.cmd", "run", "c.json"],
        ["npx", "--yes", "newman", "run", "c.json"],
    ],
)
def test_newman_reads_the_address_from_a_file_of_its_owner_that_goes(command: list[str]):
    with with_globals(command, ENVIRON) as whole:
        assert whole[: len(command)] == command
        option, name = whole[len(command) :]
        assert option == "--globals"
        file = Path(name)
        values = {each["key"]: each["value"] for each in json.loads(file.read_text("utf-8"))["values"]}
        assert values == {"cyaraProxyUrl": ENVIRON["CYARA_BASE_URL"], "cyaraAccountId": "17"}
        assert "SECRET" not in " ".join(whole)
        if os.name == "posix":
            assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()


@pytest.mark.parametrize(
    "command",
    [
        ["curl", "newman", "c.json"],
        ["newman"],
        ["newman", "--version"],
        ["sh", "-c", "newman run c.json"],
        ["newman", "run", "c.json", "-g", "mine.json"],
        ["newman", "run", "c.json", "--globals=mine.json"],
    ],
)
def test_any_other_command_is_left_as_it_is(command: list[str]):
    with with_globals(command, ENVIRON) as whole:
        assert whole == command
