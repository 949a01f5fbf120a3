"""Credentials -> who calls, and the condition keys of the caller (R120, R126, R127)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from gatewright.credentials import AccessKey, Session, SessionKind
from gatewright.sts import Caller

from .policies import Policies

# Keys that only credentials have which this gateway does not give out.
_ABSENT: Mapping[str, None] = dict.fromkeys(
    (
        "aws:AssumedRoot",
        "aws:ChatbotSourceArn",
        "aws:Ec2InstanceSourcePrivateIPv4",
        "aws:Ec2InstanceSourceVpc",
        "aws:FederatedProvider",
        "ec2:RoleDelivery",
        "ec2:SourceInstanceARN",
    )
)
_PRINCIPAL_TAG = "aws:principaltag/"

Keys = dict[str, "str | list[str] | None"]


def find_caller(credential: AccessKey | Session, policies: Policies) -> Caller:
    """Return who signs with a credential."""
    if isinstance(credential, Session):
        return Caller.of_session(credential)
    arn = credential.arn
    # A user that the store does not have is nobody to any policy; it can only ask who it is.
    unique = credential.account if credential.user is None else policies.ids.get(arn, credential.user)
    return Caller(arn, unique)


def caller_keys(caller: Caller, policies: Policies, asked: tuple[str, ...], now: datetime) -> Keys:
    """Return the condition keys of a caller, None for those known to be absent.

    Parameters
    ----------
    asked
        Keys that the policies ask for: of the tags that there are not, these are absent.
    """
    session = caller.session
    principal = caller.arn if session is None else session.principal_arn
    is_role = session is not None and session.kind is SessionKind.ASSUMED_ROLE
    is_federated = caller.is_federated
    keys: Keys = {
        **_ABSENT,
        "aws:PrincipalArn": caller.arn if is_federated else principal,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": "Account" if caller.is_root else "User",
        "aws:userid": caller.user_id,
        "aws:username": None if caller.is_root else principal.rpartition("/")[2],
        "aws:SourceIdentity": None if session is None else session.source_identity,
        "aws:TokenIssueTime": None,
        "aws:MultiFactorAuthPresent": None,
        "aws:MultiFactorAuthAge": None,
    }
    if is_role or is_federated:
        keys["aws:PrincipalType"] = "AssumedRole" if is_role else "FederatedUser"
        keys["aws:username"] = None
    if session is not None:
        keys["aws:TokenIssueTime"] = f"{session.issued.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        if not is_federated:
            keys["aws:MultiFactorAuthPresent"] = str(session.mfa_time is not None).lower()
        if session.mfa_time is not None:
            keys["aws:MultiFactorAuthAge"] = str(int((now - session.mfa_time).total_seconds()))
    _add_tags(keys, {**policies.tags.get(principal, {}), **(session.tags if session is not None else {})}, asked)
    organization = policies.organization
    if organization is None:
        keys |= {"aws:PrincipalOrgID": None, "aws:PrincipalOrgPaths": None}
    elif policies.has_organization(caller.account):
        keys["aws:PrincipalOrgID"] = organization.id  # its paths stay unknown
    return keys


def _add_tags(keys: Keys, tags: Mapping[str, str], asked: tuple[str, ...]) -> None:
    # Of tags that differ in case the last one counts, as a session's does over a user's.
    folded = {name.lower(): (name, value) for name, value in tags.items()}
    for key in asked:
        if key.lower().startswith(_PRINCIPAL_TAG) and key[len(_PRINCIPAL_TAG) :].lower() not in folded:
            keys[key] = None
    for name, value in folded.values():
        keys[f"aws:PrincipalTag/{name}"] = value
