"""The operations: parameters, caller and world to a result.

Source: STS API reference, 2011-06-15; "Compare AWS STS credentials" (IAM User Guide) for who may call what.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gatewright.credentials import Session, SessionKind, TokenSealer
from gatewright.credentials.store import new_access_key_id, new_secret
from gatewright.credentials.tokens import PackedTooLargeError
from gatewright.signing.keys import SecretKey
from gatewright.sts import parameters as read
from gatewright.sts.errors import StsError
from gatewright.sts.messages import decode_message
from gatewright.sts.parameters import Parameters, shown
from gatewright.sts.responses import Result
from gatewright.sts.world import ROLE_ARN, Caller, Context, World

HOUR = 3600
TWELVE_HOURS = 12 * HOUR
DAY_AND_A_HALF = 36 * HOUR


def get_caller_identity(parameters: Parameters, caller: Caller, world: World) -> Result:
    """Say who calls; needs no permission, and no policy can deny it."""
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def get_session_token(parameters: Parameters, caller: Caller, world: World) -> Result:
    """Return temporary credentials for a user; needs no permission: it is how users show their second factor."""
    seconds = read.read_seconds(parameters, TWELVE_HOURS, DAY_AND_A_HALF)
    mfa_time = _read_mfa(parameters, caller, world)
    if caller.session is not None:
        raise StsError("AccessDenied", "Cannot call GetSessionToken with session credentials")
    session = _new_session(
        SessionKind.SESSION_TOKEN,
        principal_arn=caller.arn,
        session_arn=caller.arn,
        principal_id=caller.user_id,
        world=world,
        # Longer sessions of a root user become sessions of an hour.
        seconds=min(seconds, HOUR) if caller.is_root else seconds,
        mfa_time=mfa_time,
    )
    return {"Credentials": _seal(session, world)}


def get_federation_token(parameters: Parameters, caller: Caller, world: World) -> Result:
    """Return temporary credentials for somebody whom a user vouches for."""
    name = read.require_text(parameters, "Name", read.FEDERATED_NAME)
    seconds = read.read_seconds(parameters, TWELVE_HOURS, DAY_AND_A_HALF)
    policy, policy_arns = _read_policies(parameters, world)
    tags = read.read_tags(parameters)
    if caller.session is not None:
        raise StsError("AccessDenied", "Cannot call GetFederationToken with session credentials")
    arn = f"arn:{caller.partition}:sts::{caller.account}:federated-user/{name}"
    context = _tag_context(tags, ())
    _authorize("sts:GetFederationToken", arn, context, caller, world)
    if tags:
        _authorize("sts:TagSession", arn, context, caller, world)
    session = _new_session(
        SessionKind.FEDERATED,
        principal_arn=caller.arn,
        session_arn=arn,
        principal_id=f"{caller.account}:{name}",
        world=world,
        seconds=min(seconds, HOUR) if caller.is_root else seconds,
        policy=policy,
        policy_arns=policy_arns,
        tags=tags,
    )
    return {
        "Credentials": _seal(session, world),
        "FederatedUser": {"FederatedUserId": session.principal_id, "Arn": arn},
        "PackedPolicySize": str(session.packed_percent),
    }


def assume_role(parameters: Parameters, caller: Caller, world: World) -> Result:
    """Return temporary credentials of a role, whose trust policy takes part in the decision."""
    role_arn = read.require_text(parameters, "RoleArn", read.ROLE_ARN)
    name = read.require_text(parameters, "RoleSessionName", read.SESSION_NAME)
    seconds = read.read_seconds(parameters, HOUR, TWELVE_HOURS)
    external_id = read.read_text(parameters, "ExternalId", read.EXTERNAL_ID)
    policy, policy_arns = _read_policies(parameters, world)
    tags = read.read_tags(parameters)
    transitive = read.read_transitive_tags(parameters, tags)
    source_identity = read.read_text(parameters, "SourceIdentity", read.SOURCE_IDENTITY)
    match = ROLE_ARN.fullmatch(role_arn)
    if match is None:
        raise StsError("ValidationError", f"{shown(role_arn)} is invalid")
    mfa_time = _read_mfa(parameters, caller, world)
    if caller.is_root:
        raise StsError("AccessDenied", "Roles may not be assumed by root accounts.")
    if caller.is_federated:
        raise StsError("AccessDenied", "Cannot call AssumeRole with federated session credentials")
    tags, transitive, source_identity = _inherit(caller, tags, transitive, source_identity)

    context: dict[str, str | list[str]] = {**_tag_context(tags, transitive), "sts:RoleSessionName": name}
    if external_id is not None:
        context["sts:ExternalId"] = external_id
    if source_identity is not None:
        context["sts:SourceIdentity"] = source_identity
    if mfa_time is not None:
        context |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
    role = world.find_role(role_arn)
    actions = ["sts:AssumeRole"]
    if tags:
        actions.append("sts:TagSession")
    if source_identity is not None:
        actions.append("sts:SetSourceIdentity")
    for action in actions:
        if role is None:  # answered as a denial: who may not know a role learns nothing of it
            raise _denial(action, role_arn, caller)
        _authorize(action, role_arn, context, caller, world)
    assert role is not None
    # Any temporary credentials count, those of GetSessionToken too.
    if caller.session is not None and seconds > HOUR:
        limit = "the 1 hour session limit for roles assumed by role chaining"
        raise StsError("ValidationError", f"The requested DurationSeconds exceeds {limit}.")
    if seconds > role.session_limit:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise StsError("ValidationError", message)
    partition, account, role_name = match.groups()
    session = _new_session(
        SessionKind.ASSUMED_ROLE,
        principal_arn=role.arn,
        session_arn=f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}",
        principal_id=f"{role.role_id}:{name}",
        world=world,
        seconds=seconds,
        policy=policy,
        policy_arns=policy_arns,
        tags=tags,
        transitive_tags=transitive,
        source_identity=source_identity,
        mfa_time=mfa_time,
        is_chained=caller.session is not None and caller.session.kind is SessionKind.ASSUMED_ROLE,
    )
    result: dict[str, str | Result] = {
        "AssumedRoleUser": {"AssumedRoleId": session.principal_id, "Arn": session.session_arn},
        "Credentials": _seal(session, world),
        "PackedPolicySize": str(session.packed_percent),
    }
    if source_identity is not None:
        result["SourceIdentity"] = source_identity
    return result


def decode_authorization_message(parameters: Parameters, caller: Caller, world: World) -> Result:
    """Return what an encoded authorization message says; the caller needs the permission, on everything."""
    encoded = read.require_text(parameters, "EncodedMessage", read.ENCODED_MESSAGE)
    _authorize("sts:DecodeAuthorizationMessage", "*", {}, caller, world)
    return {"DecodedMessage": decode_message(world.master_keys, encoded, caller.account)}


def _authorize(action: str, resource: str, context: Context, caller: Caller, world: World) -> None:
    if world.authorize(caller, action, resource, context) is not True:
        raise _denial(action, resource, caller)


def _denial(action: str, resource: str, caller: Caller) -> StsError:
    on = "" if resource == "*" else f" on resource: {shown(resource)}"
    return StsError("AccessDenied", f"User: {caller.arn} is not authorized to perform: {action}{on}")


def _read_mfa(parameters: Parameters, caller: Caller, world: World) -> datetime | None:
    """Return when the second factor was shown: now, or None where none is claimed."""
    serial = read.read_text(parameters, "SerialNumber", read.SERIAL_NUMBER)
    code = read.read_text(parameters, "TokenCode", read.TOKEN_CODE)
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise StsError("ValidationError", "SerialNumber and TokenCode have to be given together.")
    if caller.session is not None or world.verify_mfa(caller, serial, code) is not True:
        raise StsError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
    return world.now


def _read_policies(parameters: Parameters, world: World) -> tuple[str | None, tuple[str, ...]]:
    """Return the session policies: one document, and managed policies; 2,048 characters together."""
    policy = read.read_text(parameters, "Policy", read.POLICY)
    policy_arns = read.read_policy_arns(parameters, world.knows_policy)
    length = len(policy or "") + sum(map(len, policy_arns))
    if length > read.POLICY.longest:
        raise read.invalid(policy, "Policy", f"Member must have length less than or equal to {read.POLICY.longest}")
    if policy is not None:
        _check_policy(policy)
    return policy, policy_arns


def _check_policy(text: str) -> None:
    """Refuse a session policy that is none; what is wrong is said as `gatewright check` says it."""
    # The compiler is loaded here: a gateway that passes no session policies never loads Lark.
    from gatewright.compiler.check import check_document
    from gatewright.compiler.errors import PolicyError, Severity
    from gatewright.compiler.source import Source
    from gatewright.compiler.syntax import Document, PolicyKind

    try:
        _, findings = check_document(Document("Policy", PolicyKind.SESSION, Source(text, "Policy")), api=True)
    except PolicyError as error:
        findings = error.findings
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise StsError("MalformedPolicyDocument", shown(f"{errors[0].code}: {errors[0].message}"))


def _inherit(
    caller: Caller, tags: dict[str, str], transitive: tuple[str, ...], source_identity: str | None
) -> tuple[dict[str, str], tuple[str, ...], str | None]:
    """Return tags and source identity with those that go on along a chain of roles; they cannot be changed."""
    session = caller.session
    if session is None:
        return tags, transitive, source_identity
    given = {key.lower() for key in tags}
    inherited = {key: session.tags[key] for key in session.transitive_tags}
    for key in inherited:
        if key.lower() in given:
            message = f"The tag {shown(key)} is inherited as a transitive tag and cannot be set again."
            raise StsError("InvalidParameterValue", message)
    if session.source_identity is not None:
        if source_identity not in (None, session.source_identity):
            raise StsError("AccessDenied", "The source identity of a session cannot be changed.")
        source_identity = session.source_identity
    return {**inherited, **tags}, (*inherited, *transitive), source_identity


def _tag_context(tags: dict[str, str], transitive: tuple[str, ...]) -> Context:
    if not tags:
        return {}
    context: dict[str, str | list[str]] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    context["aws:TagKeys"] = list(tags)
    if transitive:
        context["sts:TransitiveTagKeys"] = list(transitive)
    return context


def _new_session(
    kind: SessionKind,
    *,
    principal_arn: str,
    session_arn: str,
    principal_id: str,
    world: World,
    seconds: int,
    policy: str | None = None,
    policy_arns: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    transitive_tags: tuple[str, ...] = (),
    source_identity: str | None = None,
    mfa_time: datetime | None = None,
    is_chained: bool = False,
) -> Session:
    issued = world.now.replace(microsecond=0)
    return Session(
        kind,
        new_access_key_id("ASIA"),
        SecretKey(new_secret()),
        principal_arn,
        session_arn,
        principal_id,
        issued,
        issued + timedelta(seconds=seconds),
        policy,
        policy_arns,
        tags or {},
        transitive_tags,
        source_identity,
        mfa_time and mfa_time.replace(microsecond=0),
        is_chained,
    )


def _seal(session: Session, world: World) -> Result:
    try:
        token = TokenSealer(world.master_keys).seal(session)
    except PackedTooLargeError as error:
        message = f"Packed size of session tags and policies consumes {error.percent}% of allotted space."
        raise StsError("PackedPolicyTooLarge", message) from None
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret.reveal(),
        "SessionToken": token,
        "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
