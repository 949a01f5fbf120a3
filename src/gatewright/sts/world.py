"""What STS has to know that no request says: who calls, what roles there are, who decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gatewright.credentials import MasterKeys, Session, SessionKind

ROLE_ARN = re.compile(r"arn:(aws(?:-[a-z]{1,10})*):iam::(\d{12}):role/(?:[!-~]{1,512}/)?([\w+=,.@-]{1,64})", re.ASCII)
_ARN = re.compile(r"arn:([a-z-]{1,30}):(?:iam|sts)::(\d{12}):(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: a user or a root user by a long-term key, or a session.

    Attributes
    ----------
    arn
        Who acts, as policies see it.
    user_id
        Unique id: ``AIDA...`` of a user, the account of a root user, ``AROA...:name`` of a role's session.
    session
        Where the credentials are temporary.
    """

    arn: str
    user_id: str
    session: Session | None = None

    @property
    def partition(self) -> str:
        """Partition of the caller's account: ``aws``, ``aws-cn``."""
        return self._parts()[0]

    @property
    def account(self) -> str:
        """The caller's account."""
        return self._parts()[1]

    @property
    def is_root(self) -> bool:
        """Whether the caller is the root user of an account, or a session of one."""
        return self._parts()[2] == "root"

    @property
    def is_federated(self) -> bool:
        """Whether the credentials came from GetFederationToken."""
        return self.session is not None and self.session.kind is SessionKind.FEDERATED

    def _parts(self) -> tuple[str, str, str]:
        match = _ARN.fullmatch(self.arn)
        if match is None:
            raise ValueError(f"`{self.arn}` is no principal of an account")
        return match[1], match[2], match[3]

    @classmethod
    def of_session(cls, session: Session) -> Caller:
        """Return the caller whose credentials are a session's."""
        return cls(session.session_arn, session.principal_id, session)


@dataclass(frozen=True, slots=True)
class Role:
    """A role that may be assumed.

    `role_id` is its unique id, `session_limit` its longest session in seconds (MaxSessionDuration).
    """

    arn: str
    role_id: str
    session_limit: int = 3600


Context = Mapping[str, str | list[str]]
Authorize = Callable[[Caller, str, str, Context], bool]
"""Caller, action, resource and context to whether it is allowed; for roles, the trust policy takes part."""


@dataclass(frozen=True, slots=True)
class World:
    """What STS has to know that no request says.

    Attributes
    ----------
    find_role
        ARN to role, or None.
    verify_mfa
        Caller, serial number and code of a second factor to whether it is the right one; without it none is.
    knows_policy
        Whether there is such a managed policy.
    """

    master_keys: MasterKeys
    now: datetime
    request_id: str
    authorize: Authorize
    find_role: Callable[[str], Role | None]
    verify_mfa: Callable[[Caller, str, str], bool] = lambda caller, serial, code: False
    knows_policy: Callable[[str], bool] = lambda arn: True
