"""The suite file, `*.cyara.yaml`: which campaigns are run together, and what each has to show.

`suite.schema.json` beside this module describes it. Nothing here asks a portal. All problems are reported at once, each
with its line, and a file that seems to hold a secret is refused without a word of it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.credential_text import Pair, read_pair
from cyara_auth.errors import ConfigurationError
from cyara_auth.redact import holds_pair
from cyara_auth.workflows.fields import is_array, is_object
from cyara_tools.durations import seconds_of
from cyara_tools.run.gate import Gate, result_of, share_of
from cyara_tools.run.suite_problems import problems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from fractions import Fraction

    from cyara_tools.run.strict_yaml import Located, Problem

SCHEMA_FILE: Final = Path(__file__).with_name("suite.schema.json")
_KEYS: Final = ("min_pass", "max_failures", "max_duration", "allow", "timeout")


class SuiteFileError(ConfigurationError):
    """A suite file cannot be used. The message has one line for each problem, and the next step."""


@attrs.frozen(kw_only=True)
class GateOptions:
    """What a command line, a campaign of a suite file or its defaults say of the gate; None where they say nothing.

    Attributes:
        min_pass: least share of calls that pass.
        max_failures: most calls that may fail.
        max_duration: most seconds that a test may take.
        allow: results that count as passed; a set, also an empty one, replaces that of a lower level.
        timeout: most seconds that a run is followed.
    """

    min_pass: Fraction | None = None
    max_failures: int | None = None
    max_duration: float | None = None
    allow: frozenset[str] | None = None
    timeout: float | None = None

    def over(self, lower: GateOptions) -> GateOptions:
        """Return these options, and those of a lower level where these say nothing."""
        pairs = {key: (getattr(self, key), getattr(lower, key)) for key in _KEYS}
        return GateOptions(**{key: below if own is None else own for key, (own, below) in pairs.items()})

    @property
    def gate(self) -> Gate:
        """The gate that they make."""
        return Gate(
            min_pass=self.min_pass,
            max_failures=self.max_failures,
            max_duration=self.max_duration,
            allow=self.allow or frozenset[str](),
        )


@attrs.frozen(kw_only=True)
class SuiteEntry:
    """One campaign of a suite.

    Attributes:
        id: its number; None where the file gives its name.
        name: its name, to the letter; None where the file gives its number.
        gate: what it has to show.
        timeout: most seconds that its run is followed; None where nothing says it.
        where: file and line, for messages.
    """

    id: int | None
    name: str | None
    gate: Gate
    timeout: float | None
    where: str


@attrs.frozen(kw_only=True)
class Suite:
    """What a suite file says, with the options of the command line over it.

    Attributes:
        path: the file, as it was given.
        entries: the campaigns, in the file's order.
        environment: variables that must be set.
    """

    path: Path
    entries: tuple[SuiteEntry, ...]
    environment: tuple[str, ...] = ()

    def check_environment(self, environ: Mapping[str, str]) -> None:
        """Refuse an environment in which a variable that the file names is not set, or is empty.

        Raises:
            SuiteFileError: The message names all that are missing.
        """
        missing = [name for name in self.environment if not environ.get(name)]
        if missing:
            raise SuiteFileError(
                f"{self.path} needs environment variables that are not set: {', '.join(missing)}. Nothing was started. "
                "Next: set them, for example as secrets of the CI job"
            )


def read_suite(path: Path, options: GateOptions | None = None) -> Suite:
    """Read a suite file.

    Args:
        path: the file.
        options: what the command line says, which wins over the file.

    Raises:
        SuiteFileError: The file cannot be read, holds a secret, or is no suite.
    """
    # pyyaml and jsonschema take a tenth of a second, and most commands need neither.
    from cyara_tools.run.strict_yaml import MOST_BYTES, read_yaml

    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise SuiteFileError(
            f"The suite file {path} cannot be read ({error.strerror}). Nothing was started. Next: check its name"
        ) from None
    except UnicodeDecodeError:
        raise SuiteFileError(f"{path} is no text in UTF-8. Nothing was started. Next: save it as UTF-8") from None
    if len(data) > MOST_BYTES:
        raise SuiteFileError(f"{path} is larger than {MOST_BYTES} bytes. Nothing was started. Next: divide the suite")
    _refuse_secrets(path, text)
    found = read_yaml(text)
    _refuse_secrets(path, *_texts(found.value))
    if not found.problems:
        found.problems += problems_of(found, json.loads(SCHEMA_FILE.read_text("utf-8")))
    suite = None if found.problems else _suite(path, found, options or GateOptions())
    if suite is None or found.problems:
        raise _error(path, found.problems)
    return suite


def _suite(path: Path, found: Located, options: GateOptions) -> Suite:
    """Make a suite of what the schema has found right; what it cannot know becomes a problem."""
    value: dict[str, Any] = found.value
    defaults = _options(value.get("defaults", {}), ("defaults",), found)
    entries = [
        SuiteEntry(
            id=None if "id" not in each else int(each["id"]),
            name=each.get("name"),
            gate=(level := options.over(_options(each, ("campaigns", index), found)).over(defaults)).gate,
            timeout=level.timeout,
            where=f"{path}:{found.line_of(('campaigns', index))}",
        )
        for index, each in enumerate(value["campaigns"])
    ]
    return Suite(path=path, entries=tuple(entries), environment=tuple(value.get("environment", ())))


def _options(values: Mapping[str, Any], path: tuple[str | int, ...], found: Located) -> GateOptions:
    from cyara_tools.run.strict_yaml import Problem

    def read(key: str, reader: Callable[[str], Any]) -> Any:
        value = values.get(key)
        try:
            return None if value is None else reader(str(value))
        except ValueError as error:
            found.problems.append(Problem(found.line_of((*path, key)), f"{key}: {error}."))
            return None

    allow = values.get("allow")
    words = [allow] if isinstance(allow, str) else allow
    return GateOptions(
        min_pass=read("min_pass", share_of),
        max_failures=None if "max_failures" not in values else int(values["max_failures"]),
        max_duration=read("max_duration", seconds_of),
        allow=None if words is None else frozenset(map(result_of, words)),
        timeout=read("timeout", _some_time),
    )


def _some_time(text: str) -> float:
    seconds = seconds_of(text)
    if seconds <= 0:
        raise ValueError(f"{text!r} is no time at all")
    return seconds


_WORD: Final = re.compile(r"[^\s'\",\[\]{}]+")


def _texts(value: Any) -> Iterator[str]:
    """Yield each text of JSON values, and each key with its text, as a pair would stand there."""
    if is_object(value):
        for key, inner in value.items():
            yield f"{key}:{inner}" if isinstance(inner, str) else key
            yield from _texts(inner)
    elif is_array(value):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _refuse_secrets(path: Path, *texts: str) -> None:
    """Refuse what has a pair in it, in comments, too."""
    for text in texts:
        for number, line in enumerate(text.splitlines(), 1):
            if holds_pair(line) or any(map(_is_pair, _WORD.findall(line))):
                where = f"{path}:{number}" if len(texts) == 1 else str(path)
                raise SuiteFileError(
                    f"{where} seems to hold a key with its token, which is not shown here. Nothing was started. Next: "
                    "take it out and give it by CYARA_API_CREDENTIAL; where others could read the file, replace the "
                    "token, too: cyara auth rotate begin"
                )


def _is_pair(word: str) -> bool:
    found = read_pair(word, allow_unusual_shape=False)
    return isinstance(found, Pair) or found.reason in {"swapped", "truncated_token"}


def _error(path: Path, problems: list[Problem]) -> SuiteFileError:
    lines = [f"{path}:{problem.line}: {problem.sentence}" for problem in sorted(set(problems))]
    return SuiteFileError("\n".join([*lines, f"Nothing was started. Next: correct {path}"]))
