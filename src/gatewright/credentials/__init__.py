"""Who may sign: long-term access keys in a local database, and temporary ones in sealed tokens.

Secrets are stored encrypted under a master key; session tokens carry everything about a session, so that nothing has
to be stored about it.
"""

from __future__ import annotations

from gatewright.credentials.errors import CredentialError, ExpiredTokenError, InvalidTokenError, UnknownTokenKeyError
from gatewright.credentials.lookup import CredentialLookup
from gatewright.credentials.master import MasterKeys
from gatewright.credentials.store import AccessKey, CredentialStore, NewAccessKey
from gatewright.credentials.tokens import Session, SessionKind, TokenSealer

__all__ = [
    "AccessKey",
    "CredentialError",
    "CredentialLookup",
    "CredentialStore",
    "ExpiredTokenError",
    "InvalidTokenError",
    "MasterKeys",
    "NewAccessKey",
    "Session",
    "SessionKind",
    "TokenSealer",
    "UnknownTokenKeyError",
]
