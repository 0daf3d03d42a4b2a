"""Reads the text that a person or a pipeline hands over as a credential: a pair, or the reason why it is none.

Policy: a refused text costs nothing, a guess costs a strike, and three strikes void the token. So exactly three forms
are read (they are what the portal shows), everything else is refused by a code that says what is wrong with it:

* `key:token`
* `ApiKey key:token`
* `Authorization: ApiKey key:token`

Header name and scheme in any case; outer blanks and line ends, and then one pair of matching quotes, are taken off.

Observed shape (one sample, in one public repository): the key is 32 lower-case hex digits, the token base64 of 32
bytes. A pair of another shape is refused too, but only until the caller says `allow_unusual_shape=True`.

Everything here is pure and returns values; nothing raises.
"""

import re
from enum import StrEnum

import attrs

MAX_LENGTH = 512
"""Longest text that is looked at, in characters; more is a wrong paste (servers answer 431 to a header of 70 kB)."""

MIN_TOKEN_LENGTH = 16
"""Shorter tokens are refused without override: their unsalted fingerprint could be guessed."""

_OUTER = " \t\r\n"
_KEY = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9+/]{43}=")
_COMMAND = re.compile(r"(?:\S*/)?curl(?:\.exe)?\s|(?:^|\s)(?:-H|--header)[\s'\"=]", re.IGNORECASE)
_HEADER_NAME = re.compile(r"authorization:[ \t]*", re.IGNORECASE)
_SCHEME = re.compile(r"apikey(?:[ \t]+|$)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?i)(bearer|basic|token|digest|negotiate|ntlm|hmac|aws4-hmac-sha256)(?:[ \t]|$)")
# Below, texts and no patterns: compiled when a text is met that is no pair, so that importing this stays cheap.
# The variables of shells, GitHub, GitLab, Jinja, Ruby and Windows, as they stand when nobody has replaced them.
_UNEXPANDED = r"\$\{|\$\(|\{\{|\}\}|#\{|(?:^|:)\$|%[A-Za-z_]\w*%"
_MASKED = r"(?i)\*{3}|\[(?:redacted|masked|secure|hidden|filtered)\]|<redacted>"
_NOTHING = r"(?i)none|null|undefined|nil|nan|true|false"
_PLACEHOLDER = (
    r"(?i)<.*>|\[.*\]|(?:your|my|insert|replace|enter|paste)[-_ ]?.*"
    r"|(?:api[-_ ]?)?(?:key|token|secret)(?:[-_ ]?(?:here|value))?"
    r"|x{3,}|change[-_ ]?(?:me|it)|placeholder|example|sample|dummy|todo|tbd|\.{3}"
)
_UNPADDED = r"[A-Za-z0-9+/]{43}"


