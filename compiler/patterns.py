"""Texts of policies into patterns: literal pieces, wildcards and variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..grammar import parser
from .messages import quote
from .syntax import Part, Pattern, Variable, Wildcard

if TYPE_CHECKING:
    from lark import UnexpectedInput

__all__ = [
    "PATTERN_DIAGNOSTICS",
    "PatternError",
    "complete_arn",
    "find_misplaced_variable",
    "parse_action",
    "parse_resource",
    "parse_value",
    "parse_with_grammar",
    "split_arn",
]

ARN_FIELDS = 6
_COLONS = ARN_FIELDS - 1
# Patterns kept per function: a large account has some ten thousand distinct ones.  No longer texts: the cache must stay
# small whatever the documents hold.
_CACHED = 1 << 14
_CACHED_LENGTH = 1 << 10

PATTERN_DIAGNOSTICS: dict[str, tuple[str, str | None, str]] = {
    "GW020": ("action without service", None, "GetObject"),
    "GW021": ("action with more than one colon", "INVALID_ACTION", "s3:Get:Object"),
    "GW022": ("ill-formed service in an action", "INVALID_SERVICE_IN_ACTION", "s 3:GetObject"),
    "GW023": ("wildcard in the service of an action", "WILDCARD_IN_SERVICE_NAME", "s*:GetObject"),
    "GW024": ("variable in an action", "VARIABLE_UNSUPPORTED_IN_ELEMENT", "s3:${aws:username}"),
    "GW025": ("resource that is neither `*` nor an ARN", "INVALID_ARN_PREFIX", "orchard-ledger"),
    "GW026": ("variable without closing brace", "MISSING_BRACE_IN_VARIABLE", "${aws:username"),
    "GW027": ("default value without quotes", "MISSING_QUOTE_IN_VARIABLE", "${aws:username, 'x}"),
    "GW028": ("blank in a variable", "UNSUPPORTED_SPACE_IN_VARIABLE", "${aws: username}"),
    "GW029": ("variable without name", "EMPTY_VARIABLE", "${}"),
    "GW030": ("blanks before a default value", None, "${aws:username,'x'}"),
    "GW031": ("character that no variable's name has", None, "${aws:user*}"),
    "GW032": (
        "variable before the fifth colon",
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        "arn:aws:s3:${aws:RequestedRegion}::x",
    ),
}
"""Codes of this module: title, issue code of IAM Access Analyzer or None, the smallest text that shows it."""


class PatternError(ValueError):
    """A text that is no pattern: code, message and hint as in a `Finding`, and the character offset in the text."""

    def __init__(self, code: str, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.offset = offset


# --- by splitting: what parses


def parse_action(text: str) -> Pattern:
    """Return the pattern of an entry of Action or NotAction (R10, R42), its case as written.

    Raises
    ------
    PatternError
        Neither ``*`` nor service, one colon and name; the service may be ``*`` alone, but holds no wildcard else.
    """
    return (_parse_action if len(text) <= _CACHED_LENGTH else _parse_action.__wrapped__)(text)


@lru_cache(_CACHED)
def _parse_action(text: str) -> Pattern:
    if text == "*":
        return Pattern(text, (Wildcard.ANY,))
    if _ACTION.fullmatch(text) and "${" not in text:
        return Pattern(text, _glob(text))
    return parse_with_grammar("action", text)


def parse_resource(text: str, *, variables: bool) -> Pattern:
    """Return the pattern of an entry of Resource or NotResource (R12-R14).

    Parameters
    ----------
    text : str
        ``*``, or an ARN, which may lack fields (R13); its fields are not checked.
    variables : bool
        Whether ``${...}`` is a variable after the fifth colon (R102); elsewhere and otherwise it is text in which
        wildcards act (R101).

    Raises
    ------
    PatternError
        Neither ``*`` nor a text with a colon, or a malformed variable (R111).
    """
    return (_parse_resource if len(text) <= _CACHED_LENGTH else _parse_resource.__wrapped__)(text, variables)


@lru_cache(_CACHED)
def _parse_resource(text: str, variables: bool) -> Pattern:
    if text == "*":
        return Pattern(text, (Wildcard.ANY,))
    if ":" not in text:
        return parse_with_grammar("plain_resource", text)
    if not variables or "${" not in text:
        return Pattern(text, _glob(text))
    rest = _rest_offset(text)
    return Pattern(text, _joined((*_glob(text[:rest]), *_value(text, rest, wildcards=True))))


def parse_value(text: str, *, wildcards: bool, variables: bool) -> Pattern:
    """Return the pattern of a condition value under a String or ARN operator.

    Parameters
    ----------
    text : str
        Any text.
    wildcards : bool
        Whether ``*`` and ``?`` act.
    variables : bool
        Whether ``${...}`` acts; its escapes then yield literal characters, also without wildcards (R107).

    Raises
    ------
    PatternError
        A malformed variable (R111).
    """
    return (_parse_value if len(text) <= _CACHED_LENGTH else _parse_value.__wrapped__)(text, wildcards, variables)


@lru_cache(_CACHED)
def _parse_value(text: str, wildcards: bool, variables: bool) -> Pattern:
    if not variables or "${" not in text:
        return Pattern(text, _glob(text) if wildcards else _joined((text,)))
    return Pattern(text, _joined(_value(text, 0, wildcards=wildcards)))


_ACTION = re.compile(r"(?:[A-Za-z0-9.\-]+|\*):[^:]*")
_WILDCARDS = re.compile(r"(\*+|\?)")
_PIECE = re.compile(
    r"(?P<any>\*+)|(?P<one>\?)|\$\{(?P<escape>[*?$])\}"
    r"|\$\{(?P<key>[^\s{}$,'*?]+)(?:, '(?P<default>[^']*)')?\}"
    r"|(?P<text>[^*?$]+|\$(?!\{))"
)


def _glob(text: str) -> tuple[Part, ...]:
    if "*" not in text and "?" not in text:
        return (text,) if text else ()
    pieces = _WILDCARDS.split(text)
    return tuple(
        (Wildcard.ONE if piece == "?" else Wildcard.ANY) if index & 1 else piece
        for index, piece in enumerate(pieces)
        if piece
    )


def _value(text: str, at: int, *, wildcards: bool) -> Iterator[Part]:
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            # A variable begins here and goes wrong; the grammar says how.
            yield from _read("value" if wildcards else "template", text[at:], at)
            return
        at = match.end()
        kind = match.lastgroup
        if kind in ("key", "default"):
            yield Variable(match["key"], match["default"])
        elif kind == "any":
            yield Wildcard.ANY if wildcards else match[0]
        elif kind == "one":
            yield Wildcard.ONE if wildcards else match[0]
        else:
            yield match[kind or 0]


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts in normal form: neighbouring texts as one, no empty text; a run of ``*`` comes as one part."""
    result: list[Part] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
            continue
        if text := "".join(run):
            result.append(text)
        run.clear()
        result.append(part)
    if text := "".join(run):
        result.append(text)
    return tuple(result)


