"""Events -> requests, or the reason why an event is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .actions import FREE_ACTIONS, actions_of
from .call import Call, Context
from .cloudtrail import Event, Identity, Session
from .context import context_of
from .outcome import Outcome, Recorded, recorded_of
from .resources import find_facts, targets_of


class Reason(StrEnum):
    """Why an event is not evaluated: a closed list, in the order in which it is checked."""

    SIGN_IN = "console sign-in"
    SERVICE_EVENT = "AWS service event"
    ENDPOINT_EVENT = "VPC endpoint network event"
    INSIGHT = "insight event"
    SERVICE_CALL = "AWS service call"
    UNSIGNED = "unsigned call"
    OTHER_ACCOUNT = "caller of another account"
    FEDERATED_USER = "federated user: the session policies are not in the log"
    IDENTITY_PROVIDER = "identity provider: the role trust policy decides"
    DIRECTORY = "directory or Identity Center user, not an IAM principal"
    ASSUMED_ROOT = "root session: its task policy is not in the store"
    NO_IDENTITY = "the log does not tell who called"
    NO_ACTION = "no IAM action of this name is known"
    NO_PERMISSION = "the call needs no permission"
    ROLE_TRUST = "role trust policies are not evaluated"
    CROSS_ACCOUNT = "cross-account: the other account's policies are not in the store"
    NOT_IN_STORE = "principal not in the store"


@dataclass(frozen=True, slots=True)
class Request:
    """One question for the engine; ``resource`` None is unknown."""

    action: str
    resource: str | None
    context: Context


@dataclass(frozen=True, slots=True)
class Mapped:
    """An event as requests of one principal, or none of them and the reason."""

    principal: str | None
    action: str | None
    requests: tuple[Request, ...]
    recorded: Recorded
    reason: Reason | None = None


_EVENT_TYPES = {
    "AwsConsoleSignIn": Reason.SIGN_IN,
    "AwsServiceEvent": Reason.SERVICE_EVENT,
    "AwsVpceEvent": Reason.ENDPOINT_EVENT,
    "AwsCloudTrailInsight": Reason.INSIGHT,
}
_IDENTITY_TYPES = {
    "AWSService": Reason.SERVICE_CALL,
    "FederatedUser": Reason.FEDERATED_USER,
    "WebIdentityUser": Reason.IDENTITY_PROVIDER,
    "SAMLUser": Reason.IDENTITY_PROVIDER,
    "Directory": Reason.DIRECTORY,
    "IdentityCenterUser": Reason.DIRECTORY,
}
_ROOT = re.compile(r"arn:[a-z-]+:iam::\d{12}:root")
_REGION = re.compile(r"[a-z]{2,6}(?:-[a-z0-9]{1,16}){1,4}")
_NO_REGION = "\0"
_ARN_LIMIT = 4_096
# Query parameters and headers of S3 that CloudTrail logs (Service Authorization Reference, "condition keys for S3").
_S3_LISTING_KEYS = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"}
_S3_LISTINGS = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
_S3_KEYS = dict.fromkeys(_S3_LISTINGS, _S3_LISTING_KEYS) | {
    "s3:PutObject": {
        "x-amz-acl": "s3:x-amz-acl",
        "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    },
    "s3:GetObjectVersion": {"versionId": "s3:VersionId"},
    "s3:DeleteObjectVersion": {"versionId": "s3:VersionId"},
}
_ACCOUNT = re.compile(r"\d{12}")
_ARN_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_PRINCIPAL = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):(?:user|role|assumed-role)/[\x21-\x7e]{1,640}")


def map_event(event: Event, knows: Callable[[str], bool]) -> Mapped:
    """Turn an event into requests, or say why not.

    Parameters
    ----------
    knows
        Tells whether a principal's ARN is in a store.
    """
    recorded = recorded_of(event)
    identity = event.user_identity or Identity()
    reason = _unusable(event, identity)
    if reason is not None:
        return Mapped(identity.arn, None, (), recorded, reason)
    principal = _principal(identity, knows)
    if principal is None:
        return Mapped(identity.arn, None, (), recorded, Reason.NO_IDENTITY)
    parameters: dict[str, Any] = event.request_parameters if isinstance(event.request_parameters, dict) else {}
    actions = actions_of(event.event_source or "", event.event_name or "", parameters)
    if not actions and recorded.action is not None:
        actions = (recorded.action,)
    if not actions:
        return Mapped(principal, None, (), recorded, Reason.NO_ACTION)
    account = _account_of(principal)
    reason = _outside(event, account, principal, actions[0], knows)
    if reason is None:
        requests = _requests(event, principal, account, actions, parameters, recorded, knows)
        if not any(_is_foreign(request.resource, account) for request in requests):
            return Mapped(principal, actions[0], tuple(requests), recorded)
        reason = Reason.CROSS_ACCOUNT
    return Mapped(principal, actions[0], (), recorded, reason)


def _unusable(event: Event, identity: Identity) -> Reason | None:
    """Say what kind of event or caller no policy of a store speaks about."""
    if event.event_type in _EVENT_TYPES:
        return _EVENT_TYPES[event.event_type]
    if event.event_category == "Insight":
        return Reason.INSIGHT
    if event.event_category == "NetworkActivity":
        return Reason.ENDPOINT_EVENT
    if event.event_source == "signin.amazonaws.com":
        return Reason.SIGN_IN
    if identity.type in _IDENTITY_TYPES:
        return _IDENTITY_TYPES[identity.type]
    if identity.type == "AWSAccount":
        anonymous = "anonymous" in (identity.principal_id or "").lower() + (identity.account_id or "").lower()
        return Reason.UNSIGNED if anonymous else Reason.OTHER_ACCOUNT
    if identity.type is None and identity.invoked_by and identity.arn is None:
        return Reason.SERVICE_CALL
    session = identity.session_context or Session()
    if str(session.assumed_root).lower() == "true":
        return Reason.ASSUMED_ROOT
    return None


def _principal(identity: Identity, knows: Callable[[str], bool]) -> str | None:
    """Return the ARN that the store knows the caller by: for a session its role's, which has the path."""
    arn = identity.arn or ""
    if identity.type == "Root":
        if arn.endswith(":root") and _ROOT.fullmatch(arn):
            return arn
        account = identity.account_id or ""
        return f"arn:aws:iam::{account}:root" if _ACCOUNT.fullmatch(account) else None
    if identity.type == "AssumedRole":
        issuer = identity.session_context.session_issuer if identity.session_context is not None else None
        role = issuer.arn if issuer is not None and issuer.type == "Role" else None
        if role is not None and ":role/" in role and _PRINCIPAL.fullmatch(role):
            return role
        return arn if ":assumed-role/" in arn and _PRINCIPAL.fullmatch(arn) else None
    if identity.type == "IAMUser":
        if ":user/" in arn and _PRINCIPAL.fullmatch(arn):
            return arn
        plain = f"arn:aws:iam::{identity.account_id}:user/{identity.user_name}"
        return plain if not arn and _PRINCIPAL.fullmatch(plain) and knows(plain) else None
    return None


