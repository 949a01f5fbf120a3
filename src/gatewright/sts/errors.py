"""What STS refuses, with the codes and statuses of its API reference."""

from __future__ import annotations

STATUSES = {
    "AccessDenied": 403,
    "InvalidAction": 400,
    "InvalidAuthorizationMessageException": 400,
    "InvalidParameterValue": 400,
    "MalformedPolicyDocument": 400,
    "MissingAction": 400,
    "PackedPolicyTooLarge": 400,
    "ValidationError": 400,
}


class StsError(Exception):
    """A request that STS refuses; the message is for the client and worded as AWS words it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUSES[self.code]