def _rest_offset(text: str) -> int:
    """Return the offset behind the fifth colon, or the length of a text with fewer."""
    at = 0
    for _ in range(_COLONS):
        at = text.find(":", at) + 1
        if not at:
            return len(text)
    return at


# --- ARNs


def split_arn(pattern: Pattern) -> tuple[Pattern, ...] | None:
    """Return the six fields of an ARN pattern (R89), or None where it has fewer.

    The first five colons of literal text divide it; colons inside ``${...}`` do not (R102).  The texts of the fields
    are spelled anew, with escapes for literal ``*``, ``?`` and ``${``.
    """
    fields: list[list[Part]] = [[]]
    for part in pattern.parts:
        if not isinstance(part, str):
            fields[-1].append(part)
            continue
        first, *more = part.split(":", ARN_FIELDS - len(fields))
        fields[-1].append(first)
        fields.extend([text] for text in more)
    if len(fields) < ARN_FIELDS:
        return None
    return tuple(Pattern(spell(parts), _joined(parts)) for parts in fields)


def complete_arn(pattern: Pattern) -> Pattern:
    """Return the pattern with ``:*`` appended until it has six fields (R13, R50); a lone ``*`` stays as it is."""
    if pattern.parts == (Wildcard.ANY,):
        return pattern
    missing = _COLONS - sum(part.count(":") for part in pattern.parts if isinstance(part, str))
    if missing <= 0:
        return pattern
    return Pattern(pattern.text + ":*" * missing, _joined((*pattern.parts, *(":", Wildcard.ANY) * missing)))


def spell(parts: Iterable[Part]) -> str:
    """Return a text that `parse_value` with wildcards and variables turns into these parts."""
    return "".join(
        _SPECIAL.sub(r"${\g<0>}", part)
        if isinstance(part, str)
        else part.value
        if isinstance(part, Wildcard)
        else f"${{{part.key}}}"
        if part.default is None
        else f"${{{part.key}, '{part.default}'}}"
        for part in parts
    )


_SPECIAL = re.compile(r"[*?]|\$(?=\{)")


def find_misplaced_variable(text: str) -> PatternError | None:
    """Return what to say of a resource with ``${`` before its fifth colon, where it is only text (R102), or None."""
    at = text.find("${", 0, _rest_offset(text))
    if at < 0:
        return None
    hint = "variables act after the fifth colon only"
    return PatternError("GW032", "variable before the fifth colon is plain text", hint, at)


# --- by the grammar: what does not parse


