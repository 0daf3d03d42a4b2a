"""What the commands that write several files into a folder share."""

import json
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from cyara_auth.errors import ConfigurationError
from cyara_tools.cli.context import CommandContext
from cyara_tools.reports.files import write_atomically

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the files; it is made if missing.")]


@attrs.frozen(kw_only=True)
class FolderContext(CommandContext):
    """The portal that the files name. No credential is read, and nothing is sent."""


def check_folder(folder: Path) -> None:
    """Refuse what cannot be a folder, before a file is written.

    Raises:
        ConfigurationError: It is something else.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file. Nothing was written. Next: name a folder, there or new")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one step.

    Raises:
        ReportFileError: It cannot be written; a file that was there is unchanged.
    """
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