class FormatReason(StrEnum):
    """What is wrong with a credential text. The values are stable: programs may compare with them."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    COMMAND = "command"
    SEVERAL_LINES = "several_lines"
    FORBIDDEN_CHARACTER = "forbidden_character"
    QUOTES = "quotes"
    MISSING_SCHEME = "missing_scheme"
    REPEATED_SCHEME = "repeated_scheme"
    OTHER_SCHEME = "other_scheme"
    UNEXPANDED = "unexpanded"
    MASKED = "masked"
    NOTHING = "nothing"
    PLACEHOLDER = "placeholder"
    INNER_SPACE = "inner_space"
    NO_COLON = "no_colon"
    SEVERAL_COLONS = "several_colons"
    EMPTY_KEY = "empty_key"
    EMPTY_TOKEN = "empty_token"  # noqa: S105  # a reason code, not a token
    SAME_HALVES = "same_halves"
    SHORT_TOKEN = "short_token"  # noqa: S105  # a reason code, not a token
    SWAPPED = "swapped"
    TRUNCATED_TOKEN = "truncated_token"  # noqa: S105  # a reason code, not a token
    URL_ENCODED = "url_encoded"
    UNUSUAL_SHAPE = "unusual_shape"


@attrs.frozen(kw_only=True)
class Pair:
    """Key and token as read. Lives only between reader and `ApiCredential`; its `repr` is empty on purpose."""

    key: str = attrs.field(repr=False)
    token: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class FormatDefect:
    """Why a text is no credential.

    Attributes:
        reason: The code.
        sentence: The same for people, with the remedy; never a part of the text.
        length: Length of the text, in characters.
        key_length: Length of the part before the colon, when there is exactly one colon.
        token_length: Length of the part after it, likewise.
    """

    reason: FormatReason
    sentence: str
    length: int
    key_length: int | None = None
    token_length: int | None = None


def read_pair(text: str, *, allow_unusual_shape: bool) -> Pair | FormatDefect:
    """Read one credential text.

    Args:
        text: What was given; any string.
        allow_unusual_shape: Accept key and token that do not look like the observed ones.
    """
    # Nothing below raises: an error would carry the text in its frames, and a traceback may print locals.
    found = _read(text, text.strip(_OUTER), allow_unusual_shape=allow_unusual_shape)
    return found if isinstance(found, Pair) else attrs.evolve(found, length=len(text))


def _read(text: str, body: str, *, allow_unusual_shape: bool) -> Pair | FormatDefect:
    if (defect := _gross_defect(text, body)) is not None:
        return defect
    # One pair of quotes comes along when a line of a shell script or of a YAML file is copied.
    if len(body) > 1 and body[0] in "\"'" and body[-1] == body[0]:
        body = body[1:-1]
        if not body:
            return _defect(FormatReason.EMPTY, "is empty between its quotes")
    if '"' in body or "'" in body:
        return _defect(FormatReason.QUOTES, "has a quote without its partner; remove the quotes")
    return _read_header(body, allow_unusual_shape=allow_unusual_shape)


def _read_header(body: str, *, allow_unusual_shape: bool) -> Pair | FormatDefect:
    """Take off header name and scheme."""
    name = _HEADER_NAME.match(body)
    if name:
        body = body[name.end() :]
    scheme = _SCHEME.match(body)
    if scheme:
        body = body[scheme.end() :]
        if _SCHEME.match(body):
            return _defect(FormatReason.REPEATED_SCHEME, "says ApiKey twice; give it once or not at all")
    other = _OTHER_SCHEME.match(body)
    if other:
        sentence = f"uses the scheme {other[1].capitalize()}; the portal takes only ApiKey"
        return _defect(FormatReason.OTHER_SCHEME, sentence)
    # A bare pair after the header's name is the form that other APIs take; the portal would read no scheme.
    if name and not scheme:
        return _defect(FormatReason.MISSING_SCHEME, "has the header's name but not the scheme ApiKey")
    return _read_halves(body, allow_unusual_shape=allow_unusual_shape)


def _read_halves(body: str, *, allow_unusual_shape: bool) -> Pair | FormatDefect:
    """Split at the only colon, after what is no credential at all has been named for what it is."""
    halves = body.split(":")
    # First, since "has no colon" would be a poor thing to say of ${CYARA_API_CREDENTIAL}.
    if (stand_in := _stand_in(body, halves)) is not None:
        return stand_in
    if " " in body or "\t" in body:
        hint = ""
        # Form decoding turns a plus into a blank, and base64 has pluses.
        if len(halves) == 2 and _TOKEN.fullmatch(halves[1].replace(" ", "+")):  # noqa: PLR2004  # a pair has two halves
            hint = " (a + may have become a blank on its way, as in a URL)"
        return _defect(FormatReason.INNER_SPACE, f"has blanks inside{hint}; copy it again")
    if len(halves) == 1:
        return _defect(FormatReason.NO_COLON, "has no colon; the form is key:token")
    if len(halves) > 2:  # noqa: PLR2004  # a pair has two halves
        return _defect(FormatReason.SEVERAL_COLONS, "has more than one colon; the form is key:token")
    pair = Pair(key=halves[0], token=halves[1])
    defect = _hard_defect(pair) or (None if allow_unusual_shape else _unusual_shape(pair))
    return pair if defect is None else attrs.evolve(defect, key_length=len(pair.key), token_length=len(pair.token))


def _defect(reason: FormatReason, sentence: str) -> FormatDefect:
    # The reader fills in how long the text is.
    return FormatDefect(reason=reason, sentence=sentence, length=0)


def _gross_defect(text: str, body: str) -> FormatDefect | None:
    """Find what makes a text not worth parsing: size, a whole command line, several lines, foreign characters."""
    if len(text) > MAX_LENGTH:
        return _defect(FormatReason.TOO_LONG, f"is longer than {MAX_LENGTH} characters; give the pair alone")
    if not body:
        return _defect(FormatReason.EMPTY, "is empty")
    if _COMMAND.search(body):
        return _defect(FormatReason.COMMAND, "looks like a curl command; give only the value of its -H option")
    # The common case is a file of several credentials; to take the first would be a guess.
    if "\n" in body or "\r" in body:
        return _defect(FormatReason.SEVERAL_LINES, "has more than one line; give one pair")
    # h11 and `str.encode` would raise with the whole value in their message, and bytes above 0x7F would even be sent.
    # Code point and place are named, never the text around it.
    for index, character in enumerate(body, start=text.index(body) + 1):
        if not (" " <= character <= "~" or character == "\t"):
            what = f"has the character U+{ord(character):04X} at position {index}; copy it again as plain text"
            return _defect(FormatReason.FORBIDDEN_CHARACTER, what)
    return None


def _stand_in(body: str, halves: list[str]) -> FormatDefect | None:
    """Recognise what stands where a credential should be: a variable nobody expanded, a mask, a null, an example."""
    # A genuine token may begin with "My"; only halves without the observed shape can stand for something else.
    unshaped = [half for half in halves if not _KEY.fullmatch(half) and not _TOKEN.fullmatch(half)]
    if not unshaped:
        return None
    if re.search(_UNEXPANDED, body):
        return _defect(FormatReason.UNEXPANDED, "is a variable that was not replaced by its value")
    if re.search(_MASKED, body):
        return _defect(FormatReason.MASKED, "is masked; take it from its source, not from a log")
    if any(re.fullmatch(_NOTHING, half) for half in halves):
        return _defect(FormatReason.NOTHING, "is the name of an empty value; the variable it came from was not set")
    if any(re.fullmatch(_PLACEHOLDER, half.strip()) for half in unshaped):
        return _defect(FormatReason.PLACEHOLDER, "is a placeholder; put in the key and token of the portal")
    return None


def _hard_defect(pair: Pair) -> FormatDefect | None:
    """Defects that no option overrides."""
    if not pair.key:
        return _defect(FormatReason.EMPTY_KEY, "has nothing before the colon; the form is key:token")
    if not pair.token:
        return _defect(FormatReason.EMPTY_TOKEN, "has nothing after the colon; the form is key:token")
    if pair.key == pair.token:
        return _defect(FormatReason.SAME_HALVES, "has the same text as key and as token")
    if len(pair.token) < MIN_TOKEN_LENGTH:
        return _defect(FormatReason.SHORT_TOKEN, f"has a token of fewer than {MIN_TOKEN_LENGTH} characters")
    return None


def _unusual_shape(pair: Pair) -> FormatDefect | None:
    """Compare with the observed shape, and name the slip that explains the difference."""
    # Each slip has its own remedy, and all can be overridden: the shape was observed, and is promised nowhere.
    key_fits, token_fits = _KEY.fullmatch(pair.key), _TOKEN.fullmatch(pair.token)
    if key_fits and token_fits:
        return None
    reason = FormatReason.UNUSUAL_SHAPE
    what = "does not have the one shape that was seen (key: 32 lower-case hex digits, token: 44 characters of base64)"
    if _KEY.fullmatch(pair.token) and _TOKEN.fullmatch(pair.key):
        reason, what = FormatReason.SWAPPED, "has token and key in the wrong order"
    elif key_fits and re.fullmatch(_UNPADDED, pair.token):
        what = "has a token that lost its final = (a double click leaves it out)"
        reason = FormatReason.TRUNCATED_TOKEN
    elif "%" in pair.token:
        reason, what = FormatReason.URL_ENCODED, "has a token in URL encoding; decode %2B, %2F and %3D first"
    return _defect(reason, f"{what}; if the portal really shows it so, say allow_unusual_shape")
