"""Session tokens: everything about a session, sealed, so that nothing has to be stored about it.

    | version 1 | id length 1 | id of the master key | nonce 12 | sealed: | length 4 | head | packed | | tag 16 |

The head is JSON with the access key, its secret, who and when; `packed` is deflated JSON with what the caller chose:
policies, tags.  The two are deflated apart, so that no choice tells about the secret by its length.  What stands
before the nonce is authenticated too.  Text form: base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from gatewright.credentials.errors import CredentialError, ExpiredTokenError, InvalidTokenError, UnknownTokenKeyError
from gatewright.credentials.master import NONCE_SIZE, ForgedError, MasterKeys, Sealed, UnknownKeyError
from gatewright.signing.keys import SecretKey

VERSION = 1
TOKEN_LIMIT = 8192
"""Characters of a token; the longest that is sealed has about 6,600."""
PACKED_LIMIT = 2048
"""Bytes of policies and tags once deflated.  AWS says in percent how much of its limit a session takes
(PackedPolicySize), and neither the limit nor the packing."""
_UNPACKED_LIMIT = 1 << 17
_USE = "session token"


class SessionKind(Enum):
    """How a session came about."""

    SESSION_TOKEN = "GetSessionToken"
    FEDERATED = "GetFederationToken"
    ASSUMED_ROLE = "AssumeRole"


class PackedTooLargeError(CredentialError):
    """Policies and tags do not fit into a token; `percent` says how much of the limit they take."""

    def __init__(self, percent: int) -> None:
        super().__init__(f"policies and tags take {percent} % of the space of a session token")
        self.percent = percent


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials and what goes with them.

    Attributes
    ----------
    principal_arn
        Whose permissions the session has: the user, or the role.
    session_arn
        Who acts: the same user, a federated user, or an assumed role.
    principal_id
        Unique id of who acts, such as ``AROAEXAMPLE:name``.
    issued, expires
        Whole seconds, UTC.
    policy
        Session policy document, as it was given.
    policy_arns
        Managed policies that are session policies.
    tags, transitive_tags
        Session tags, and the keys of those that further roles inherit.
    mfa_time
        When the user showed a second factor.
    is_chained
        Whether the role was assumed by a role's session.
    """

    kind: SessionKind
    access_key_id: str
    secret: SecretKey
    principal_arn: str
    session_arn: str
    principal_id: str
    issued: datetime
    expires: datetime
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_time: datetime | None = None
    is_chained: bool = False

    @property
    def packed_percent(self) -> int:
        """How much of the space for policies and tags the session takes, in percent, rounded up."""
        return -(-100 * len(_pack(self)) // PACKED_LIMIT)


class TokenSealer:
    """Seals sessions and opens tokens; needs master keys, and nothing of the store."""

    def __init__(self, master_keys: MasterKeys) -> None:
        self._master_keys = master_keys

    def __repr__(self) -> str:
        return f"TokenSealer({self._master_keys!r})"

    def seal(self, session: Session) -> str:
        """Return the token of a session.

        Raises
        ------
        PackedTooLargeError
            Policies and tags do not fit.
        """
        packed = _pack(session)
        if len(packed) > PACKED_LIMIT:
            raise PackedTooLargeError(session.packed_percent)
        head = json.dumps(_head(session), separators=(",", ":")).encode()
        text = len(head).to_bytes(4, "big") + head + packed
        return write_sealed(self._master_keys, text, _USE)

    def open(self, token: str, access_key_id: str, now: datetime) -> Session:
        """Return the session of a token.

        Parameters
        ----------
        access_key_id
            The key that the request was signed with; a token goes with one.
        now
            With a time zone.

        Raises
        ------
        InvalidTokenError
            It was changed, or not sealed here, or goes with another key; `UnknownTokenKeyError` where the master key
            is not known.
        ExpiredTokenError
            The session is over.
        """
        if len(token) > TOKEN_LIMIT:
            raise InvalidTokenError(f"the session token is longer than {TOKEN_LIMIT:,} characters")
        text = read_sealed(self._master_keys, token, _USE)
        size = int.from_bytes(text[:4], "big")
        session = _session(json.loads(text[4 : 4 + size]), _unpack(text[4 + size :]))
        check_session(session, access_key_id, now)
        return session


def check_session(session: Session, access_key_id: str, now: datetime) -> None:
    """Refuse a session of another key, or one that is over; see `TokenSealer.open`."""
    if session.access_key_id != access_key_id:
        raise InvalidTokenError("the session token is that of another access key")
    if now >= session.expires:
        raise ExpiredTokenError(f"the session token expired at {session.expires:%Y-%m-%dT%H:%M:%SZ}")


def write_sealed(master_keys: MasterKeys, text: bytes, use: str) -> str:
    """Return a sealed text in its text form."""
    header = _header(master_keys.ids[0])
    sealed = master_keys.seal(text, use, header)
    return base64.b64encode(header + sealed.nonce + sealed.ciphertext).decode("ascii")


def read_sealed(master_keys: MasterKeys, token: str, use: str) -> bytes:
    """Open the text form of a sealed text.

    Raises
    ------
    InvalidTokenError
        See `TokenSealer.open`.
    """
    try:
        raw = base64.b64decode(token.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidTokenError("the token is no base64") from None
    if raw[:1] != bytes([VERSION]) or len(raw) < 2:
        raise InvalidTokenError("the token has no version that is known")
    if base64.b64encode(raw).decode("ascii") != token:  # the last bits may be spelled several ways
        raise InvalidTokenError("the token is no base64")
    header, rest = raw[: 2 + raw[1]], raw[2 + raw[1] :]
    try:
        key_id = header[2:].decode("ascii")
        return master_keys.open(Sealed(key_id, rest[:NONCE_SIZE], rest[NONCE_SIZE:]), use, header)
    except UnknownKeyError:
        raise UnknownTokenKeyError("the token is sealed under a master key that is not known") from None
    except (ForgedError, UnicodeDecodeError):
        raise InvalidTokenError("the token was not sealed here, or was changed") from None


def _header(key_id: str) -> bytes:
    return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")


def _head(session: Session) -> dict[str, Any]:
    return {
        "kind": session.kind.name,
        "key": session.access_key_id,
        "secret": session.secret.reveal(),
        "principal": session.principal_arn,
        "session": session.session_arn,
        "id": session.principal_id,
        "issued": int(session.issued.timestamp()),
        "expires": int(session.expires.timestamp()),
        "source": session.source_identity,
        "mfa": None if session.mfa_time is None else int(session.mfa_time.timestamp()),
        "chained": session.is_chained,
    }


def _pack(session: Session) -> bytes:
    chosen = [session.policy, session.policy_arns, dict(session.tags), session.transitive_tags]
    if chosen == [None, (), {}, ()]:
        return b""
    return zlib.compress(json.dumps(chosen, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def _unpack(packed: bytes) -> list[Any]:
    if not packed:
        return [None, [], {}, []]
    # Sealed here, and bounded all the same.
    text = zlib.decompressobj().decompress(packed, _UNPACKED_LIMIT)
    unpacked: list[Any] = json.loads(text)
    return unpacked


def _session(head: dict[str, Any], chosen: list[Any]) -> Session:
    policy, policy_arns, tags, transitive_tags = chosen
    return Session(
        SessionKind[head["kind"]],
        head["key"],
        SecretKey(head["secret"]),
        head["principal"],
        head["session"],
        head["id"],
        datetime.fromtimestamp(head["issued"], UTC),
        datetime.fromtimestamp(head["expires"], UTC),
        policy,
        tuple(policy_arns),
        tags,
        tuple(transitive_tags),
        head["source"],
        None if head["mfa"] is None else datetime.fromtimestamp(head["mfa"], UTC),
        head["chained"],
    )
