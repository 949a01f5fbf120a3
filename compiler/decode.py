"""JSON texts into plain values, twice: by a fast decoder, and by the grammar, which says what is wrong with a text."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..grammar import parser
from .messages import quote

if TYPE_CHECKING:
    from lark import Lark, Token

NESTING_LIMIT = 64
"""Objects and lists that may be open at once; an account's details with its policies inside need 12."""

# A longer text is first cut to what the parser needs to see of it: Lark reads 3 MB/s of policies, but only 0.3 MB/s of
# a text that is all brackets.
CUT_LENGTH = 1 << 18


class JsonNumber(str):
    """A JSON number, exactly as the document writes it (R25)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"JsonNumber({super().__repr__()})"


class JsonError(ValueError):
    """A text that is not JSON as we take it: what is wrong, and the offset of the character where."""

    def __init__(self, code: str, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.offset = offset


# --- the fast decoder


class _RefusedError(ValueError):
    """What the standard library lets pass and we do not; the position is still to be found."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError("duplicate member")
    return members


def _constant(text: str) -> Any:
    raise _RefusedError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=_constant
)
# Every backslash of a JSON text begins one of these; group 1 is half of a surrogate pair.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)", re.DOTALL)


def decode_fast(text: str) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        The text is not JSON as `decode_strictly` takes it; that function knows what to say about it.
    RecursionError
        The same, or too little stack was left for a text that is fine.
    """
    value = _DECODER.decode(text)
    half = _half_pair(text, len(text))
    if half < len(text):
        raise json.JSONDecodeError("half of a surrogate pair", text, half)
    # Depth by depth; a text with few brackets cannot be deep.
    if text.count("[") + text.count("{") > NESTING_LIMIT:
        level = [value] if type(value) is dict or type(value) is list else []
        for _ in range(NESTING_LIMIT):
            level = [
                child
                for container in level
                for child in (container.values() if type(container) is dict else container)
                if type(child) is dict or type(child) is list
            ]
            if not level:
                break
        else:
            raise _RefusedError("nested too deep")
    return value


def _half_pair(text: str, valid: int) -> int:
    """Return where the first half of a surrogate pair is escaped, or ``valid``, up to which the text is well-formed."""
    if "\\ud" in text or "\\uD" in text:
        for escape in _ESCAPE.finditer(text, 0, valid):
            if escape[1]:
                return escape.start()
    return valid


def decode(text: str) -> Any:
    """Return the value of a JSON text, or raise `JsonError` with what the grammar says about it."""
    try:
        return decode_fast(text)
    except json.JSONDecodeError as error:
        # Python 3.13 and later point at the trailing comma, earlier ones at what follows it.
        valid = error.pos + error.msg.startswith("Illegal trailing comma")
    except (ValueError, RecursionError):
        valid = len(text)
    if len(text) > CUT_LENGTH:
        cut = cut_before(text, _half_pair(text, valid))
        try:
            decode_strictly(cut.text)
        except JsonError as error:
            error.offset = max(error.offset - cut.inserted, 0) + cut.offset
            raise
    return decode_strictly(text)


# --- the grammar


class _Values:
    """Makes values of what the parser has read; children come as Lark passes them."""

    def text(self, children: list[Any]) -> Any:
        return children[0]

    def object(self, children: list[tuple[Token, Any]]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for token, value in children:
            name = _unescape(token)
            if name in members:
                message = f"member {quote(name)} occurs more than once in its object"
                raise JsonError("GW006", message, "keep one, or merge the values", token.start_pos or 0)
            members[name] = value
        return members

    def member(self, children: list[Any]) -> tuple[Token, Any]:
        return children[0], children[1]

    def array(self, children: list[Any]) -> list[Any]:
        return children

    def string(self, children: list[Token]) -> str:
        return _unescape(children[0])

    def number(self, children: list[Token]) -> JsonNumber:
        return JsonNumber(children[0])

    def true(self, children: list[Token]) -> bool:
        return True

    def false(self, children: list[Token]) -> bool:
        return False

    def null(self, children: list[Token]) -> None:
        return None


_VALUES = _Values()


def _unescape(token: str) -> str:
    return str(json.loads(token)) if "\\" in token else token[1:-1]


def _grammar() -> Lark:
    return parser("json", "text", _VALUES)


def decode_strictly(text: str) -> Any:
    """Return the value of a JSON text by the grammar; slow, but it knows where a text goes wrong, and how.

    Raises
    ------
    JsonError
        The text is not a JSON text, is nested too deep, or names a member twice.
    """
    from lark import UnexpectedInput

    machine: Any = _grammar().parse_interactive(text)  # partly untyped
    open_brackets: list[str] = []
    try:
        for token in machine.iter_parse():
            if token.type in ("LSQB", "LBRACE"):
                open_brackets.append(token)
                if len(open_brackets) > NESTING_LIMIT:
                    message = f"nested deeper than {NESTING_LIMIT} levels"
                    raise JsonError("GW007", message, "no policy needs that", token.start_pos or 0)
            elif token.type in ("RSQB", "RBRACE") and open_brackets:
                open_brackets.pop()
        return machine.feed_eof()
    except UnexpectedInput as error:
        at = error.pos_in_stream
        if at is None or getattr(getattr(error, "token", None), "type", "") == "$END":
            at = len(text)
        raise _explain(text, at, machine.accepts(), open_brackets) from None


_NAMES = {
    "STRING": "a member name in double quotes",
    "COMMA": "`,`",
    "COLON": "`:`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "$END": "the end",
}
_WORD = re.compile(r"[-+]?[\w.]+(?:[eE][-+]\w+)?|.", re.DOTALL)
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9]|[-+.]")
_NUMBER_END = re.compile(r"-?[0-9][0-9.]*\Z")
_WORDS = {"true": "`true`", "false": "`false`", "null": "`null`", "none": "`null`", "undefined": "`null`"}
_NO_NUMBERS = {"nan", "infinity", "inf"}


def _explain(text: str, at: int, accepted: set[str], open_brackets: list[str]) -> JsonError:
    """Say why the parser stopped at `at`, where it would have taken one of the `accepted` terminals."""
    wants_value = "NUMBER" in accepted
    wants = " or ".join(_NAMES[name] for name in _NAMES if name in accepted)
    if wants_value:
        wants = "a value or `]`" if "RSQB" in accepted else "a value"
    if at >= len(text):
        if not text.strip(" \t\n\r"):
            return JsonError("GW010", "the text is empty", "a policy is one JSON object", at)
        hint = f"the last `{open_brackets[-1]}` is not closed" if open_brackets else ""
        return JsonError("GW010", f"the text ends too early, {wants} should follow", hint, at)
    word = _WORD.match(text, at)
    found = word[0] if word else text[at]
    if found == "#" or text[at : at + 2] in ("//", "/*"):
        return JsonError("GW012", "comments are not allowed in JSON", "remove the comment", at)
    number = _NUMBER_END.search(text, max(at - 40, 0), at)
    if number and found[0] in ".0123456789eE":
        whole = _WORD.match(text, number.start())
        return _not_a_number(whole[0] if whole else found, number.start())
    if accepted == {"$END"}:
        return JsonError("GW005", "text after the end of the document", "one text holds one document", at)
    if found == '"' and "STRING" in accepted:
        return _explain_string(text, at)
    if found in ("]", "}") and text[:at].rstrip(" \t\n\r").endswith(","):
        return JsonError("GW011", f"nothing follows the comma before `{found}`", "remove the comma", at)
    if found in ("'", "`", "\u2018", "\u2019", "\u201c", "\u201d"):
        return JsonError("GW013", f"expected {wants}, found a quote that JSON does not know", 'use `"`', at)
    if wants_value and (_NUMBER_LIKE.match(found) or found.lstrip("+-").lower() in _NO_NUMBERS):
        return _not_a_number(found, at)
    if wants_value and found.lower() in _WORDS:
        return JsonError("GW004", f"expected {wants}, found {quote(found)}", f"write {_WORDS[found.lower()]}", at)
    hint = ""
    if "STRING" in accepted and re.match(r"\w", found):
        hint = "texts and names stand in double quotes"
    elif "COMMA" in accepted and (found in '"{[' or re.match(r"[\w-]", found)):
        hint = "a comma seems to be missing"
    return JsonError("GW004", f"expected {wants}, found {quote(found)}", hint, at)


def _not_a_number(text: str, at: int) -> JsonError:
    hint = "write numbers like `10`, `-0.5` or `1e3`, or put the text in quotes"
    return JsonError("GW014", f"{quote(text)} is not a number", hint, at)


@cache
def _good_string() -> re.Pattern[str]:
    """Return what matches a string up to the first character that may not stand in it."""
    pattern = next(terminal for terminal in _grammar().terminals if terminal.name == "STRING").pattern.to_regexp()
    return re.compile(pattern.removesuffix('"'))


def _explain_string(text: str, start: int) -> JsonError:
    match = _good_string().match(text, start)
    at = match.end() if match else start + 1
    if at >= len(text):
        return JsonError("GW010", "the text ends inside a string", 'a `"` is missing', start)
    if text[at] != "\\":
        names = {"\n": "a line break", "\t": "a tabulator", "\r": "a carriage return"}
        name = names.get(text[at], f"the control character U+{ord(text[at]):04X}")
        hint = f"write `\\u{ord(text[at]):04x}`" if text[at] != "\n" else 'a `"` seems to be missing, or write `\\n`'
        return JsonError("GW015", f"{name} inside a string", hint, at)
    if re.compile(r"\\u[0-9a-fA-F]{4}").match(text, at):
        hint = "characters beyond U+FFFF take two escapes, or are written as themselves"
        return JsonError("GW008", f"`{text[at : at + 6]}` is half of a surrogate pair", hint, at)
    if text[at + 1 : at + 2] == "u":
        hint = "four hexadecimal digits follow `\\u`"
        return JsonError("GW016", f"{quote(text[at : at + 6])} is not an escape", hint, at)
    hint = "write `\\\\` for a backslash"
    return JsonError("GW016", f"{quote(text[at : at + 2])} is not an escape", hint, at)


# --- long texts


class Cut(NamedTuple):
    """A text that goes wrong where a longer one does: ``inserted`` characters, then the longer from ``offset`` on."""

    text: str
    inserted: int
    offset: int


class _Open:
    """A bracket that is open in a text.

    Attributes
    ----------
    rest : int
        Offset behind the bracket, behind its last comma, or behind the list or object that was closed in it last.
    last : str
        ``,`` or the closing bracket before ``rest``, or nothing.
    name : str
        The current member's name, raw.
    names : dict
        All names so far, and their raw forms.
    """

    __slots__ = ("closer", "last", "name", "names", "rest")

    def __init__(self, closer: str, rest: int) -> None:
        self.closer = closer
        self.rest = rest
        self.last = ""
        self.name = ""
        self.names: dict[str, str] = {}

    @property
    def filler(self) -> str:
        """What stands for everything from the bracket up to ``rest``."""
        if not self.last:
            return self.element[:1]
        return f"{self.element}null{',' if self.last == ',' else ''}"

    @property
    def element(self) -> str:
        """The beginning of the current element, up to its value."""
        if self.closer == "}":
            return f"{{{self.name}:"
        return "[" if self.closer else ""


_SKIM = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+")([ \t\n\r]*+:)?|[\[\]{},NI"]', re.DOTALL)
_CLOSERS = {"[": "]", "{": "}"}


def cut_before(text: str, valid: int) -> Cut:
    """Leave out what is complete before the first error of a text: elements and members that have been closed.

    Parameters
    ----------
    text : str
        A text that `decode_fast` refuses.
    valid : int
        The text is well-formed JSON up to here, except that it may repeat members, nest too deep or hold ``NaN``.
    """
    stack = [_Open("", 0)]
    for match in _SKIM.finditer(text, 0, valid):
        top = stack[-1]
        mark = text[match.start()]
        if match[1]:
            if not match[2] or top.closer != "}":
                continue
            name = _unescape(match[1])
            if name in top.names:
                prefix = "".join(outer.element for outer in stack[1:-1]) + f"{{{top.names[name]}:null,"
                closers = "".join(outer.closer for outer in stack[::-1])
                return Cut(f"{prefix}{match[1]}:null{closers}", len(prefix), match.start())
            top.names[name] = top.name = match[1]
        elif mark in _CLOSERS:
            if len(stack) > NESTING_LIMIT:
                break
            stack.append(_Open(_CLOSERS[mark], match.end()))
        elif mark == ",":
            top.rest = match.end()
            top.last = mark
        elif mark == top.closer:
            stack.pop()
            top = stack[-1]
            top.rest = match.end()
            top.last = mark
        else:
            break
    top = stack[-1]
    prefix = "".join(outer.element for outer in stack[1:-1]) + top.filler
    return Cut(prefix + text[top.rest :], len(prefix), top.rest)
