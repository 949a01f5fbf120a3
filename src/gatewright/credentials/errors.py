"""What goes wrong with credentials: for operators, and for clients."""

from __future__ import annotations

from gatewright.signing.errors import SignatureError


class CredentialError(Exception):
    """A store, key file or request for a credential that cannot be used; one line for people."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)


class InvalidTokenError(SignatureError):
    """A session token that was not sealed here, was changed, or belongs to another access key."""

    def __init__(self, reason: str) -> None:
        super().__init__("InvalidToken", reason)


class UnknownTokenKeyError(InvalidTokenError):
    """A session token sealed under a master key that is not known, or not any more."""


class ExpiredTokenError(SignatureError):
    """A session token whose session is over."""

    def __init__(self, reason: str) -> None:
        super().__init__("ExpiredToken", reason)
