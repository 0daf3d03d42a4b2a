"""The schema of JUnit files, from where pytest keeps it: its source distribution, of the release that runs here."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import xmlschema

MEMBER = "testing/example_scripts/junit-10.xsd"


@pytest.fixture(scope="session")
def junit_schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema10:
    """The XSD; skipped where the distribution cannot be had, unless CYARA_TESTS_REQUIRE_XSD=1 says that it must be."""
    name = f"pytest-{pytest.__version__}"
    cache = Path.home() / ".cache" / "cyara-tests"
    archive = cache / f"{name}.tar.gz"
    if not archive.is_file():
        # In one step into the cache, since another process of the tests may be reading there.
        cache.mkdir(parents=True, exist_ok=True)
        fresh = tmp_path_factory.mktemp("sdist")
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pytest"]
        target = ["--dest", str(fresh), f"pytest=={pytest.__version__}"]
        try:
            done = subprocess.run([*download, *target], check=False, capture_output=True, text=True, timeout=50)
            why = done.stderr[-500:]
        except subprocess.TimeoutExpired:
            why = "it took too long"
        if (fresh / archive.name).is_file():
            beside = cache / f"{archive.name}.{os.getpid()}"
            shutil.copyfile(fresh / archive.name, beside)
            beside.replace(archive)
        else:
            message = f"the source distribution of {name} cannot be had: {why}"
            if os.environ.get("CYARA_TESTS_REQUIRE_XSD") == "1":
                pytest.fail(message)
            pytest.skip(message)
    with tarfile.open(archive) as distribution:
        found = distribution.extractfile(f"{name}/{MEMBER}")
        assert found is not None
        return xmlschema.XMLSchema10(io.BytesIO(found.read()), allow="none")
