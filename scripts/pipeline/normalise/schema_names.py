"""Rule that gives schemas short readable names, and the allocator that keeps all class names apart."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from attrs import Factory, define, frozen

from pipeline.document.json_nodes import mapping
from pipeline.document.json_pointer import pointer, unescaped
from pipeline.normalise.identifiers import class_allowed, module_of, numbered, pascal
from pipeline.normalise.walk import reference_to, referred, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_OPEN, _CLOSE = "[<(\u00ab", "]>)\u00bb"
_ARITY = re.compile(r"`[0-9]+")
_ROUNDS = 12


@define(kw_only=True, slots=True)
class ClassNames:
    """Class names in use; two that differ in letter case only, or share a module, count as one."""

    used: set[str] = Factory(set[str])

    def free(self, name: str) -> bool:
        """Return whether a class of this name, and its module, are still free."""
        return class_allowed(name) and not {name.lower(), module_of(name)} & self.used

    def take(self, name: str) -> str:
        """Mark a name as used."""
        self.used |= {name.lower(), module_of(name)}
        return name

    def take_free(self, name: str, *suffixes: str) -> str:
        """Take the name, or the first of it with a suffix, or with a number, that is free."""
        wanted = chain([name], (name + suffix for suffix in suffixes), numbered(name, ""))
        return self.take(next(found for found in wanted if self.free(found)))


@frozen(kw_only=True, slots=True)
class TypeName:
    """A .NET type name: the parts of its own name, and the types it is made of."""

    parts: list[str]
    arguments: list[TypeName]

    def shown(self, depth: int) -> str:
        """Return a readable name with that many parts of the namespace (1: none)."""
        own = " ".join(self.parts[-depth:])
        if not self.arguments:
            return own
        return own + " of " + " and ".join(argument.shown(depth) for argument in self.arguments)


def schema_names(work: Work) -> None:
    """Name schemas as a person would: ``ServiceResponseOfDto`` for ``ServiceResponse`1[[Ns.Dto, Asm, Version=...]]``.

    Full .NET names crash the generator (file name too long), names that differ only in letter case or in characters
    that Python drops overwrite each other, and some shadow what generated modules import. Names in
    ``openapi/names.json`` win. Failure modes 6 and 15.
    """
    received = list(work.schemas)
    names = ClassNames()
    given: dict[str, str] = {}
    # Names given to earlier versions of the document come first, and never change.
    for name in sorted(set(received) & set(work.names.schemas)):
        if names.free(work.names.schemas[name]):
            given[name] = names.take(work.names.schemas[name])
    # Schemas that are gone keep their names as well: they may come back, and old code still says them.
    for key, name in work.names.schemas.items():
        if key not in given and names.free(name):
            names.take(name)
    parsed = {name: parse_type(name) for name in received if name not in given}
    pending = sorted(parsed)
    for depth in range(1, _ROUNDS):
        wanted = {name: pascal(parsed[name].shown(depth), otherwise="Schema") for name in pending}
        popular = Counter(module_of(short) for short in wanted.values())
        # Each round looks at one more part of the namespace. Of several with one short name none gets it, unless it is
        # called just that: who adds a namesake to a document must not rename what was there.
        for name, short in wanted.items():
            alone = popular[module_of(short)] == 1 or (depth == 1 and short == name)
            if alone and names.free(short):
                given[name] = names.take(short)
        pending = [name for name in pending if name not in given]
    for name in pending:
        given[name] = names.take_free(pascal(parsed[name].shown(1), otherwise="Schema"), "Model")
    work.names.schemas.update(given)
    _rename(work, given)


def parse_type(name: str) -> TypeName:
    """Return the structure of a type name, of whatever generator; never raises."""
    head, arguments = _split(_ARITY.sub("", name))
    parts = [part for part in re.split(r"[.+/]", head) if part.strip()]
    return TypeName(parts=parts or [name], arguments=[parse_type(argument) for argument in arguments])


def _split(text: str) -> tuple[str, list[str]]:
    """Split ``Head[Argument, Argument]``; arguments in brackets of their own carry assembly names behind a comma."""
    start = next((index for index, char in enumerate(text) if char in _OPEN), None)
    if start is None or start == 0:
        return text.strip(_OPEN + _CLOSE + " ").partition(",")[0], []
    end = max((index for index, char in enumerate(text) if char in _CLOSE), default=len(text))
    arguments: list[str] = []
    depth, current = 0, ""
    for char in text[start + 1 : end]:
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == "," and depth == 0:
            arguments.append(current)
            current = ""
        else:
            current += char
    arguments.append(current)
    return text[:start].strip(), [_bare(argument) for argument in arguments if argument.strip()]


def _bare(argument: str) -> str:
    """Return a type argument without the brackets and the assembly that ``[Ns.Type, Assembly, Version=...]`` has."""
    argument = argument.strip()
    if not argument.startswith("["):
        return argument
    inner = argument[1:].removesuffix("]")
    depth = 0
    for index, char in enumerate(inner):
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == "," and depth == 0:
            return inner[:index]
    return inner


def _rename(work: Work, given: dict[str, str]) -> None:
    renamed = {given[name]: schema for name, schema in work.schemas.items()}
    for name, short in given.items():
        if name != short and name in work.schemas:
            work.note(pointer("components", "schemas", name)[:200], f"named {short}")
            renamed[short].setdefault("x-cyara-name-received", name)
    for found in schemas(work.document):
        target = referred(found.schema)
        if target is not None and target in given:
            found.schema["$ref"] = reference_to(given[target])
        discriminator = mapping(found.schema, "discriminator")
        listed = mapping(discriminator, "mapping")
        for value, reference in list(listed.items()):
            target = unescaped(reference.rpartition("/")[2]) if reference.startswith("#") else reference
            if target in given:
                listed[value] = reference_to(given[target])
            # A value of a class that is not in the document: the generated code could make nothing of it.
            else:
                del listed[value]
    work.document["components"]["schemas"] = renamed
