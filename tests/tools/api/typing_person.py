"""Types commands: in this process, which is quick, with its standard streams as pipes."""

import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import attrs
import pytest
from typer.main import get_command

from cyara_tools.cli.app import app
from cyara_tools.portal import LocalPortal

_SETTINGS = re.compile(r"CYARA_|(?i:(https?|all|no)_proxy)")


@attrs.frozen
class Said:
    """What a command left behind."""

    code: int
    content: bytes
    err: str

    @property
    def out(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Person:
    """Somebody in a folder of their own, with the credential of a portal in the environment."""

    def __init__(self, folder: Path, portal: LocalPortal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.portal, self._patch = folder, portal, monkeypatch
        self._secrets = portal.credential.split(":")
        for name in filter(_SETTINGS.match, list(os.environ)):
            monkeypatch.delenv(name)
        (folder / "state").mkdir(mode=0o700)
        self.set(
            CYARA_BASE_URL=portal.base_url,
            CYARA_ACCOUNT_ID=str(portal.account_id),
            CYARA_API_CREDENTIAL=portal.credential,
            CYARA_CONFIG_DIR=str(folder / "config"),
            CYARA_STRIKE_STORE=f"sqlite://{folder}/state/strikes.sqlite3",
            COLUMNS="100",
        )
        monkeypatch.chdir(folder)

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def types(self, line: str, *more: str, text: str | bytes = "") -> Said:
        """Run `cyara` with the words of a line, and words that may have blanks in them behind it."""
        data = text.encode() if isinstance(text, str) else text
        self._patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        raw, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(raw, encoding="utf-8")
        with redirect_stdout(out), redirect_stderr(err):
            try:
                get_command(app)([*line.split(), *more], prog_name="cyara")
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
        out.flush()
        said = Said(code, raw.getvalue(), err.getvalue())
        assert not any(secret in said.out + said.err for secret in self._secrets), "a secret was printed"
        return said

    def refused(self, line: str, *more: str, text: str = "") -> str:
        """Run what is wrong; return what it says, for which nothing was sent."""
        before = self.portal.arrivals
        said = self.types(line, *more, text=text)
        assert (said.code, said.out) == (2, ""), said.err
        assert self.portal.arrivals == before
        assert "Traceback" not in said.err
        return said.err
