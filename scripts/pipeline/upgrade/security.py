"""Security definitions of Swagger 2.0 as security schemes of OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping

if TYPE_CHECKING:
    from pipeline.upgrade.source import Source

_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
_ADDRESSES = ("authorizationUrl", "tokenUrl")


def upgrade_security(source: Source) -> dict[str, Any]:
    """Return ``components.securitySchemes``; an unknown type is passed on as it is."""
    definitions = source.document.get("securityDefinitions")
    if not is_mapping(definitions):
        return {}
    return {name: _scheme(scheme) for name, scheme in definitions.items() if is_mapping(scheme)}


def _scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    kind = scheme.get("type")
    if kind == "basic":
        rest = {key: value for key, value in scheme.items() if key != "type"}
        return {"type": "http", "scheme": "basic", **rest}
    if kind != "oauth2":
        return dict(scheme)
    # 2.0 names one flow beside its addresses; 3.0 has an object for each.
    below_flow = ("flow", "scopes", *_ADDRESSES)
    flow = {key: scheme[key] for key in _ADDRESSES if key in scheme}
    flow["scopes"] = scheme.get("scopes", {})
    rest = {key: value for key, value in scheme.items() if key not in below_flow}
    return {**rest, "flows": {_FLOWS.get(str(scheme.get("flow")), "implicit"): flow}}
