"""What AWS answers to a call under a store: nothing, or an error in the words of the service."""

from __future__ import annotations

from datetime import datetime

from reference import Decision, decide

from .calls import Authorization, Call
from .sessions import Session, stamp

SHORT_CODE = {"s3", "iam", "sts", "monitoring", "rds", "cloudformation", "autoscaling", "ses", "organizations"}
"""Services that say ``AccessDenied``; the others say ``AccessDeniedException``, EC2 has words of its own."""

Error = tuple[str, str]


def refuse(session: Session, call: Call, now: datetime, region: str, address: str, agent: str) -> Error | None:
    """Decide a call: the error of the first authorization that fails, or None if all pass."""
    context = session.context(now) | {
        "aws:CurrentTime": stamp(now),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": address,
        "aws:UserAgent": agent,
        "aws:ViaAWSService": "false",
    }
    for authorization in call.authorizations:
        principal = session.principal
        decision = decide(
            principal.identity,
            principal.boundary,
            principal.arn,
            authorization.action,
            authorization.resource,
            {**context, **authorization.context},
        )
        if decision.effect != "allow":
            reason = explain(decision, session, authorization, context)
            return write_error(call, session.arn, authorization, reason)
    return None


def explain(decision: Decision, session: Session, authorization: Authorization, context: dict[str, str]) -> str:
    """Say why a call is refused, as AWS does."""
    if decision.determining is not None:
        policy = {"identity": "an identity-based policy", "boundary": "a permissions boundary"}
        return f"with an explicit deny in {policy[decision.determining.layer]}"
    principal = session.principal
    alone = decide(
        principal.identity,
        None,
        principal.arn,
        authorization.action,
        authorization.resource,
        {**context, **authorization.context},
    )
    policy_kind = "permissions boundary" if alone.effect == "allow" else "identity-based policy"
    return f"because no {policy_kind} allows the {authorization.action} action"


def write_error(call: Call, arn: str, authorization: Authorization, reason: str) -> Error:
    """Put an access-denied error into the words of the call's service."""
    on = "" if authorization.resource == "*" and call.service == "ec2" else f" on resource: {authorization.resource}"
    text = f"User: {arn} is not authorized to perform: {authorization.action}{on} {reason}"
    if call.service == "ec2":
        return "Client.UnauthorizedOperation", f"You are not authorized to perform this operation. {text}"
    return "AccessDenied" if call.service in SHORT_CODE else "AccessDeniedException", text
