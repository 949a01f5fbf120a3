"""What is wrong with a request, in EC2's own error codes."""

from __future__ import annotations

# Source: EC2 API Reference, "Error codes"; statuses as EC2 answers them.
STATUSES = {
    "InvalidAction": 400,
    "InvalidCharacter": 400,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "MalformedQueryString": 400,
    "MissingAction": 400,
    "MissingParameter": 400,
    "RequestEntityTooLarge": 413,
    "TagLimitExceeded": 400,
    "UnknownParameter": 400,
    "UnsupportedProtocol": 400,
}


class Ec2Error(Exception):
    """A request that cannot be read, and is refused before any policy is asked.

    Attributes
    ----------
    code
        EC2's error code (`STATUSES`).
    reason
        One line for people; what the client wrote stands in backticks, cut where it is long.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUSES[self.code]


class InventoryError(ValueError):
    """A file of resources or addresses that cannot be understood; one line for people."""


def shown(text: str) -> str:
    """Return a client's text as a message can hold it: one line, short, printable."""
    text = text if len(text) <= 80 else f"{text[:77]}..."
    return text if text.isprintable() else text.encode("unicode_escape").decode()
