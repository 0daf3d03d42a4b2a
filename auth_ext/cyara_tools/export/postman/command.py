"""`cyara export postman`: a collection and an environment for Postman and newman."""

from typing import Annotated, Final

import attrs
import typer

from cyara_auth.client.account import ACCOUNT_ID
from cyara_tools.cli.base import CONNECTION
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.export.folder import FolderArgument, FolderContext, check_folder, write_json

COLLECTION: Final = "cyara.postman_collection.json"
ENVIRONMENT: Final = "cyara.postman_environment.json"

ProxyOption = Annotated[
    bool, typer.Option("--proxy", help="For cyara proxy only: requests have no credential.", show_default=False)
]


@attrs.frozen(kw_only=True)
class PostmanContext(FolderContext):
    """The account, too."""

    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="NUMBER",
            help="Account number; CYARA_ACCOUNT_ID by default, else 1.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None


@command
def postman(
    context: PostmanContext, output: CommandOutput, *, folder: FolderArgument, proxy: ProxyOption = False
) -> None:
    """Write a collection and an environment for Postman and newman. Nothing is sent, and no credential is written.

    Each run without the proxy may cost one call with an invalid pair, and the third such call voids the token. CI uses:
    cyara exec -- newman run DIR/cyara.postman_collection.json
    """
    from cyara_tools.export.openapi import installed_document
    from cyara_tools.export.postman.collection import collection, environment

    check_folder(folder)
    base = context.base()
    account = context.account or context.variables.get(ACCOUNT_ID) or "1"
    # The address of a portal is no use where only the proxy's is taken.
    base_url = "" if base is None or proxy else base.url
    made = collection(installed_document(), base_url=base_url, account=account, without_pair=proxy)
    write_json(folder / COLLECTION, made)
    files = [folder / COLLECTION]
    if (folder / ENVIRONMENT).exists():
        # Somebody may have put the pair there.
        output.note(f"{ENVIRONMENT} was there and is kept; remove it, and run this again, for a new one")
    else:
        write_json(folder / ENVIRONMENT, environment(base_url=base_url, account=account, without_pair=proxy))
        files.append(folder / ENVIRONMENT)
    requests = sum(len(each["item"]) for each in made["item"])
    output.put(files=[str(file) for file in files], requests=requests, base_url=base_url or None, account=account)
    output.say(f"Wrote {requests} requests to {' and '.join(file.name for file in files)} in {folder}")
    output.note("CI uses: cyara exec -- newman run " + str(folder / COLLECTION))
