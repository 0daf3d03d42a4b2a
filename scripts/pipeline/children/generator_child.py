"""Run openapi-python-client over the effective document, inside a child process.

Every template also sees the effective document as ``effective`` and the aliases of earlier releases as ``aliases``:
JSON data with untrusted strings in it.
"""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData, openapi
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.schema import ParameterLocation
from openapi_python_client.strings import PythonIdentifier

from pipeline.children.sandbox import confine
from pipeline.document.json_nodes import METHODS
from pipeline.index.docstrings import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Write the package and return what the generator had to say.

    ``arguments``: ``document``, ``templates``, ``output`` (paths), ``config`` (the generator's settings), ``aliases``.
    Returns ``errors`` (each ``level``, ``header``, ``detail``) and ``endpoints`` (each ``method``, ``path``, ``tag``,
    ``module``).
    """
    # The library is called directly: its command line hides which operations it wrote, follows addresses, and runs
    # whatever `ruff` is on PATH.
    output = Path(arguments["output"])
    confine(Path.cwd())
    setattr(openapi, "deepcopy", _copied)  # noqa: B010 - the name is imported there, not declared
    take_any_header()
    config = Config.from_sources(
        ConfigFile(**arguments["config"], post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=Path(arguments["document"]),
        file_encoding="utf-8",
        overwrite=False,
        output_path=output,
    )
    document = json.loads(Path(arguments["document"]).read_bytes())
    parsed = GeneratorData.from_dict(document, config=config)
    if isinstance(parsed, GeneratorError):
        return {"errors": [_described(parsed)], "endpoints": []}
    project = Project(openapi=parsed, config=config, custom_template_path=Path(arguments["templates"]))
    filters: dict[str, Any] = project.env.filters
    filters["wrapped"] = wrapped
    project.env.globals.update(effective=document, aliases=arguments["aliases"])
    errors = project.build()
    endpoints = [] if errors else list(_endpoints(parsed, config, document))
    return {"errors": [_described(error) for error in errors], "endpoints": endpoints}


def take_any_header() -> None:
    """Let headers hold lists, objects and dates."""
    # The stock templates cannot spell those there, ours can. The generator is pinned exactly, so the name holds.
    allowed = PropertyProtocol._allowed_locations  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as said above
    allowed.add(ParameterLocation.HEADER)


def _endpoints(parsed: GeneratorData, config: Config, document: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Say which module was written for which operation of the document."""
    # The generator rewrites the paths of its endpoints, but keeps their order: path by path, method by method, each
    # under its first tag. It left none out, or there would be errors.
    left = {tag: iter(collection.endpoints) for tag, collection in parsed.endpoint_collections_by_tag.items()}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = PythonIdentifier((item[method].get("tags") or ["default"])[0], prefix="tag")
                name = PythonIdentifier(next(left[tag]).name, config.field_prefix)
                yield {"method": method.upper(), "path": path, "tag": str(tag), "module": f"{tag}.{name}"}


def _copied(endpoint: openapi.Endpoint) -> openapi.Endpoint:
    """Copy an endpoint as its parser does, but without the models behind its answers and bodies."""
    # The parser copies an endpoint before each step, so as not to change what it was given; deep copies take a third of
    # the time. Nothing but the endpoint's own lists is changed in these steps.
    responses = copy(endpoint.responses)
    responses.patterns = list(responses.patterns)
    return replace(
        endpoint,
        relative_imports=set(endpoint.relative_imports),
        query_parameters=list(endpoint.query_parameters),
        path_parameters=list(endpoint.path_parameters),
        header_parameters=list(endpoint.header_parameters),
        cookie_parameters=list(endpoint.cookie_parameters),
        responses=responses,
        bodies=list(endpoint.bodies),
        errors=list(endpoint.errors),
    )


def _described(error: GeneratorError) -> dict[str, str]:
    return {"level": error.level.value, "header": error.header, "detail": error.detail or ""}