class _Parts:
    """Makes parts of what the parser has read; children come as Lark passes them."""

    def everything(self, children: list[Any]) -> list[Part]:
        return [Wildcard.ANY]

    def any(self, children: list[Any]) -> Part:
        return Wildcard.ANY

    def one(self, children: list[Any]) -> Part:
        return Wildcard.ONE

    def escape(self, children: list[str]) -> Part:
        return children[0][2]

    def variable(self, children: list[str]) -> Part:
        return Variable(str(children[0]), str(children[1])[1:-1] if len(children) > 1 else None)

    def default(self, children: list[str]) -> str:
        return children[0]

    def value(self, children: list[Part]) -> list[Part]:
        return [str(part) if isinstance(part, str) else part for part in children]

    template = value
    glob = value

    def field(self, children: list[str]) -> str:
        return children[0] if children else ""

    name = field
    vendor = field
    rest = field

    def action(self, children: list[str]) -> list[str]:
        return children

    resource = action


_PARTS = _Parts()


def parse_with_grammar(kind: str, text: str) -> Pattern:
    """Return the pattern of a text as the grammar reads it; the other functions do the same, but faster.

    Parameters
    ----------
    kind : str
        ``action``; ``resource`` or ``plain_resource`` (without variables); ``value``, ``template`` (without wildcards),
        ``glob`` (without variables) or ``literal``.
    text : str
        Anything.

    Raises
    ------
    PatternError
        As the other functions.
    """
    return Pattern(text, _joined(_grammar_parts(kind, text)))


def _grammar_parts(kind: str, text: str) -> list[Part]:
    from lark import UnexpectedInput

    if kind == "literal":
        return [text]
    if kind in ("value", "template", "glob"):
        return _read(kind, text, 0)
    try:
        fields: Any = parser("action" if kind == "action" else "arn", None, _PARTS).parse(text)
    except UnexpectedInput as error:
        raise (_explain_action(text, _offset(error, text)) if kind == "action" else _not_an_arn(text)) from None
    if fields == [Wildcard.ANY]:
        return [Wildcard.ANY]
    joined: list[Part] = []
    for index, field in enumerate(fields):
        has_variables = kind == "resource" and index == _COLONS
        joined += _read("value" if has_variables else "glob", field, len(text) - len(field))
        joined.append(":")
    return joined[:-1]


def _read(kind: str, text: str, offset: int) -> list[Part]:
    """Return the parts of a text, which begins at an offset of the text that errors count in."""
    from lark import UnexpectedInput

    try:
        parts: Any = parser("value", kind, _PARTS).parse(text)
    except UnexpectedInput as error:
        expected: set[str] = set(getattr(error, "expected", ()))  # some terminal matches whatever comes: it is a token
        at = _offset(error, text)
        code, message, hint = _explain_variable(text, at, expected)
        raise PatternError(code, message, hint, at + offset) from None
    return list(parts)


def _offset(error: UnexpectedInput, text: str) -> int:
    at = error.pos_in_stream
    return len(text) if at is None or getattr(getattr(error, "token", None), "type", "") == "$END" else at


def _explain_variable(text: str, at: int, expected: set[str]) -> tuple[str, str, str]:
    """Say what is wrong at ``at``, inside a variable, where the grammar expects one of some terminals."""
    found = text[at : at + 1]
    brace, inner = text.find("}", at), text.find("${", at)
    is_closed = brace >= 0 and not 0 <= inner < brace
    default_hint = "write `${key, 'default'}`: comma, one blank, single quotes"
    if "QUOTED" in expected:
        if found == " ":
            return "GW030", "more than one blank before a default value", default_hint
        return "GW027", "a default value stands in single quotes", default_hint
    if found in ("}", ",") and "NAME" in expected:
        return "GW029", "variable without a name", "name a key, such as `${aws:username}`"
    if not is_closed:
        return "GW026", "variable without closing brace", "a `}` is missing; write `${$}{` for the text `${`"
    if found == ",":
        return "GW030", "no blank before a default value", default_hint
    if found.isspace():
        return "GW028", "blank in a variable", "remove the blank"
    if "_SEPARATOR" not in expected and "NAME" not in expected:
        return "GW027", "text between a default value and the closing brace", "a default value holds no single quote"
    return "GW031", f"{quote(found)} in the name of a variable", "no key has that character in its name"


def _explain_action(text: str, at: int) -> PatternError:
    service, colon, _ = text.partition(":")
    if text.startswith("${", at):
        hint = "variables act in resources and condition values only"
        return PatternError("GW024", f"variable in action {quote(text)}", hint, at)
    if not colon or not service:
        return PatternError("GW020", f"action {quote(text)} names no service", "write `service:Action`", 0)
    if at > len(service):
        return PatternError("GW021", f"more than one colon in action {quote(text)}", "write `service:Action`", at)
    if "*" in service or "?" in service:
        hint = "name the service, or write `*` alone"
        return PatternError("GW023", f"wildcard in the service of action {quote(text)}", hint, at)
    hint = "services are written with letters, digits, `-` and `.`"
    return PatternError("GW022", f"{quote(service)} is not the name of a service", hint, at)


def _not_an_arn(text: str) -> PatternError:
    hint = "write `*`, or an ARN such as `arn:aws:s3:::bucket/*`"
    return PatternError("GW025", f"resource {quote(text)} is neither `*` nor an ARN", hint, 0)
