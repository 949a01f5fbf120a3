"""XML out, as EC2 and STS write it; and the few things a gateway reads of what the cloud answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
CONTENT_TYPE = "text/xml;charset=UTF-8"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
# What XML 1.0 cannot hold, escaped or not (section 2.2).
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class AnswerError(Exception):
    """An answer of the cloud that cannot be read."""


def escape(text: str) -> str:
    """Return a text as the content of an element."""
    text = _NO_CHARACTER.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def element(name: str, *content: str) -> str:
    """Return an element; its content is XML already, its name one of ours."""
    return f"<{name}>{''.join(content)}</{name}>"


def write_ec2_error(code: str, message: str, request_id: str) -> bytes:
    """Return EC2's answer to what is refused."""
    error = element("Error", element("Code", escape(code)), element("Message", escape(message)))
    return (HEAD + element("Response", element("Errors", error), element("RequestID", escape(request_id)))).encode()


def write_sts_error(code: str, message: str, request_id: str, status: int) -> bytes:
    """Return STS's answer to what is refused."""
    kind = "Sender" if status < 500 else "Receiver"
    error = element("Error", element("Type", kind), element("Code", escape(code)), element("Message", escape(message)))
    text = f'<ErrorResponse xmlns="{STS_NAMESPACE}">{error}{element("RequestId", escape(request_id))}</ErrorResponse>'
    return text.encode()


def write_attribute(
    action: str, version: str, request_id: str, kind: str, name: str, attribute: str, grantees: Iterable[str]
) -> bytes:
    """Return EC2's answer that tells whom an image or a snapshot is shared with."""
    items = []
    for grantee in sorted(grantees):
        if grantee.isdigit():
            member = "userId"
        elif grantee.startswith("arn:"):
            member = "organizationalUnitArn" if ":ou/" in grantee else "organizationArn"
        else:
            member = "group"
        items.append(element("item", element(member, escape(grantee))))
    root = f"{action}Response"
    head = f'{HEAD}<{root} xmlns="http://ec2.amazonaws.com/doc/{version}/">'
    parts = (
        element("requestId", escape(request_id)),
        element(f"{kind}Id", escape(name)),
        element(attribute, *items),
    )
    return f"{head}{''.join(parts)}</{root}>".encode()


class _Reader:
    """Goes through a document; element names come without their namespace, and no entity is ever expanded."""

    def __init__(self, body: bytes) -> None:
        self.path: list[str] = []
        self.body = body
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.texts: list[str] = []
        self.tag = ""

    def read(self) -> None:
        try:
            self.parser.Parse(self.body, True)
        except expat.ExpatError as error:
            raise AnswerError(f"the answer is no XML: {error}") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= 64:
            raise AnswerError("the answer is nested too deeply")
        self.path.append(name.rpartition(":")[2])
        self.texts = []
        self.start()

    def _end(self, name: str) -> None:
        self.tag = name
        self.end("".join(self.texts).strip())
        self.texts = []
        self.path.pop()

    def _text(self, text: str) -> None:
        self.texts.append(text)

    def _refuse(self, *_: object) -> None:
        raise AnswerError("the answer has a document type")

    def start(self) -> None:
        """Called after an element was opened; `path` ends in it."""

    def end(self, text: str) -> None:
        """Called before an element is closed, with the text that no child follows."""


class _Texts(_Reader):
    def __init__(self, body: bytes, path: tuple[str, ...]) -> None:
        super().__init__(body)
        self.wanted = path
        self.found: list[str] = []

    def end(self, text: str) -> None:
        if tuple(self.path[1:]) == self.wanted:
            self.found.append(text)


def find_texts(body: bytes, path: str) -> list[str]:
    """Return the texts of the elements at a path below the root: ``imagesSet/item/imageId``.

    Raises
    ------
    AnswerError
        It is no XML.
    """
    reader = _Texts(body, tuple(path.split("/")))
    reader.read()
    return reader.found


class _AllTexts(_Reader):
    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.found: dict[str, list[str]] = {}

    def end(self, text: str) -> None:
        self.found.setdefault("/".join(self.path[1:]), []).append(text)


def read_texts(body: bytes) -> dict[str, list[str]]:
    """Return the texts of all elements by their paths below the root; see `find_texts`."""
    reader = _AllTexts(body)
    reader.read()
    return reader.found


class _Cutter(_Reader):
    def __init__(self, body: bytes, item: tuple[str, ...], name: str, keeps: Callable[[str], bool]) -> None:
        super().__init__(body)
        self.item, self.name, self.keeps = item, (*item, name), keeps
        self.cuts: list[tuple[int, int]] = []
        self.begin = 0
        self.is_kept = self.is_named = False

    def start(self) -> None:
        path = tuple(self.path[1:])
        if path == self.item:
            self.begin = self.parser.CurrentByteIndex
            self.is_kept = self.is_named = False  # an item without a name is nobody's
        elif path[-1:] and path[-1].lower() == self.name[-1].lower():
            # INVARIANT (one name an item): a name anywhere else would be one that nobody is asked about.
            if path != self.name or self.is_named:
                raise AnswerError(f"the answer has `{path[-1][:80]}` where none belongs")
            self.is_named = True

    def end(self, text: str) -> None:
        path = tuple(self.path[1:])
        if path == self.name:
            self.is_kept = self.keeps(text)
        elif path == self.item and not self.is_kept:
            # Here stands the end tag; or what follows, where the item is empty: `<item/>`, whose parent is no item.
            here = self.parser.CurrentByteIndex
            if self.body.startswith(b"</" + self.tag.encode(), here):
                here = self.body.find(b">", here) + 1
            self.cuts.append((self.begin, here))


def cut_items(body: bytes, item: str, name: str, keeps: Callable[[str], bool]) -> bytes:
    """Return a document without the items whose name is not kept; everything else stays byte for byte.

    Parameters
    ----------
    item
        Path below the root: ``imagesSet/item``.
    name
        The element of an item that tells its name: ``imageId``.

    Raises
    ------
    AnswerError
        It is no XML in UTF-8.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body:
        raise AnswerError("the answer is not in UTF-8")
    cutter = _Cutter(body, tuple(item.split("/")), name, keeps)
    cutter.read()
    parts, last = [], 0
    for begin, end in cutter.cuts:
        parts.append(body[last:begin])
        last = end
    return b"".join((*parts, body[last:]))
