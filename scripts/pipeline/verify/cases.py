"""One case for each operation of the document: its module, and plausible arguments for every parameter and body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import attrs

from cyara_tools.portal import media
from cyara_tools.portal.answers import WITHOUT_BODY
from cyara_tools.portal.bodies import is_structured
from cyara_tools.portal.decode import json_types_of
from cyara_tools.portal.json_types import as_object, is_array, is_object
from cyara_tools.portal.synthesis import NO_HINT, Synthesis
from pipeline.verify.annotations import package, parameters, read
from pipeline.verify.arguments import MisfitError, to_python
from pipeline.verify.meaning import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from cyara_tools.portal.answers import AnswerFactory
    from cyara_tools.portal.document import Document, ServedOperation, ServedParameter
    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shapes
    from pipeline.verify.annotations import Annotation


@attrs.define(kw_only=True)
class Case:
    """One operation under test, and what was found wrong with it."""

    served: ServedOperation
    number: int
    """Place in the document, by which calls are told apart."""
    module: ModuleType | None = None
    method_on_client: tuple[str, str] = ("", "")
    """Attribute of the client and method on it that call the operation too."""
    arguments: dict[str, Any] = attrs.field(factory=dict[str, Any])
    """Every argument, by Python name."""
    least: frozenset[str] = frozenset()
    """Names of the arguments that have to be given."""
    sent: dict[str, Any] = attrs.field(factory=dict[str, Any])
    """What the portal has to receive: JSON values by `LOCATION.NAME`, and by `body`."""
    wire_names: dict[str, str] = attrs.field(factory=dict[str, str])
    """Python name to `LOCATION.NAME`."""
    answer: Literal["json", "text", "file", "none"] = "none"
    """What a success carries."""
    enum_answer: bool = False
    """Whether the JSON answer can hold a member of an enumeration; without one, its unknown form is its full form."""
    kind_answer: bool = False
    """The same about an object whose class a discriminator names."""
    page: Any = None
    """How the package says that its list is paged; None where it is none."""
    schema: Any = None
    """What the document says of a success, where that carries something."""
    callable: bool = False
    """Whether there is a module and every argument that has to be given."""
    failures: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])

    @property
    def name(self) -> str:
        """What the operation is called in the report."""
        return self.served.operation_id

    @property
    def json_answer(self) -> bool:
        """Whether a success carries JSON."""
        return self.answer == "json"

    @property
    def functions(self) -> Any:
        """The operation's module, which there is once the case is callable."""
        return self.module

    def fail(self, what: str, why: str) -> None:
        """Note something wrong, once."""
        if (what, why) not in self.failures:
            self.failures.append((what, why))


def make_cases(document: Document, shapes: Shapes, answers: AnswerFactory) -> Iterator[Case]:
    """Yield a case for every operation of the document, found in the package by method and path."""
    operations = package("operations").OPERATIONS
    entries = {(entry.method, entry.path): entry for entry in operations.values()}
    for number, served in enumerate(document.operations):
        case = Case(served=served, number=number)
        entry = entries.get((served.method, served.path))
        try:
            _foresee_answer(case, answers, shapes, accept=entry.accept if entry else "*/*")
        except Exception as error:  # noqa: BLE001 - what is odd about one operation concerns no other
            case.fail("answer", f"the document's answer cannot be read ({type(error).__name__}: {error})")
        if entry is None:
            case.fail("import", "the package does not have the operation")
        else:
            case.page = entry.page
            _load(case, entry.module, document, shapes)
        yield case


def _load(case: Case, module: str, document: Document, shapes: Shapes) -> None:
    try:
        tag, _, method = module.rpartition(".")
        case.method_on_client = (tag, method)
        case.module = package(f"api.{module}")
        _arguments(case, document, shapes)
        # With an optional argument missing it is called all the same: there may be more to find.
        case.callable = case.least <= set(case.arguments)
    except MisfitError as error:
        case.fail("arguments", str(error))
    except Exception as error:  # noqa: BLE001 - generated code may fail in any way, and each is a finding
        case.module = None
        case.fail("import", f"{type(error).__name__}: {error}")


