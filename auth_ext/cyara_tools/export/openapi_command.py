"""`cyara export openapi`: the document for ReadyAPI, SoapUI, Swagger UI and other importers."""

from typing import Final

from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.export.folder import FolderArgument, FolderContext, check_folder, write_json

FILES: Final = {"cyara.openapi-3.0.json": "3.0.3", "cyara.openapi-3.1.json": "3.1.0"}


@command
def openapi(context: FolderContext, output: CommandOutput, *, folder: FolderArgument) -> None:
    """Write the installed document for people and importers, as OpenAPI 3.0.3 and 3.1. Nothing is sent.

    The files are cyara.openapi-3.0.json, which ReadyAPI takes, and cyara.openapi-3.1.json. Their server is the portal
    of --base-url, or one that leads nowhere until you name yours.
    """
    from cyara_tools.export.openapi import installed_document, people_document

    check_folder(folder)
    base = context.base()
    document = installed_document()
    for name, version in FILES.items():
        write_json(folder / name, people_document(document, version, None if base is None else base.url))
    output.put(files=[str(folder / name) for name in FILES], base_url=None if base is None else base.url)
    output.say(f"Wrote {' and '.join(FILES)} to {folder}")
    if base is None:
        output.note("the files name no portal; set the variable portal of their server, or give --base-url")
