"""The identity of an event -> who asks the engine, or the reason why nobody does.

Sources: CloudTrail User Guide, "CloudTrail userIdentity element"; IAM User Guide, "Logging IAM and AWS STS API calls".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gatewright.remembering import remember

from .cloudtrail import Event, Identity, Session
from .known import Known
from .reasons import Reason


class Caller(NamedTuple):
    """Who called.

    ``principal`` is the name that stores and reports have: for a session its role, with the path.  ``asked`` is what
    the engine is asked for: a session itself.  ``account`` is empty for who has none: services, identity providers and
    unsigned callers.
    """

    principal: str
    asked: str
    account: str


ANONYMOUS = "anonymous"
_ARN_LIMIT = 1_024  # nor is any longer text kept in a cache
_ROOT = re.compile(r"arn:[a-z-]+:iam::\d{12}:root")
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):(?:user|role|assumed-role)/[\x21-\x7e]{1,640}")
_FEDERATED = re.compile(r"arn:[a-z-]+:sts::(\d{12}):federated-user/[\x21-\x7e]{1,64}")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]{0,100}\.amazonaws\.com(?:\.cn)?")
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::\d{12}:(saml|oidc)-provider/[\x21-\x7e]{1,256}")
# Providers that need no entry in IAM (R18).
WEB_PROVIDERS = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)
_NO_SESSION = Session()
_UNUSABLE = {"Directory": Reason.DIRECTORY, "IdentityCenterUser": Reason.DIRECTORY}


def caller_of(event: Event, known: Known) -> Caller | Reason:
    """Return who called, or why it is nobody that a policy of a store could name."""
    identity = event.user_identity or Identity()
    kind = identity.type
    session = identity.session_context or _NO_SESSION
    if session.assumed_root is not None and str(session.assumed_root).lower() == "true":
        return Reason.ASSUMED_ROOT
    if kind == "IAMUser":
        return _user(identity, known)
    if kind == "AssumedRole":
        issuer = session.session_issuer
        role = issuer.arn if issuer is not None and issuer.type == "Role" else None
        arn = identity.arn or ""
        is_long = len(arn) > _ARN_LIMIT or (role is not None and len(role) > _ARN_LIMIT)
        return Reason.NO_IDENTITY if is_long else _role(arn, role or "")
    if kind == "Root":
        return _root(identity)
    if kind == "AWSService" or (kind is None and identity.invoked_by and identity.arn is None):
        name = identity.invoked_by or ""
        return Caller(name, name, "") if _SERVICE.fullmatch(name) else Reason.NO_IDENTITY
    if kind == "AWSAccount":
        unsigned = ANONYMOUS in (identity.principal_id or "").lower() + (identity.account_id or "").lower()
        return Caller(ANONYMOUS, ANONYMOUS, "") if unsigned else Reason.OTHER_ACCOUNT
    if kind == "FederatedUser":
        match = _FEDERATED.fullmatch(identity.arn or "")
        if match is None:
            return Reason.NO_IDENTITY
        return Caller(match[0], match[0], match[1]) if known.knows(match[0]) else Reason.FEDERATED_USER
    if kind in ("WebIdentityUser", "SAMLUser"):
        return _provider(event, identity)
    return _UNUSABLE.get(kind or "", Reason.NO_IDENTITY)


def _user(identity: Identity, known: Known) -> Caller | Reason:
    arn = identity.arn or ""
    if len(arn) <= _ARN_LIMIT and (named := _named_user(arn)) is not None:
        return named
    plain = f"arn:aws:iam::{identity.account_id}:user/{identity.user_name}"
    if not arn and (match := _PRINCIPAL.fullmatch(plain)) and known.knows(plain):
        return Caller(plain, plain, match[1])
    return Reason.NO_IDENTITY


@remember(4_096)
def _named_user(arn: str) -> Caller | None:
    match = _PRINCIPAL.fullmatch(arn) if ":user/" in arn else None
    return Caller(arn, arn, match[1]) if match is not None else None


@remember(4_096)
def _role(arn: str, role: str) -> Caller | Reason:
    """Name the session of a role, by its own ARN and by the role's, where the log has them."""
    own = _PRINCIPAL.fullmatch(arn) if ":assumed-role/" in arn else None
    if ":role/" in role and (match := _PRINCIPAL.fullmatch(role)):
        # Where the session is another role's, as in a log that was tampered with, the role counts.
        is_its = own is not None and own[1] == match[1] and arn.split("/")[1] == role.rpartition("/")[2]
        return Caller(role, arn if is_its else role, match[1])
    return Caller(arn, arn, own[1]) if own is not None else Reason.NO_IDENTITY


def _root(identity: Identity) -> Caller | Reason:
    arn = identity.arn or ""
    account = identity.account_id or ""
    if not (arn.endswith(":root") and _ROOT.fullmatch(arn)):
        if not _ACCOUNT.fullmatch(account):
            return Reason.NO_IDENTITY
        arn = f"arn:aws:iam::{account}:root"
    return Caller(arn, arn, arn.split(":", 5)[4])


def _provider(event: Event, identity: Identity) -> Caller | Reason:
    """Name an identity provider; of SAML the identity tells a hash, and the parameters the provider."""
    name = identity.identity_provider
    if identity.type == "SAMLUser":
        parameters = event.request_parameters
        name = parameters.get("principalArn") if isinstance(parameters, dict) else None
    if not isinstance(name, str):
        return Reason.NO_IDENTITY
    match = _PROVIDER.fullmatch(name)
    wanted = "saml" if identity.type == "SAMLUser" else "oidc"
    is_one = match[1] == wanted if match is not None else wanted == "oidc" and name in WEB_PROVIDERS
    return Caller(name, name, "") if is_one else Reason.NO_IDENTITY
