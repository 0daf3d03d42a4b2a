"""One request of the collection: address, headers and body, with values that can be sent as they stand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.client.account import ACCOUNT
from cyara_client.operations import OPERATIONS
from cyara_tools.export.postman.examples import as_text
from cyara_tools.portal.json_types import as_object
from cyara_tools.portal.spelling import placeholders, split_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_client.operations import Operation
    from cyara_tools.export.postman.examples import Examples
    from cyara_tools.portal.document import ServedOperation
    from cyara_tools.portal.json_types import Json

_WHOLE: Final = re.compile(r"\{[^{}]*\}")
TEXT: Final = "text/plain"


@attrs.frozen
class RequestMaker:
    """Makes the requests of one document.

    Attributes:
        examples: What is sent.
        shared: Path parameters with one value wherever they stand, which is a variable of the collection.
        made: Names of variables that the answers of other requests fill, by operation id and path parameter.
    """

    examples: Examples
    shared: Mapping[str, str]
    made: Mapping[tuple[str, str], str]

    def request(self, operation: ServedOperation, row: Operation | None) -> dict[str, Any]:
        """Return the Request Object of an operation."""
        headers: list[dict[str, Any]] = [{"key": "Accept", "value": row.accept if row else "*/*"}]
        body = self._body(operation)
        if body is not None and body["mode"] == "raw":
            headers.append({"key": "Content-Type", "value": body.pop("type")})
        made: dict[str, Any] = {
            "description": {"content": _words(operation, row), "type": TEXT},
            "url": self._url(operation),
            "header": headers,
            "method": operation.method,
        }
        for parameter in operation.parameters:
            if parameter.location == "header" and parameter.name.lower() != "authorization":
                value = self.examples.parameter(operation, parameter)
                unused = {} if parameter.required else {"disabled": True}
                headers.append({**unused, "key": parameter.name, "value": value})
        if body is not None:
            made["body"] = body
        return made

    def _url(self, operation: ServedOperation) -> dict[str, Any]:
        path, fixed = split_template(operation.path)
        parameters = {p.name: p for p in operation.parameters if p.location == "path"}
        segments: list[str] = []
        variables: list[dict[str, Any]] = []
        for segment in path.removeprefix("/").split("/"):
            names = [placeholder.name for placeholder in placeholders(segment)]
            if not names:
                segments.append(segment)
            elif ACCOUNT.fullmatch(names[0]) and _WHOLE.fullmatch(segment):
                segments.append("{{accountId}}")
            elif _WHOLE.fullmatch(segment):
                name = names[0]
                words = str(self.examples.described(operation, parameters[name]).get("description") or "")
                segments.append(f":{name}")
                described = {"description": {"content": words, "type": TEXT}} if words else {}
                variables.append({**described, "type": "any", "value": self._value(operation, name), "key": name})
            else:
                segments.append(_WHOLE.sub(lambda _: "1", segment))
        url: dict[str, Any] = {"path": segments, "host": ["{{baseUrl}}"], "query": [], "variable": variables}
        query: list[dict[str, Any]] = url["query"]
        query.extend({"key": name, "value": value} for name, value in fixed)
        for parameter in operation.parameters:
            if parameter.location == "query":
                words = str(self.examples.described(operation, parameter).get("description") or "")
                query.append(
                    {
                        **({} if parameter.required else {"disabled": True}),
                        **({"description": {"content": words, "type": TEXT}} if words else {}),
                        "key": parameter.name,
                        "value": self.examples.parameter(operation, parameter),
                    }
                )
        return url

    def _value(self, operation: ServedOperation, name: str) -> str:
        made = self.made.get((operation.operation_id, name))
        if made is not None:
            return f"{{{{{made}}}}}"
        if name in self.shared:
            return f"{{{{{name}}}}}"
        parameter = next(p for p in operation.parameters if (p.location, p.name) == ("path", name))
        return self.examples.parameter(operation, parameter)

    def _body(self, operation: ServedOperation) -> dict[str, Any] | None:
        content = as_object(as_object(self.examples.document.resolve(operation.raw.get("requestBody"))).get("content"))
        if not content:
            return None
        kind = next((name for name in content if "json" in name), next(iter(content)))
        described = as_object(content[kind])
        schema = described.get("schema")
        value: Json = self.examples.body(schema, described)
        if kind == "multipart/form-data":
            return {"mode": "formdata", "formdata": self._parts(schema, as_object(value))}
        if kind == "application/x-www-form-urlencoded":
            pairs = [{"key": name, "value": as_text(part)} for name, part in as_object(value).items()]
            return {"mode": "urlencoded", "urlencoded": pairs}
        if "json" in kind:
            text, language = json.dumps(value, ensure_ascii=False, indent=2), "json"
        else:
            text, language = as_text(value), "text"
        options = {"raw": {"language": language}}
        return {"mode": "raw", "raw": text, "options": options, "type": kind}

    def _parts(self, schema: Json, value: Mapping[str, Any]) -> list[dict[str, Any]]:
        properties = self.examples.factory.shapes.of(schema).properties
        parts: list[dict[str, Any]] = []
        for name, part in value.items():
            text = as_text(part)
            file = self.examples.is_file(properties.get(name))
            # A file as text, so that the collection needs no file beside it; in Postman, choose File to send another.
            kind = "application/xml" if text.startswith("<") else "application/octet-stream"
            extra = {"fileName": f"{name}.{'xml' if text.startswith('<') else 'bin'}", "contentType": kind}
            parts.append({**(extra if file else {}), "key": name, "value": text, "type": "text"})
        return parts


def row_of(operation: ServedOperation) -> Operation | None:
    """Return what the installed client's table says of an operation."""
    found = OPERATIONS.get(operation.operation_id)
    return found or next(
        (row for row in OPERATIONS.values() if (row.method, row.path) == (operation.method, operation.path)), None
    )


def _words(operation: ServedOperation, row: Operation | None) -> str:
    words = [str(operation.raw.get(name) or "") for name in ("summary", "description")]
    if row is not None and row.evidence:
        words.append(f"Evidence: {row.evidence}.")
    return "\n\n".join(word for word in words if word)