def _arguments(case: Case, document: Document, shapes: Shapes) -> None:
    given = parameters(case.functions.sync)
    case.least = frozenset(name for name, p in given.items() if p.default is p.empty)
    known: dict[tuple[str, str], list[str]] = {}
    for p in case.functions.ENDPOINT.parameters:
        known.setdefault((p.location, p.wire), []).append(p.name)
    # The document's parameters, not the package's: what the package lacks is the finding.
    for parameter in case.served.parameters:
        # One name may stand in a path twice, and then has two arguments.
        names = known.get((parameter.location, parameter.name), [])
        if not names or not given.keys() >= set(names):
            case.fail("arguments", f"{parameter.location} parameter {parameter.name!r} cannot be passed")
            continue
        value = _value(parameter, shapes)
        try:
            case.arguments |= {name: to_python(value, read(given[name].annotation)) for name in names}
        except MisfitError as error:
            case.fail("arguments", f"{parameter.name!r}: {error}")
            continue
        case.wire_names |= dict.fromkeys(names, f"{parameter.location}.{parameter.name}")
        case.sent[f"{parameter.location}.{parameter.name}"] = value
    _body(case, given, document, shapes)
    lacking = case.least - set(case.arguments)
    if lacking:
        case.fail("arguments", f"{', '.join(sorted(lacking))} is asked for, but the document does not know it")


def _value(parameter: ServedParameter, shapes: Shapes) -> Json:
    value = Synthesis(shapes=shapes, in_request=True, place=parameter.location).value(parameter.schema)
    if parameter.style == "spaceDelimited" and is_array(value):
        # A blank in an entry could not be told from the one that separates it from the next.
        return [item.replace(" ", "-") if isinstance(item, str) else item for item in value]
    return value


def _body(case: Case, given: Mapping[str, Any], document: Document, shapes: Shapes) -> None:
    content = media.described(as_object(document.resolve(case.served.raw.get("requestBody"))))
    if not content:
        return
    if "body" not in given:
        case.fail("arguments", "the body cannot be passed")
        return
    # JSON first, as the client does it.
    chosen = min(content, key=lambda name: (not media.is_json(name), media.essence(name) != media.JSON))
    described = as_object(content[chosen])
    example = described.get("example", NO_HINT) if media.is_json(chosen) else NO_HINT
    value = Synthesis(shapes=shapes, in_request=True).value(described.get("schema"), example)
    if not (is_structured(chosen) or chosen == "*/*") and not isinstance(value, str):
        # Whatever the schema of such a body says, it travels as bytes.
        value = "any bytes: \x00\xff\r\n--+++--"
    elif _is_text(chosen) and not json_types_of(shapes.of(described.get("schema")), shapes):
        value = "any text"
    case.arguments["body"] = _typed_body(value, chosen, read(given["body"].annotation))
    case.wire_names["body"] = "body"
    case.sent["body"] = _filled(value, case.arguments["body"])


def _filled(value: Json, made: Json) -> Json:
    """Return a value together with the discriminators that the package's classes fill in by themselves."""
    if is_array(value) and is_array(made):
        return [_filled(*pair) for pair in zip(value, made, strict=True)]
    if not is_object(value):
        return value
    if is_object(made):
        return {name: _filled(inner, made.get(name)) for name, inner in value.items()}
    names = {wire: name for name, wire in getattr(made, "__wire_names__", {}).items()}
    found = {wire: _filled(value[wire], getattr(made, names.get(wire, ""), None)) for wire in value}
    told_by, values = getattr(made, "__discriminated_by__", None) or ("", ())
    written = to_json(getattr(made, names.get(told_by, ""), None))
    return {told_by: written, **found} if str(written) in values else found


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") and not media.is_json(media_type)


def _typed_body(value: Json, media_type: str, tp: Annotation) -> Json:
    name = media.essence(media_type)
    is_form = name in {"multipart/form-data", "application/x-www-form-urlencoded"}
    # A form is fields, so what a document describes as one value travels as the field `file`.
    given = {"file": value} if is_form and not is_object(value) else value
    if _is_text(name) and not isinstance(value, str):
        given = json.dumps(value)
    made = to_python(given, tp)
    if "*" in name and hasattr(made, "mime_type"):
        made.mime_type = name.replace("*/*", "application/*").replace("*", "octet-stream")
    return made


def _foresee_answer(case: Case, answers: AnswerFactory, shapes: Shapes, *, accept: str) -> None:
    status, response = answers.success(case.served)
    content = media.described(response)
    if status in WITHOUT_BODY or case.served.method == "HEAD":
        return
    # The portal negotiates the same way when it answers.
    chosen = media.negotiate(accept, content)
    if chosen is None:
        # A success without words is answered by JSON all the same.
        case.answer = "json"
        return
    schema = case.schema = as_object(content[chosen]).get("schema")
    if answers.is_binary(schema):
        case.answer = "file"
    elif media.is_json(chosen):
        case.answer = "json"
    else:
        case.answer = "text" if _is_text(media.essence(chosen)) else "file"
    case.enum_answer = case.json_answer and shapes.reaches_enum(schema)
    case.kind_answer = case.json_answer and shapes.reaches_discriminator(schema)
