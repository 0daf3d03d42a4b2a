"""One case for each operation of the document: its module in the package, and plausible arguments for every parameter and body."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field
from cyara_auth.testing import media
from cyara_auth.testing.answers import WITHOUT_BODY
from cyara_auth.testing.synthesis import NO_HINT, Synthesis

from pipeline.verify.typed import PACKAGE, MisfitError, parameters, to_python, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from cyara_auth.testing.answers import Answers
    from cyara_auth.testing.document import Document, Parameter, ServedOperation
    from cyara_auth.testing.schema import Shapes

_DESCRIBED_ELSEWHERE: Final = frozenset({"accept", "content-type", "authorization"})


@define(kw_only=True)
class Case:
    """One operation under test, and what was found wrong with it."""

    served: ServedOperation
    module: ModuleType | None = None
    arguments: dict[str, Any] = field(factory=dict[str, Any])
    """Every argument, by Python name."""
    least: frozenset[str] = frozenset()
    """Names of the arguments that have to be given."""
    sent: dict[str, Any] = field(factory=dict[str, Any])
    """What the portal has to receive: JSON values by `place.name`, and by `body`."""
    wire_names: dict[str, str] = field(factory=dict[str, str])
    """Python name to `place.name`."""
    json_answer: bool = False
    callable: bool = False
    """Whether there is a module and every argument that has to be given."""
    failures: list[tuple[str, str]] = field(factory=list[tuple[str, str]])

    @property
    def name(self) -> str:
        """What the operation is called in the report."""
        return self.served.operation_id

    def fail(self, what: str, why: str) -> None:
        """Note something wrong, once."""
        if (what, why) not in self.failures:
            self.failures.append((what, why))


def make_cases(document: Document, shapes: Shapes, answers: Answers) -> Iterator[Case]:
    """Yield a case for every operation of the document, found in the package by method and path."""
    operations = importlib.import_module(f"{PACKAGE}.operations").OPERATIONS
    modules = {(entry.method, entry.path): entry.module for entry in operations.values()}
    for served in document.operations:
        case = Case(served=served, json_answer=_answers_json(served, answers))
        module = modules.get((served.method, served.path))
        if module is None:
            case.fail("import", "the package does not have the operation")
        else:
            _load(case, module, document, shapes)
        yield case


def _load(case: Case, module: str, document: Document, shapes: Shapes) -> None:
    try:
        case.module = importlib.import_module(f"{PACKAGE}.api.{module}")
        _arguments(case, document, shapes)
        case.callable = case.least <= set(case.arguments)
    except MisfitError as error:
        case.fail("arguments", str(error))
    except Exception as error:  # noqa: BLE001 - generated code may fail in any way, and each is a finding
        case.module = None
        case.fail("import", f"{type(error).__name__}: {error}")


def _arguments(case: Case, document: Document, shapes: Shapes) -> None:
    given = parameters(case.module.sync)  # type: ignore[union-attr]  # set by the only caller
    case.least = frozenset(name for name, p in given.items() if p.default is p.empty)
    known: Mapping[tuple[str, str], str] = {
        (p.location, p.wire.strip().lower()): p.name
        for p in case.module.ENDPOINT.parameters  # type: ignore[union-attr]
    }
    for parameter in case.served.parameters:
        name = known.get((parameter.place, parameter.name.strip().lower()))
        if name is None or name not in given:
            if not (parameter.place == "header" and parameter.name.lower() in _DESCRIBED_ELSEWHERE):
                case.fail("arguments", f"{parameter.place} parameter {parameter.name!r} cannot be passed")
            continue
        value = _value(parameter, shapes)
        try:
            case.arguments[name] = to_python(value, type_of(given[name]))
        except MisfitError as error:
            case.fail("arguments", f"{parameter.name!r}: {error}")
            continue
        case.wire_names[name] = f"{parameter.place}.{parameter.name}"
        case.sent[f"{parameter.place}.{parameter.name}"] = value
    _body(case, given, document, shapes)
    lacking = case.least - set(case.arguments)
    if lacking:
        case.fail("arguments", f"{', '.join(sorted(lacking))} is asked for, but the document does not know it")


def _value(parameter: Parameter, shapes: Shapes) -> Any:
    return Synthesis(shapes=shapes, in_request=True).value(parameter.schema)


def _body(case: Case, given: Mapping[str, Any], document: Document, shapes: Shapes) -> None:
    described = document.resolve(case.served.raw.get("requestBody") or {})
    content = described.get("content") or {}
    if not content:
        return
    if "body" not in given:
        case.fail("arguments", "the body cannot be passed")
        return
    chosen = min(content, key=lambda name: (not media.is_json(name), media.essence(name) != media.JSON))
    media_object = content[chosen] or {}
    schema = media_object.get("schema") or {}
    example = media_object.get("example", NO_HINT) if media.is_json(chosen) else NO_HINT
    value = Synthesis(shapes=shapes, in_request=True).value(schema, example)
    tp = type_of(given["body"])
    if not media.is_json(chosen) and not (media.essence(chosen).startswith("multipart/") or "form" in chosen):
        value = value if isinstance(value, str) else "any bytes: \x00\xff\r\n--+++--"
    case.arguments["body"] = to_python(value, tp)
    case.wire_names["body"] = "body"
    case.sent["body"] = value


def _answers_json(served: ServedOperation, answers: Answers) -> bool:
    status, response = answers.success(served)
    content = response.get("content") or {}
    if status in WITHOUT_BODY or served.method == "HEAD":
        return False
    if not content:
        return True
    chosen = media.negotiate("application/json, */*", content)
    return chosen is not None and media.is_json(chosen) and not answers.is_binary((content[chosen] or {}).get("schema"))
