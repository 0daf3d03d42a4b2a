"""The rules in the order in which they run, and the switches of ``openapi/normalise.yaml``.

A rule may rely on what the rules before it left behind; switching one off is for finding out what it is good for, and
the tests do just that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from pipeline.document.json_nodes import is_mapping
from pipeline.document.yaml_reader import read_yaml
from pipeline.errors import PipelineError, listed
from pipeline.normalise import (
    aliases,
    answers,
    compositions,
    descriptions,
    dotnet,
    enums,
    forms,
    inline_schemas,
    keywords,
    media,
    member_names,
    nulls,
    operation_names,
    parameters,
    paths,
    references,
    schema_names,
    structure,
    subtypes,
    values,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.normalise.work import Rule

RULES: tuple[Rule, ...] = (
    structure.frame,
    structure.openapi_version,
    structure.method_spelling,
    references.deep_references,
    structure.unused_parts,
    references.shared_parts,
    references.path_item_parameters,
    keywords.boolean_schemas,
    keywords.schema_titles,
    keywords.schema_types,
    parameters.parameter_content,
    keywords.schema_keywords,
    descriptions.member_descriptions,
    answers.status_codes,
    answers.operation_security,
    media.media_spelling,
    media.one_answer_type,
    media.one_body_type,
    parameters.owned_headers,
    paths.path_templates,
    operation_names.operation_names,
    schema_names.schema_names,
    nulls.null_marks,
    values.numeric_text,
    values.spelled_formats,
    enums.enum_values,
    compositions.unions,
    compositions.single_members,
    nulls.nullable_schemas,
    compositions.free_objects,
    forms.body_nulls,
    forms.form_bodies,
    parameters.parameter_values,
    subtypes.discriminators,
    inline_schemas.inline_schemas,
    compositions.all_of,
    subtypes.discriminator_members,
    aliases.plain_aliases,
    dotnet.dotnet_shapes,
    forms.files_in_json,
    nulls.required_circles,
    subtypes.subtype_references,
    aliases.recursive_aliases,
    nulls.answer_nulls,
    nulls.read_only_members,
    aliases.scalar_aliases,
    values.time_spans,
    enums.enum_names,
    values.valid_defaults,
    compositions.open_objects,
    member_names.member_names,
    nulls.null_members,
)


def name_of(rule: Rule) -> str:
    """Return the name of a rule, as in ``openapi/normalise.yaml``."""
    return str(getattr(rule, "__name__", "")).replace("_", "-")


@frozen(kw_only=True, slots=True)
class RuleSwitches:
    """Which rules are off; all others run."""

    off: frozenset[str] = Factory(frozenset[str])

    @classmethod
    def read(cls, path: Path) -> RuleSwitches:
        """Read ``normalise.yaml``; a missing file switches nothing off.

        Raises:
            PipelineError: the file names an unknown rule, or a state other than true and false.
        """
        if not path.exists():
            return cls()
        data = read_yaml(path.read_text(encoding="utf-8"), name=path.name)
        return load_rules(data if is_mapping(data) else {})


def load_rules(data: dict[str, Any]) -> RuleSwitches:
    """Return the switches that the parsed file describes: ``rules: {name: true|false}``.

    Raises:
        PipelineError: it names an unknown rule, or a state other than true and false.
    """
    switches = data.get("rules", {})
    if not is_mapping(switches) or not all(isinstance(state, bool) for state in switches.values()):
        raise PipelineError("normalise.yaml must have the shape {rules: {name of a rule: true or false}}.")
    unknown = sorted(set(map(str, switches)) - {name_of(rule) for rule in RULES})
    if unknown:
        raise PipelineError(f"normalise.yaml names rules that do not exist: {listed(unknown)}.")
    return RuleSwitches(off=frozenset(str(name) for name, state in switches.items() if not state))
