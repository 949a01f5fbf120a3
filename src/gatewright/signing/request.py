"""The HTTP request whose signature is verified."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gatewright.signing._parameters import is_visible
from gatewright.signing.deviations import Deviation
from gatewright.signing.errors import SignatureError


@dataclass(slots=True)
class HttpRequest:
    """A request as it came over the wire, before anything was decoded.

    Attributes
    ----------
    method
        As sent; methods are case-sensitive (RFC 9110, 9.1).
    target
        Request target as sent, path and query: ``/?Action=DescribeInstances``.
    headers
        Names and values in the order of the request; names in any case, values without the line end.
    body
        Without transfer encoding.

    Notes
    -----
    Signatures are over bytes, so each character of a text stands for one byte (ISO 8859-1, as in PEP 3333).  A text
    with other characters is refused, never guessed at.
    """

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


REPEATED_HEADER, UNENCODED_TARGET = Deviation.REPEATED_HEADER, Deviation.UNENCODED_TARGET
_BARE = re.compile(r"[^!-~]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# What servers take by default lies far below; the time of a verification is linear in what these let through.
TARGET_LIMIT = 1 << 17
HEADER_COUNT_LIMIT = 200
FORM_LIMIT = 1 << 22
PARAMETER_COUNT_LIMIT = 20_000


def split_target(request: HttpRequest, tolerate: frozenset[Deviation]) -> tuple[str, str]:
    """Return path and query of the target, as sent.

    Raises
    ------
    SignatureError
        The target is no path (RFC 9112, 3.2.1: origin-form), holds what has to be encoded, or is too long.
    """
    target = request.target
    if target == "/":
        return target, ""
    if len(target) > TARGET_LIMIT:
        raise SignatureError("RequestEntityTooLarge", f"the request target is longer than {TARGET_LIMIT:,} characters")
    if not target.startswith("/"):
        raise SignatureError("MalformedQueryString", "the request target is no path; it has to begin with `/`")
    if "#" in target:
        raise SignatureError("MalformedQueryString", "the request target has a fragment")
    if not is_visible(target):
        if UNENCODED_TARGET not in tolerate or _CONTROL.search(target):
            bare = shown("".join(_BARE.findall(target))[:20])
            raise SignatureError("MalformedQueryString", f"the request target holds a bare `{bare}`; encode it")
    path, _, query = target.partition("?")
    return path, query


def index_headers(request: HttpRequest, tolerate: frozenset[Deviation]) -> dict[str, str]:
    """Return the values of the headers by their names in lower case.

    Headers that decide who signed what, and how the body is read, may never be repeated; those that proxies add may.

    Raises
    ------
    SignatureError
        Repeated, too many.
    """
    pairs = request.headers
    if len(pairs) > HEADER_COUNT_LIMIT:
        raise SignatureError("RequestEntityTooLarge", f"the request has more than {HEADER_COUNT_LIMIT} headers")
    headers = {name.lower(): value for name, value in pairs}
    return headers if len(headers) == len(pairs) else _join_headers(pairs, REPEATED_HEADER in tolerate)


_NEVER_REPEATED = frozenset(
    ("authorization", "content-length", "content-type", "date", "host", "transfer-encoding"),
)
# Lists to which each proxy on the way adds, some of them in a line of its own.
_OF_PROXIES = frozenset(("forwarded", "via", "x-forwarded-for"))


def _join_headers(pairs: list[tuple[str, str]], join: bool) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(value)
    for name, texts in values.items():
        may_join = name in _OF_PROXIES or (join and name not in _NEVER_REPEATED and not name.startswith("x-amz-"))
        if len(texts) > 1 and not may_join:
            raise SignatureError("InvalidRequest", f"the header `{shown(name)}` is repeated")
    # AWS trims each value before joining them.
    return {name: ",".join(text.strip(" \t") for text in texts) for name, texts in values.items()}


def shown(text: str) -> str:
    """Return a text of the request as a message can show it: one line, short, printable."""
    text = text if len(text) <= 80 else f"{text[:77]}..."
    if text.isprintable() and text.isascii():
        return text
    return text.encode("ascii", "backslashreplace").decode().translate(_CONTROLS)


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
