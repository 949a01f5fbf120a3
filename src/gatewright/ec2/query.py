"""HTTP requests -> the parameters of the Query API, decoded, bounded, each once.

What two readers could understand differently is refused: a gateway must not decide on one reading and the cloud act
on the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from .errors import Ec2Error, shown


class HttpMessage(Protocol):
    """A request as it came over the wire; `gatewright.signing.HttpRequest` is one.

    Each character of a text stands for one byte (ISO 8859-1, as in PEP 3333).
    """

    @property
    def method(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a request may be; the work is linear in its bytes.

    The largest requests that clients send are launches with user data (16 KB, as base64) and lists of a thousand ids.
    """

    bytes: int = 1 << 20  # of target and body together
    parameters: int = 5_000
    name: int = 256  # characters
    depth: int = 16  # parts of a name between dots
    index: int = 100_000  # the highest number in a name
    headers: int = 200
    header_bytes: int = 1 << 16  # of names and values together


LIMITS = Limits()

Tree = dict[str, Any]
"""Parameters by the parts of their names: ``{"Tag": {"1": {"Key": "Stack"}}}``."""

_FORM = "application/x-www-form-urlencoded"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")


def read_parameters(request: HttpMessage, limits: Limits = LIMITS, *, has_members: bool = False) -> dict[str, str]:
    """Return the parameters of query and body by their full names, in the order of the request.

    Parameters
    ----------
    has_members
        Whether lists are written as ``Tags.member.1.Key``, as in STS; EC2 leaves ``member`` out.

    Raises
    ------
    Ec2Error
        The request is none of the Query API, is too large, or can be read in more than one way.
    """
    try:
        target = request.target.encode("latin-1")
    except UnicodeEncodeError:
        raise Ec2Error("MalformedQueryString", "the request target holds characters that are no bytes") from None
    size = len(target) + len(request.body)
    if size > limits.bytes:
        raise Ec2Error("RequestEntityTooLarge", f"the request has {size:,} bytes; at most {limits.bytes:,} are read")
    if not target.startswith(b"/") or b"#" in target:
        raise Ec2Error("MalformedQueryString", "the request target is no path; it has to begin with `/`")
    _check_headers(request, limits)
    _check_body(request, limits)
    pieces = [piece for part in (target.partition(b"?")[2], request.body) for piece in part.split(b"&", limits.bytes)]
    return _read_pieces(pieces, limits, has_members)


def _check_headers(request: HttpMessage, limits: Limits) -> None:
    text = "".join([part for header in request.headers for part in header])
    if len(request.headers) > limits.headers or len(text) > limits.header_bytes:
        most = f"at most {limits.headers} with {limits.header_bytes:,} bytes are read"
        raise Ec2Error("RequestEntityTooLarge", f"the request has too many headers; {most}")
    if not text.isascii() and max(text) > "\xff":
        raise Ec2Error("InvalidCharacter", "a header holds characters that are no bytes")


def _check_body(request: HttpMessage, limits: Limits) -> None:
    """Refuse what is no form, and what a server may take for one where another does not."""
    if request.method not in ("GET", "POST"):
        raise Ec2Error("UnsupportedProtocol", f"the method is `{shown(request.method)}`; use GET or POST")
    if not request.body:
        return
    if request.method == "GET":
        raise Ec2Error("MalformedQueryString", "a GET request has a body; send its parameters with POST")
    kind = single_header(request, "content-type")
    if kind is not None:
        name, *options = (part.strip().lower() for part in kind.split(";"))
        charsets = [option.partition("=")[2].strip('"') for option in options if option.startswith("charset=")]
        if name != _FORM or len(charsets) > 1:
            raise Ec2Error("UnsupportedProtocol", f"the content type is `{shown(kind)}`; only `{_FORM}` is read")
        if charsets and charsets[0] not in ("utf-8", "utf8", "us-ascii"):
            raise Ec2Error("UnsupportedProtocol", f"the charset is `{shown(charsets[0])}`; parameters are UTF-8")
    coding = single_header(request, "content-encoding")
    if coding is not None and coding.strip().lower() not in ("", "identity"):
        raise Ec2Error("UnsupportedProtocol", f"the content encoding is `{shown(coding)}`; only plain text is read")
    length = single_header(request, "content-length")
    if length is not None and length.strip() != str(len(request.body)):
        raise Ec2Error("MalformedQueryString", f"the body has {len(request.body):,} bytes, not `{shown(length)}`")


def single_header(request: HttpMessage, name: str) -> str | None:
    """Return a header that may stand once, by its name in lower case."""
    found = [value for key, value in request.headers if key.lower() == name]
    if len(found) > 1:
        raise Ec2Error("MalformedQueryString", f"the header `{name}` is there {len(found)} times")
    return found[0] if found else None


