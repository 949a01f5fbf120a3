"""The lookup that signatures are verified with: long-term keys from a store, temporary ones from their tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from gatewright.credentials.store import AccessKey, CredentialStore
from gatewright.credentials.tokens import Session, TokenSealer, check_session
from gatewright.signing.keys import SecretKey

Credential = AccessKey | Session


class CredentialLookup:
    """Access key id and session token to secret, for `gatewright.signing.verify_request`.

    A long-term key goes without a token, a temporary one with its own; anything else is not known.

    Parameters
    ----------
    clock
        Returns now, with a time zone.
    capacity
        How many opened sessions are kept in memory: to open a token takes several times as long as to verify a
        signature, and its holder sends it with every request.
    """

    def __init__(
        self, store: CredentialStore, sealer: TokenSealer, clock: Callable[[], datetime], capacity: int = 4096
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._capacity = capacity
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def __call__(self, access_key_id: str, token: str | None) -> SecretKey | None:
        """Return the secret, or None.

        Raises
        ------
        SignatureError
            The token is not one of ours, or expired.
        """
        found = self.find(access_key_id, token)
        return None if found is None else found[1]

    def find(self, access_key_id: str, token: str | None) -> tuple[Credential, SecretKey] | None:
        """Return what is known of a key, and the secret; or None."""
        if token is None:
            return self._store.find(access_key_id)
        session = self._sessions.get(token)
        if session is not None:
            check_session(session, access_key_id, self._clock())
        else:
            session = self._sealer.open(token, access_key_id, self._clock())
            with self._lock:
                if len(self._sessions) >= self._capacity:
                    del self._sessions[next(iter(self._sessions))]
                self._sessions[token] = session
        return session, session.secret
