"""What is known of an operation, as plain values: for people who look for one, and for programs that read the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_client._annotations import members, resolve
from cyara_tools.api.names import resource_of
from cyara_tools.api.parameters import call_of
from cyara_tools.api.texts import description_of, plain
from cyara_tools.api.tree import command_of

if TYPE_CHECKING:
    from cyara_client.operations import Operation
    from cyara_tools.api.parameters import Parameter


def facts_of(operation: Operation) -> dict[str, Any]:
    """Return what the table has of an operation."""
    return {
        "operation": operation.operation_id,
        "command": f"cyara {command_of(operation.operation_id)}",
        "evidence": operation.evidence,
        "summary": plain(operation.summary),
        "method": operation.method,
        "path": operation.path,
    }


def details_of(operation: Operation) -> dict[str, Any]:
    """Return all that is known of an operation, its parameters and body included."""
    call = call_of(operation, ())
    body = call.body
    fields = () if body is None else (*([body.file] if body.file is not None else []), *body.fields)
    account = [] if call.account is None else [_account(call.account)]
    return {
        **facts_of(operation),
        "description": " ".join(description_of(call.docstring)[1:]) or None,
        "source": operation.source,
        "tag": operation.tag,
        "python": f"cyara.{resource_of(operation)}.{operation.name}",
        "call": f"cyara call {operation.operation_id}",
        "deprecated": operation.deprecated,
        "paged": operation.page is not None,
        "parameters": account + [_parameter(parameter) for parameter in call.parameters],
        "body": None if body is None else {"types": list(operation.request_media_types), "required": body.required},
        "fields": [_parameter(field) for field in fields],
        "answer": _answer(call.answer),
        "types": list(operation.response_media_types),
    }


def _account(python: str) -> dict[str, Any]:
    text = "Taken from --account, CYARA_ACCOUNT_ID or the profile."
    facts = {"name": "accountId", "python": python, "in": "path", "type": "account", "list": False, "required": False}
    return {**facts, "text": text}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    kind = parameter.kind
    return {
        "name": parameter.wire,
        "python": parameter.python,
        "in": parameter.place,
        "type": "|".join(kind.choices) or kind.metavar,
        "list": kind.is_list,
        "required": parameter.required,
        "text": plain(parameter.text),
    }


def _answer(annotation: str) -> str:
    return " or ".join(getattr(part, "__name__", str(part)) for part in members(resolve(annotation))) or "nothing"
