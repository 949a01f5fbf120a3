"""Percent-encoding as AWS signs it: everything but unreserved characters, with hexadecimal digits in upper case."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gatewright.signing.errors import SignatureError
from gatewright.signing.request import PARAMETER_COUNT_LIMIT, shown

# What a canonical query is made of ...
_CANONICAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~=&%"
# ... which leaves out escapes that are none, in lower case, or of an unreserved character.
_LOOSE_ESCAPE = re.compile(r"%(?!(?:[018-9A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF]))")
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_ENCODABLE = re.compile(r"[^A-Za-z0-9\-._~/]")

Parameters = dict[str, str]
"""Values by names, both percent-encoded canonically."""


def encode(text: str) -> str:
    """Encode the bytes of a name or value."""
    return quote_from_bytes(to_bytes(text), safe="-_.~")


def decode(text: str) -> str:
    """Return the bytes that a percent-encoded text stands for, one character each; `text` is sound."""
    if "%" not in text:
        return text
    # Times, base64 and credentials hold only these; none of them can end within an escape, or make one.
    plain = text.replace("%2F", "/").replace("%3A", ":").replace("%3D", "=").replace("%2B", "+")
    return unquote_to_bytes(to_bytes(text)).decode("latin-1") if "%" in plain else plain


def to_bytes(text: str) -> bytes:
    """Return the bytes that a text stands for.

    Raises
    ------
    SignatureError
        The text holds more than bytes.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise SignatureError("InvalidRequest", "the request holds characters that stand for no byte") from None


def read_parameters(text: str, *, plus_is_space: bool) -> Parameters:
    """Return the parameters of a query or form.

    Parameters
    ----------
    plus_is_space
        Whether ``+`` stands for a space (HTML forms); otherwise it is refused, because it does for some readers.

    Raises
    ------
    SignatureError
        Not a list of parameters, repeated ones, too many.
    """
    if not text:
        return {}
    pieces = _split_pieces(text, plus_is_space)
    try:
        parameters = dict([piece.split("=") for piece in pieces])
    except ValueError:  # a value with an equals sign, a name without one
        return read_parameters("&".join(["=".join(pair) for pair in _encode_pieces(pieces)]), plus_is_space=False)
    if len(parameters) != len(pieces):
        counts = Counter(piece.partition("=")[0] for piece in pieces)
        name = next(name for name, count in counts.items() if count > 1)
        raise SignatureError("MalformedQueryString", f"the parameter `{shown(decode(name))}` is repeated")
    if "" in parameters:
        raise SignatureError("MalformedQueryString", "a parameter has no name")
    return parameters


def read_repeated(text: str, *, plus_is_space: bool) -> list[tuple[str, str]]:
    """Return the parameters of a query, of which some may occur several times; see `read_parameters`."""
    pairs = _encode_pieces(_split_pieces(text, plus_is_space)) if text else []
    if any(not name for name, _ in pairs):
        raise SignatureError("MalformedQueryString", "a parameter has no name")
    return pairs


def _split_pieces(text: str, plus_is_space: bool) -> list[str]:
    """Return the names and values, encoded canonically but for what equals signs there are."""
    if text.count("&") >= PARAMETER_COUNT_LIMIT:
        raise SignatureError("MalformedQueryString", f"there are more than {PARAMETER_COUNT_LIMIT:,} parameters")
    if "+" in text:
        if not plus_is_space:
            raise SignatureError("MalformedQueryString", "the query holds a bare `+`; write `%20` or `%2B`")
        text = text.replace("+", "%20")
    pieces = text.split("&")
    if to_bytes(text).translate(None, _CANONICAL) or _LOOSE_ESCAPE.search(text):
        if _NO_ESCAPE.search(text):
            raise SignatureError("MalformedQueryString", "a `%` is not followed by two hexadecimal digits; write `%25`")
        return [_encode_piece(piece) for piece in pieces]
    return pieces


def _encode_piece(piece: str) -> str:
    if not to_bytes(piece).translate(None, _CANONICAL) and not _LOOSE_ESCAPE.search(piece):
        return piece
    name, separator, value = piece.partition("=")
    return f"{encode(decode(name))}{separator}{encode(decode(value))}"


def _encode_pieces(pieces: list[str]) -> list[tuple[str, str]]:
    return [(name, value.replace("=", "%3D")) for name, _, value in [piece.partition("=") for piece in pieces]]


def encode_path(path: str) -> str:
    """Encode a path as it was sent: its escapes are encoded once more."""
    if _PATH_ENCODABLE.search(path) is None:
        return path
    return quote_from_bytes(to_bytes(path), safe="/-_.~")


def resolve_dots(path: str) -> str:
    """Return a path without empty, ``.`` and ``..`` segments (RFC 3986, 5.2.4); a final slash stays."""
    if "//" not in path and "/." not in path:
        return path
    segments: list[str] = []
    pieces = path.split("/")
    for piece in pieces:
        if piece == "..":
            if segments:
                segments.pop()
        elif piece not in ("", "."):
            segments.append(piece)
    resolved = "/" + "/".join(segments)
    return f"{resolved}/" if segments and pieces[-1] in ("", ".", "..") else resolved