def _account_of(principal: str) -> str:
    return principal.split(":", 5)[4]


def _outside(event: Event, account: str, principal: str, action: str, knows: Callable[[str], bool]) -> Reason | None:
    """Say what keeps a call by a user, role or root out of an evaluation by the store's policies."""
    if action in FREE_ACTIONS:
        return Reason.NO_PERMISSION
    if action.startswith("sts:AssumeRole"):
        return Reason.ROLE_TRUST
    if event.recipient_account_id and event.recipient_account_id != account:
        return Reason.CROSS_ACCOUNT
    entries = [entry for entry in event.resources or () if not isinstance(entry, str)]
    if any(
        entry.account_id and _ACCOUNT.fullmatch(entry.account_id) and entry.account_id != account for entry in entries
    ):
        return Reason.CROSS_ACCOUNT
    return None if knows(principal) else Reason.NOT_IN_STORE


def _requests(
    event: Event,
    principal: str,
    account: str,
    actions: tuple[str, ...],
    parameters: dict[str, Any],
    recorded: Recorded,
    knows: Callable[[str], bool],
) -> list[Request]:
    """Return every authorization of the call."""
    context = context_of(event, principal)
    region = event.aws_region or ""
    has_region = _REGION.fullmatch(region) is not None
    requests = []
    for action in actions:
        call = Call(
            event=event,
            service=action.partition(":")[0],
            action=action,
            facts=find_facts(action),
            parameters=parameters,
            partition=principal.split(":", 2)[1],
            region=region if has_region else _NO_REGION,
            account=account,
            caller=principal,
            knows=knows,
        )
        for target in targets_of(call):
            own = _parameter_keys(target.action, event, parameters)
            merged = {**context, **own, **target.context} if own or target.context else context
            resource = target.resource
            if resource is not None and ((not has_region and _NO_REGION in resource) or len(resource) > _ARN_LIMIT):
                resource = None
            requests.append(Request(target.action, resource, merged))
    return _as_named(requests, recorded, context)


def _parameter_keys(action: str, event: Event, parameters: dict[str, Any]) -> Context:
    """Return the service's own keys that the parameters tell surely."""
    if action.startswith("ec2:"):
        return {"ec2:Region": event.aws_region} if event.aws_region else {}
    keys = _S3_KEYS.get(action)
    if keys is None:
        return {}
    texts = {key: parameters.get(name) for name, key in keys.items()}
    present: Context = {key: text for key, text in texts.items() if isinstance(text, str)}
    if action in _S3_LISTINGS and parameters.get("bucketName") and event.error_code is None:
        # S3 logs every query parameter, the empty prefix too: what is not there was not sent.
        present |= {key: None for key, text in texts.items() if text is None}
    return present


def _as_named(requests: list[Request], recorded: Recorded, context: Context) -> list[Request]:
    """Take over what a recorded denial names: it tells what AWS judged."""
    if recorded.outcome is not Outcome.DENIED or recorded.action is None:
        return requests
    named = recorded.action.lower()
    same = [request for request in requests if request.action.lower() == named]
    if not same:
        return [*requests, Request(recorded.action, recorded.resource, context)]
    if recorded.resource is not None and len(requests) == 1:
        return [Request(requests[0].action, recorded.resource, requests[0].context)]
    return requests


def _is_foreign(resource: str | None, account: str) -> bool:
    match = _ARN_ACCOUNT.match(resource) if resource is not None else None
    return match is not None and match[1] != account
