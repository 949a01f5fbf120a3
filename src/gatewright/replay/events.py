"""Events -> requests, or the reason why an event is none."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .actions import FREE_ACTIONS, actions_of
from .call import Call, Context
from .callers import ANONYMOUS, Caller, caller_of
from .cloudtrail import Event
from .context import context_of
from .known import Known
from .outcome import Outcome, Recorded, recorded_of
from .owners import Owner, is_account, is_foreign, needs_trust, owners_of
from .reasons import Reason
from .resources import find_facts, targets_of


class Request(NamedTuple):
    """One question for the engine; ``resource`` None is unknown.

    ``account`` is the resource's owner where neither its ARN nor the table tells it.  Where a policy that would decide
    is in no store, ``missing`` says so: then only an explicit denial is sure.
    """

    action: str
    resource: str | None
    context: Context
    account: str | None = None
    missing: Reason | None = None


class Mapped(NamedTuple):
    """An event as requests of one principal, or none of them and the reason.

    ``asked`` is the principal as the engine is asked for it, a session for its role; ``endpoint`` the VPC endpoint that
    the call passed.  With ``is_open`` a decision may rest on a policy that a store lacks.
    """

    principal: str | None
    action: str | None
    requests: tuple[Request, ...]
    recorded: Recorded
    reason: Reason | None = None
    asked: str = ""
    endpoint: str | None = None
    is_open: bool = False


_EVENT_TYPES = {
    "AwsConsoleSignIn": Reason.SIGN_IN,
    "AwsServiceEvent": Reason.SERVICE_EVENT,
    "AwsVpceEvent": Reason.ENDPOINT_EVENT,
    "AwsCloudTrailInsight": Reason.INSIGHT,
}
_REGION = re.compile(r"[a-z]{2,6}(?:-[a-z0-9]{1,16}){1,4}")
_UNTOLD = "\0"
"""Stands in ARNs for a Region or an account that the log does not tell; such an ARN is unknown."""
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


def map_event(event: Event, known: Known) -> Mapped:
    """Turn an event into requests, or say why not."""
    recorded = recorded_of(event)
    shown = event.user_identity.arn if event.user_identity is not None else None
    reason = _unusable(event)
    if reason is not None:
        return Mapped(shown, None, (), recorded, reason)
    caller = caller_of(event, known)
    if isinstance(caller, Reason):
        return Mapped(shown, None, (), recorded, caller)
    parameters: dict[str, Any] = event.request_parameters if isinstance(event.request_parameters, dict) else {}
    actions = actions_of(event.event_source or "", event.event_name or "", parameters)
    if not actions and recorded.action is not None:
        actions = (recorded.action,)
    if not actions:
        return Mapped(caller.principal, None, (), recorded, Reason.NO_ACTION)
    reason = _needless(caller, actions[0], known)
    if reason is not None:
        return Mapped(caller.principal, actions[0], (), recorded, reason)
    requests = _requests(event, caller, actions, parameters, recorded, known)
    endpoint = event.vpc_endpoint_id or None
    requests, is_open = _completed(requests, event, caller, known)
    return Mapped(caller.principal, actions[0], tuple(requests), recorded, None, caller.asked, endpoint, is_open)


def _unusable(event: Event) -> Reason | None:
    """Say what kind of event no policy of a store speaks about."""
    if event.event_type in _EVENT_TYPES:
        return _EVENT_TYPES[event.event_type]
    if event.event_category == "Insight":
        return Reason.INSIGHT
    if event.event_category == "NetworkActivity":
        return Reason.ENDPOINT_EVENT
    return Reason.SIGN_IN if event.event_source == "signin.amazonaws.com" else None


def _needless(caller: Caller, action: str, known: Known) -> Reason | None:
    """Say which calls no policy decides, and whose policies are in no store."""
    if action in FREE_ACTIONS:
        return Reason.NO_PERMISSION
    if caller.account:
        return None if known.knows(caller.principal) else Reason.NOT_IN_STORE
    # Only S3 takes unsigned calls by its policies (R144); sign-ups and the like are open to everybody.
    return Reason.UNSIGNED if caller.asked == ANONYMOUS and not action.startswith("s3:") else None


def _requests(
    event: Event,
    caller: Caller,
    actions: tuple[str, ...],
    parameters: dict[str, Any],
    recorded: Recorded,
    known: Known,
) -> list[Request]:
    """Return every authorization of the call."""
    context = context_of(event, caller)
    region = event.aws_region or ""
    has_region = _REGION.fullmatch(region) is not None
    account = caller.account or event.recipient_account_id or ""
    requests = []
    for action in actions:
        call = Call(
            event=event,
            service=action.partition(":")[0],
            action=action,
            facts=find_facts(action),
            parameters=parameters,
            partition=caller.principal.split(":", 2)[1] if caller.account else _partition(region),
            region=region if has_region else _UNTOLD,
            account=account if caller.account or is_account(account) else _UNTOLD,
            caller=caller.principal,
            knows=known.knows,
        )
        for target in targets_of(call):
            own = _parameter_keys(target.action, event, parameters)
            merged = {**context, **own, **target.context} if own or target.context else context
            resource = target.resource
            if resource is not None and (_UNTOLD in resource or len(resource) > _ARN_LIMIT):
                resource = None
            requests.append(Request(target.action, resource, merged))
    return _as_named(requests, recorded, context)


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _completed(requests: list[Request], event: Event, caller: Caller, known: Known) -> tuple[list[Request], bool]:
    """Add owners, and say where a policy that would decide is in no store."""
    account = caller.account
    owners = owners_of(event, account)
    passes_unknown = bool(event.vpc_endpoint_id) and not known.has_endpoint(event.vpc_endpoint_id or "")
    is_open = False
    for index, request in enumerate(requests):
        resource = request.resource
        is_trust = needs_trust(request.action)
        if owners is None and account and not is_trust and not passes_unknown and not is_foreign(resource, account):
            continue
        owner = owners.owner_of(resource) if owners is not None else Owner(None, is_foreign(resource, account))
        missing = None
        if (owner.is_other or not account or is_trust) and not _has_policy(request, owner, known):
            no_resource = resource == "*" and caller.asked != ANONYMOUS
            missing = Reason.SERVICE_CALL if no_resource else Reason.NO_RESOURCE_POLICY
        elif passes_unknown:
            missing = Reason.NO_ENDPOINT_POLICY
        if missing is not None or owner.account is not None:
            requests[index] = Request(request.action, resource, request.context, owner.account, missing)
        is_open = is_open or missing is not None
    return requests, is_open


def _has_policy(request: Request, owner: Owner, known: Known) -> bool:
    """Tell whether a store knows the policy at the resource's side, and whose the resource is."""
    resource = request.resource
    if resource is None or (owner.is_hidden and not known.has_owner(resource)):
        return False
    return known.has_policy(request.action, resource)


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
