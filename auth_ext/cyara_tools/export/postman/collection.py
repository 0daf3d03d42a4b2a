"""The collection and the environment, written as the library postman-collection writes them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from cyara_tools.export.postman import scripts
from cyara_tools.export.postman.chains import chains, ordered, shared_values
from cyara_tools.export.postman.examples import Examples
from cyara_tools.export.postman.requests import TEXT, RequestMaker, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.document import ServedOperation

SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_SPACE: Final = uuid.UUID("5b0e3f5e-7d0c-5a52-9c5b-3f2f4e6d1a70")
WARNING: Final = (
    "Each run without the proxy may cost one call with an invalid pair, and the third such call voids the token: "
    "newman forgets between runs what was rejected, so CI uses "
    "`cyara exec -- newman run cyara.postman_collection.json`."
)
_MORE: Final = (
    "Nothing is sent while the pair is missing, misformed or was rejected, and the first 401 ends the run. "
    "Requests that change things go to the proxy and to a local portal, and to any other portal if allowChanges is "
    "yes. What is deleted is what a request before has made."
)
_WITHOUT_PAIR: Final = (
    "This collection has no credential: each request goes through `cyara proxy` or `cyara exec`, which have it."
)
AUTH: Final = "ApiKey {{cyaraKey}}:{{cyaraToken}}"


def collection(raw: Mapping[str, Any], *, base_url: str, account: str, without_pair: bool) -> dict[str, Any]:
    """Return the collection for a document.

    Args:
        raw: OpenAPI 3.x document.
        base_url: Base URL of the portal; empty where it is not known.
        account: Account number.
        without_pair: Whether it is for the proxy only, and has no credential.
    """
    examples = Examples.of(raw)
    operations = examples.document.operations
    shared = shared_values(examples, operations)
    takes, fills = chains(examples, operations)
    maker = RequestMaker(examples, shared, takes)
    folders: dict[str, list[ServedOperation]] = {str(tag["name"]): [] for tag in raw.get("tags", ()) if "name" in tag}
    for operation in operations:
        row = row_of(operation)
        tags = [tag for tag in operation.raw.get("tags") or () if isinstance(tag, str)]
        folders.setdefault(tags[0] if tags else row.tag if row else "Other", []).append(operation)
    words = {tag.get("name"): str(tag.get("description") or "") for tag in raw.get("tags", ())}
    title = str(raw.get("info", {}).get("title") or "Cyara API")
    description = f"{WARNING}\n\n{_WITHOUT_PAIR if without_pair else _MORE}"
    return {
        "item": [
            {
                "id": _id("folder", tag),
                "name": tag,
                **({"description": {"content": words[tag], "type": TEXT}} if words.get(tag) else {}),
                "item": [_item(operation, maker, fills) for operation in ordered(members)],
                "event": [],
            }
            for tag, members in folders.items()
            if members
        ],
        "event": [
            _event("prerequest", "collection", scripts.before(without_pair=without_pair)),
            _event("test", "collection", scripts.after()),
        ],
        "variable": [
            {"type": "string", "value": base_url, "key": "baseUrl"},
            {"type": "string", "value": account, "key": "accountId"},
            *({"type": "string", "value": value, "key": name} for name, value in shared.items()),
        ],
        "auth": _auth(without_pair=without_pair),
        "protocolProfileBehavior": {"followRedirects": False, "disableCookies": True},
        "info": {
            "_postman_id": _id("collection", title),
            "name": title,
            "schema": SCHEMA,
            "description": {"content": description, "type": TEXT},
        },
    }


def environment(*, base_url: str, account: str, without_pair: bool) -> dict[str, Any]:
    """Return the environment: what differs between portals, with the pair as secrets that have no value."""
    # The proxy's address holds its secret.
    values = [("baseUrl", base_url, "secret" if without_pair else "default"), ("accountId", account, "default")]
    if not without_pair:
        values += [("cyaraKey", "", "secret"), ("cyaraToken", "", "secret"), ("allowChanges", "", "default")]
    return {
        "id": _id("environment", "Cyara"),
        "name": "Cyara",
        "values": [{"type": kind, "value": value, "key": name, "enabled": True} for name, value, kind in values],
        "_postman_variable_scope": "environment",
    }


def _item(operation: ServedOperation, maker: RequestMaker, fills: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    row = row_of(operation)
    name = operation.operation_id
    statuses = row.success_statuses if row and row.success_statuses else (200, 201, 202, 204)
    script = scripts.of_request(statuses, dict(fills.get(name, {})))
    return {
        "id": _id("item", name),
        "name": name,
        "request": maker.request(operation, row),
        "response": [],
        "event": [_event("test", name, script)],
    }


def _auth(*, without_pair: bool) -> dict[str, Any]:
    if without_pair:
        return {"type": "noauth"}
    parts = {"key": "Authorization", "value": AUTH, "in": "header"}
    return {
        "type": "apikey",
        "apikey": [{"type": "any", "value": value, "key": name} for name, value in parts.items()],
    }


def _event(listen: str, name: str, lines: list[str]) -> dict[str, Any]:
    identity = _id(listen, name)
    return {"listen": listen, "script": {"id": identity, "type": "text/javascript", "exec": lines}}


def _id(kind: str, name: str) -> str:
    # The same one each time, so that Postman takes the next export for the same collection.
    return str(uuid.uuid5(_SPACE, f"{kind}/{name}"))
