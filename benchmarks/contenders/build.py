"""Make what the contenders need: the stock generator's package, and an environment with OpenAPI Generator's client.

OpenAPI Generator comes from the package index as `openapi-generator-cli`, which brings its jar and needs Java. Where
either is missing, the comparison goes on without it and says why.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import attrs
from harness import generate_stock

if TYPE_CHECKING:
    from pathlib import Path

DEPENDENCIES = (
    "openapi-generator-cli",
    "urllib3>=2.7,<3",
    "python-dateutil>=2.8.2",
    "pydantic>=2.11",
    "typing-extensions",
)
"""The generator, and what the client that it writes asks for."""

VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps([m.version(each) for each in sys.argv[1:]]))"


class UnavailableError(Exception):
    """A contender cannot be had on this machine; the text says why."""


@attrs.frozen(kw_only=True)
class Contender:
    """One contender: its module here, its name in the table, and the interpreter and source root it runs with."""

    module: str
    title: str
    python: str = sys.executable
    root: str = ""


def version(package: str, python: str = sys.executable) -> str:
    """Return the version of a package that an interpreter has."""
    return str(json.loads(_run([python, "-c", VERSIONS, package]))[0])


def ours() -> Contender:
    """Return this client."""
    return Contender(module="ours", title=f"cyara-client {version('cyara-client')}")


def by_hand() -> list[Contender]:
    """Return what people write without any generated client."""
    return [
        Contender(module="bare_httpx", title=f"httpx {version('httpx')} by hand"),
        Contender(module="vendor_sample", title=f"requests {version('requests')} as in the vendor's sample"),
    ]


def stock(document: Path, folder: Path) -> Contender:
    """Generate the stock client."""
    generate_stock(document, folder)
    title = f"openapi-python-client {version('openapi-python-client')}"
    return Contender(module="stock_generator", title=title, root=str(folder))


def openapi_generator(document: Path, folder: Path) -> Contender:
    """Install OpenAPI Generator into an environment of its own and generate its client.

    Raises:
        UnavailableError: there is no Java, or the package could not be installed or did not run.
    """
    if shutil.which("java") is None:
        raise UnavailableError("OpenAPI Generator needs Java, and there is no `java` on the PATH")
    environment, output = folder / "environment", folder / "output"
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(scripts / "python")
    generate = [str(scripts / "openapi-generator-cli"), "generate", "-g", "python", "-i", str(document)]
    quiet = ["--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"]
    try:
        # An environment of its own, because the generator's client wants other versions than this project.
        venv.create(environment, with_pip=True)
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *DEPENDENCIES])
        _run([*generate, "-o", str(output), "--package-name", "og_client", *quiet])
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"OpenAPI Generator could not be installed or run ({type(error).__name__})") from error
    title = f"OpenAPI Generator {version('openapi-generator-cli', python)}"
    return Contender(module="openapi_generator", title=title, python=python, root=str(output))


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)  # noqa: S603 - commands of this file
    return done.stdout
