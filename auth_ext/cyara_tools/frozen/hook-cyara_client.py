"""What a frozen program with `cyara_client` needs beside its modules: its documents, the version, the quick reader."""

from contextlib import suppress
from importlib import metadata, util
from pathlib import Path

import cyara_client

_folder = Path(cyara_client.__file__).parent

datas = [(str(document), "cyara_client") for document in _folder.glob("*.json")]
hiddenimports = ["orjson"] if util.find_spec("orjson") else []

# Without it the version is "unknown", which stops nothing.
with suppress(metadata.PackageNotFoundError):
    parts = metadata.files("cyara-client") or ()
    datas += [(str(part.locate()), part.parent.name) for part in parts if part.name == "METADATA"]
