"""Results and errors to the XML of the Query API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from gatewright.sts.errors import StsError

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
CONTENT_TYPE = "text/xml"

Result = Mapping[str, "str | Result"]
"""Names to texts, or to further names."""


class Response(NamedTuple):
    """An HTTP response; secrets may be in its body, which is therefore not to be logged."""

    status: int
    body: bytes
    content_type: str = CONTENT_TYPE

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


def write_result(action: str, result: Result, request_id: str) -> Response:
    """Return the response of an operation that succeeded."""
    root = ElementTree.Element(f"{action}Response", xmlns=NAMESPACE)
    _fill(ElementTree.SubElement(root, f"{action}Result"), result)
    _fill(ElementTree.SubElement(root, "ResponseMetadata"), {"RequestId": request_id})
    return Response(200, ElementTree.tostring(root, encoding="utf-8"))


def write_error(error: StsError, request_id: str) -> Response:
    """Return the response of an operation that was refused."""
    root = ElementTree.Element("ErrorResponse", xmlns=NAMESPACE)
    parts = {"Type": "Sender", "Code": error.code, "Message": error.message}
    _fill(ElementTree.SubElement(root, "Error"), parts)
    _fill(root, {"RequestId": request_id})
    return Response(error.status, ElementTree.tostring(root, encoding="utf-8"))


def _fill(parent: ElementTree.Element, result: Result) -> None:
    for name, value in result.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)
