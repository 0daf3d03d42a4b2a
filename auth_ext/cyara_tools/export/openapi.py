"""The installed document for people and importers: OpenAPI 3.0.3 and 3.1, with nothing that linters complain of.

Operation ids, tags, paths and extensions stay as they are. What importers want and a document may lack is added:
servers with a variable for the portal, the scheme of the credential with its exact value, words for each operation.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from cyara_client.operations import OPERATIONS
from cyara_tools.export.dialects import in_version
from cyara_tools.portal.document import METHODS, bundled_bytes
from cyara_tools.portal.json_types import as_array, as_object, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.portal.json_types import Json

NOWHERE: Final = "your-portal.invalid"
"""A host that leads nowhere, by RFC 2606: a credential is sent to no portal that nobody has named."""
SCHEME_WORDS: Final = (
    "Value of the header Authorization: the word ApiKey, one blank, key, colon, token, as in `ApiKey key:token`. The "
    "key and the token alone are refused, and so is any other scheme. Three calls with an invalid pair void the token."
)
_HELP: Final = "https://developer.cyara.com"
_COMPONENTS: Final = "#/components/"
_SPDX: Final = "https://spdx.org/licenses/"
_HOST: Final = "A portal: `portal` is its host, with the port where it has one."


def installed_document() -> dict[str, Any]:
    """Return the document that the installed client was generated from, corrected by overlays, as OpenAPI 3.x."""
    document: dict[str, Any] = json.loads(bundled_bytes().decode("utf-8-sig"))
    return document


def people_document(document: Mapping[str, Any], version: str, base_url: str | None = None) -> dict[str, Any]:
    """Return a document as people and importers take it.

    Args:
        document: OpenAPI 3.x document, which stays as it is.
        version: `dialects.V30` or `dialects.V31`.
        base_url: Base URL of the portal, whose host becomes the default of the variable `portal`.
    """
    made = in_version(document, version)
    _mend_info(made)
    made["servers"] = [server(base_url)]
    _mend_security(made)
    _mend_operations(made)
    _drop_unused(made)
    return made


def server(base_url: str | None) -> dict[str, Any]:
    """Return the Server Object of a portal."""
    parts = urlsplit(base_url or f"https://{NOWHERE}/cyarawebapi")
    url = f"{parts.scheme}://{{portal}}{parts.path.rstrip('/')}"
    # No description at the variable: swagger-parser's schema of 3.1 has that field under another name, and refuses it.
    return {"url": url, "description": _HOST, "variables": {"portal": {"default": parts.netloc}}}


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and Operation Object, in the order of the document."""
    for path, item in as_object(document.get("paths")).items():
        for method, operation in as_object(item).items():
            if method in METHODS and is_object(operation):
                yield path, method.upper(), operation


def _mend_info(made: dict[str, Any]) -> None:
    info: dict[str, Any] = made.setdefault("info", {})
    info.setdefault("title", "API")
    info.setdefault("version", "unknown")
    info.setdefault("description", info["title"])
    contact = info.setdefault("contact", {"name": "Cyara's help centre", "url": _HELP})
    licence = info.setdefault("license", {"name": "As the vendor's terms say"})
    identifier = licence.pop("identifier", None)
    if "url" not in licence:
        licence["url"] = (
            f"{_SPDX}{identifier}" if identifier else info.get("termsOfService") or contact.get("url", _HELP)
        )


def _mend_security(made: dict[str, Any]) -> None:
    components: dict[str, Any] = made.setdefault("components", {})
    schemes: dict[str, Any] = components.setdefault("securitySchemes", {})
    names = [name for name, scheme in schemes.items() if _is_credential(scheme)]
    if not names:
        names = ["ApiKey"]
        schemes["ApiKey"] = {"type": "apiKey", "in": "header", "name": "Authorization"}
    for name in names:
        schemes[name]["description"] = SCHEME_WORDS
    if not made.get("security"):
        made["security"] = [{names[0]: []}]


def _is_credential(scheme: Json) -> bool:
    found = as_object(scheme)
    return (found.get("type"), found.get("in"), str(found.get("name")).lower()) == ("apiKey", "header", "authorization")


def _mend_operations(made: dict[str, Any]) -> None:
    # By method and path: where the document has no id, the table has one.
    known = {(each.method, each.path): each for each in OPERATIONS.values()}
    tags: dict[str, dict[str, Any]] = {tag["name"]: tag for tag in as_array(made.get("tags")) if "name" in tag}
    for path, method, operation in operations(made):
        row = known.get((method, path))
        derived = row.operation_id if row else f"{method.lower()}{path}"
        # Importers make names of files and parts of addresses of it.
        operation.setdefault("operationId", re.sub(r"\W+", "_", derived).strip("_"))
        operation["tags"] = [tag for tag in as_array(operation.get("tags")) if isinstance(tag, str)] or ["Other"]
        summary = operation.get("summary") or operation["operationId"]
        operation["summary"] = str(summary)
        operation["description"] = operation.get("description") or f"{summary}."
        for tag in operation["tags"]:
            tags.setdefault(tag, {"name": tag})
        answers: dict[str, Any] = operation.setdefault("responses", {"200": {"description": "Success."}})
        if not any(str(status).startswith("4") for status in answers):
            answers["401"] = {"description": "The portal did not accept the credential."}
        for answer in answers.values():
            if is_object(answer) and "$ref" not in answer and not answer.get("description"):
                answer["description"] = "An answer."
    for tag in tags.values():
        tag["description"] = tag.get("description") or f"{tag['name']}."
    made["tags"] = list(tags.values())


def _drop_unused(made: dict[str, Any]) -> None:
    """Leave out the components that nothing leads to."""
    components: dict[str, dict[str, Any]] = made["components"]
    reached: set[tuple[str, str]] = set()
    waiting: list[Json] = [value for key, value in made.items() if key != "components"]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            kind, _, name = node.removeprefix(_COMPONENTS).partition("/")
            plain = unquote(name).replace("~1", "/").replace("~0", "~")
            if plain not in as_object(components.get(kind)):
                # A discriminator may name a schema by its bare name.
                kind, plain = "schemas", node
            if plain in as_object(components.get(kind)) and (kind, plain) not in reached:
                reached.add((kind, plain))
                waiting.append(components[kind][plain])
        else:
            waiting.extend(as_object(node).values())
            waiting.extend(as_array(node))
    for kind in list(components):
        if kind != "securitySchemes":
            components[kind] = {name: part for name, part in components[kind].items() if (kind, name) in reached}
            if not components[kind]:
                del components[kind]
