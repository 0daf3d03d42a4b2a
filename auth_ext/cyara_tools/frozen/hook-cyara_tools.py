"""What a frozen program with `cyara_tools` needs beside its modules: templates, styles, scripts and schemas."""

from pathlib import Path

import cyara_tools

_folder = Path(cyara_tools.__file__).parent

datas = [
    (str(part), str(part.parent.relative_to(_folder.parent)))
    for part in _folder.rglob("*")
    if part.suffix in {".css", ".jinja", ".js", ".json"}
]