def header_text(request: HttpMessage, name: str) -> str | None:
    """Return a header that may stand once as text: UTF-8 where its bytes are that."""
    value = single_header(request, name)
    try:
        return None if value is None else value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


def _read_pieces(pieces: list[bytes], limits: Limits, has_members: bool) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for piece in pieces:
        if not piece:
            continue
        if b";" in piece:
            # HTML 4 let `;` separate parameters, and servers read it so until about 2021.
            raise Ec2Error("MalformedQueryString", "a parameter holds a bare `;`; write it as `%3B`")
        raw, _, value = piece.partition(b"=")
        name = _decode(raw, "a parameter's name")
        _check_name(name, limits, has_members)
        if name in parameters:
            raise Ec2Error("MalformedQueryString", f"the parameter `{shown(name)}` is there more than once")
        if len(parameters) == limits.parameters:
            raise Ec2Error("RequestEntityTooLarge", f"the request has more than {limits.parameters:,} parameters")
        text = _decode(value, f"the value of `{name}`")
        if "\0" in text:
            raise Ec2Error("InvalidCharacter", f"the value of `{name}` holds a zero byte")
        parameters[name] = text
    return parameters


def _decode(raw: bytes, what: str) -> str:
    if raw.isalnum():  # as most names are, and many values
        return raw.decode("ascii")
    if _BAD_ESCAPE.search(raw):
        raise Ec2Error("MalformedQueryString", f"{what} has a `%` without two hexadecimal digits; write it as `%25`")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Ec2Error("MalformedQueryString", f"{what} is not UTF-8") from None


def _check_name(name: str, limits: Limits, has_members: bool) -> None:
    if name.isascii() and name.isalpha() and len(name) <= limits.name:
        return
    if len(name) > limits.name:
        raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` has a name of {len(name):,} characters")
    parts = name.split(".")
    if len(parts) > limits.depth:
        raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` has a name of {len(parts)} parts")
    if not _WORD.fullmatch(parts[0]):
        raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` is not recognized")
    was_number = False
    for part in parts[1:]:
        if part == "member" and not has_members:
            hint = f"write `{shown(name.replace('.member.', '.'))}`"
            raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` is not recognized; {hint}")
        is_number = _NUMBER.fullmatch(part) is not None
        if is_number and int(part) > limits.index:
            raise Ec2Error("InvalidParameterValue", f"the number in `{shown(name)}` is above {limits.index:,}")
        # The API has no lists of lists; a reader that takes the first number alone would see a value in one.
        if (is_number and was_number) or not (is_number or _WORD.fullmatch(part)):
            raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` is not recognized")
        was_number = is_number


def build_tree(parameters: dict[str, str]) -> Tree:
    """Return the parameters by the parts of their names.

    Raises
    ------
    Ec2Error
        A name is both a value and a group of values.
    """
    root: Tree = {}
    for name, value in parameters.items():
        *groups, last = name.split(".")
        node = root
        for part in groups:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise _is_both(name)
        if last in node:
            raise _is_both(name)
        node[last] = value
    return root


def _is_both(name: str) -> Ec2Error:
    return Ec2Error("InvalidParameterCombination", f"`{shown(name)}` is given as one value and as several")


def find_values(tree: Tree, path: str) -> list[str]:
    """Return the values at a path without numbers: ``NetworkInterface.SubnetId`` is that of every interface.

    Empty values are left out: EC2 takes them for parameters that are not there.
    """
    first, *rest = path.split(".")
    if first not in tree:
        return []
    nodes: list[Any] = [tree[first]]
    for part in rest:
        nodes = [node[part] for node in _spread(nodes) if part in node]
    found = []
    for node in nodes:
        entries = [entry for key, entry in node.items() if key.isdigit()] if isinstance(node, dict) else [node]
        found += [entry for entry in entries if isinstance(entry, str) and entry]
    return found


def find_items(tree: Tree, path: str) -> list[Tree]:
    """Return the groups of a numbered parameter, in the order of the request: those of ``Tag.1``, ``Tag.2``."""
    nodes: list[Any] = [tree]
    for part in path.split("."):
        nodes = [node[part] for node in _spread(nodes) if part in node]
    return [entry for entry in _spread(nodes) if entry]


def _spread(nodes: list[Any]) -> list[Tree]:
    """Step over numbers; a list may be written as a group without one."""
    found = []
    for node in nodes:
        if isinstance(node, dict):
            numbered = [entry for key, entry in node.items() if key.isdigit() and isinstance(entry, dict)]
            found += numbered
            if any(not key.isdigit() for key in node):
                found.append(node)
    return found
