"""Percent-encoding as AWS signs it: everything but unreserved characters, with hexadecimal digits in upper case."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gatewright.signing._parameters import read_canonical
from gatewright.signing.errors import SignatureError
from gatewright.signing.request import PARAMETER_COUNT_LIMIT, shown

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


def canonicalize(text: str, *, plus_is_space: bool) -> str:
    """Return the parameters of a query or form as ``name=value&name=value``, encoded canonically, in their order.

    Parameters
    ----------
    plus_is_space
        Whether ``+`` stands for a space (HTML forms); otherwise it is refused, because it does for some readers.

    Raises
    ------
    SignatureError
        Not a list of parameters, or too many.
    """
    if text.count("&") >= PARAMETER_COUNT_LIMIT:
        raise SignatureError("MalformedQueryString", f"there are more than {PARAMETER_COUNT_LIMIT:,} parameters")
    if "+" in text:
        if not plus_is_space:
            raise SignatureError("MalformedQueryString", "the query holds a bare `+`; write `%20` or `%2B`")
        text = text.replace("+", "%20")
    if _NO_ESCAPE.search(text):
        raise SignatureError("MalformedQueryString", "a `%` is not followed by two hexadecimal digits; write `%25`")
    pairs = [piece.partition("=") for piece in text.split("&")]
    if not all(name for name, _, _ in pairs):
        raise SignatureError("MalformedQueryString", "a parameter has no name")
    return "&".join([f"{encode(decode(name))}={encode(decode(value))}" for name, _, value in pairs])


def read_parameters(text: str, *, plus_is_space: bool) -> tuple[str, Parameters]:
    """Return the parameters of a query or form as a canonical text in the order of their names, and by their names.

    Raises
    ------
    SignatureError
        Not a list of parameters (see `canonicalize`), or one is repeated.
    """
    if not text:
        return "", {}
    found = read_canonical(text)
    if found is None:
        text = canonicalize(text, plus_is_space=plus_is_space)
        found = read_canonical(text)
    if found is None:
        name = next(name for name, count in Counter(name for name, _ in split_pairs(text)).items() if count > 1)
        raise SignatureError("MalformedQueryString", f"the parameter `{shown(decode(name))}` is repeated")
    parameters, is_sorted = found
    if len(parameters) > PARAMETER_COUNT_LIMIT:
        raise SignatureError("MalformedQueryString", f"there are more than {PARAMETER_COUNT_LIMIT:,} parameters")
    return text if is_sorted else sort_parameters(text), parameters


def split_pairs(text: str) -> list[tuple[str, str]]:
    """Return the names and values of a canonical text."""
    return [(name, value) for name, _, value in [piece.partition("=") for piece in text.split("&")]]


def sort_parameters(text: str) -> str:
    """Return a canonical text in the order of its names, and of the values of those that are repeated.

    A name may begin another one, and `=` sorts after `-` and `.`, which may follow; a zero byte sorts before all.
    """
    return "&".join(sorted(text.replace("=", "\0").split("&"))).replace("\0", "=")


def leave_out(name: str, text: str) -> str:
    """Return a canonical text without a parameter that is there once at most."""
    before, _, after = f"&{text}".partition(f"&{name}=")
    _, separator, after = after.partition("&")
    return f"{before}{separator}{after}"[1:]


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
