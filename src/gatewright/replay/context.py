"""Events -> condition keys: present as the log tells them, None where known to be absent; all others are unknown.

Sources: rules R120-R129 (AWS's page of global condition keys), CloudTrail's page of the userIdentity element.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime

from gatewright.remembering import remember

from .call import Context
from .callers import ANONYMOUS, WEB_PROVIDERS, Caller
from .cloudtrail import Event, Identity, Session
from .trust import provider_keys

# A log may hold a caller's address as the service's name or as the text "AWS Internal"; both tell no address.
_PRIVATE_RANGES = (
    "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 fc00::/7 fe80::/10 ::1/128"
)
_PRIVATE = [ipaddress.ip_network(text) for text in _PRIVATE_RANGES.split()]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_SERVICE_ROLE = ":role/aws-service-role/"
_IDENTITY_CENTER_ROLE = ":role/aws-reserved/sso.amazonaws.com/"
# CloudTrail cuts user agents at 1 KB, and S3 and the console put them in brackets.
_AGENT_LIMIT = 1_000

# Only callers that are AWS services have these (R120).
_SERVICE_KEYS: Context = dict.fromkeys(
    (
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
    )
)
_PRINCIPAL_TYPES = {
    "IAMUser": "User",
    "AssumedRole": "AssumedRole",
    "Root": "Account",
    "FederatedUser": "FederatedUser",
}
# Only signed calls have these.
_SIGNED_KEYS = ("aws:TokenIssueTime", "aws:MultiFactorAuthPresent", "aws:SourceIdentity")
_CALLED_VIA = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")
_ENDPOINT_KEYS = (
    "aws:SourceVpce",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
)


@remember(16_384)
def address_kind(text: str) -> str:
    """Tell ``public`` and ``private`` addresses from text that is ``none``."""
    if len(text) > 45:
        return "none"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "none"
    return "private" if any(address in network for network in _PRIVATE) else "public"


@remember(4_096)
def epoch_of(time: str) -> int | None:
    """Return the epoch seconds of an event's time; None when it is no such time."""
    if not _TIME.fullmatch(time):
        return None
    try:
        moment = datetime.fromisoformat(time[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def context_of(event: Event, caller: Caller) -> Context:
    """Return the condition keys of an event, whoever calls."""
    if not caller.account:
        return _context_without_account(event, caller.principal)
    principal = caller.principal
    identity = event.user_identity or Identity()
    session = identity.session_context or Session()
    context: Context = {
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": _PRINCIPAL_TYPES.get(identity.type or ""),
        **_SERVICE_KEYS,
    }
    if ":assumed-role/" not in principal:
        context["aws:PrincipalArn"] = principal
    if identity.account_id:
        context["aws:PrincipalAccount"] = identity.account_id
    if identity.principal_id:
        context["aws:userid"] = identity.principal_id
    if identity.type == "IAMUser":
        context["aws:username"] = identity.user_name or principal.rpartition("/")[2]
    else:
        context["aws:username"] = None
    _add_call(context, event)
    _add_credentials(context, identity, session, principal)
    _add_network(context, event, identity, principal)
    return context


def _context_without_account(event: Event, name: str) -> Context:
    """Return the keys of a call by an AWS service, an identity provider's user, or anybody who does not sign."""
    context: Context = {"aws:PrincipalArn": None, "aws:username": None}
    _add_call(context, event)
    if name == ANONYMOUS:  # R63
        context |= {"aws:PrincipalAccount": name, "aws:userid": name, "aws:PrincipalType": "Anonymous"}
        context |= {"aws:PrincipalIsAWSService": None, "aws:FederatedProvider": None, **_SERVICE_KEYS}
        context |= dict.fromkeys((*_SIGNED_KEYS, "aws:MultiFactorAuthAge"))
        _add_network(context, event, Identity(), name)
    elif ":" in name or name in WEB_PROVIDERS:
        context |= provider_keys(event, name)
        context |= _SERVICE_KEYS
        _add_network(context, event, Identity(), name)
    else:  # R129: what the service calls for, `aws:SourceArn` and its kin, is not in the log
        context |= {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name}
        context |= {"aws:ViaAWSService": "false", "aws:FederatedProvider": None, **dict.fromkeys(_CALLED_VIA)}
        context |= dict.fromkeys(
            _ENDPOINT_KEYS
        )  # such calls come from AWS's network, not through a customer's endpoint
    return context


def _add_call(context: Context, event: Event) -> None:
    """Add what every call has: place, time, transport."""
    if event.aws_region:
        context["aws:RequestedRegion"] = event.aws_region
    if event.event_time and (epoch := epoch_of(event.event_time)) is not None:
        context["aws:CurrentTime"] = event.event_time
        context["aws:EpochTime"] = str(epoch)
    if event.tls_details is not None and event.tls_details.tls_version:
        context["aws:SecureTransport"] = "true"


def _add_credentials(context: Context, identity: Identity, session: Session, principal: str) -> None:
    """Add what tells long-term keys, sessions and MFA apart."""
    attributes = session.attributes
    created = attributes.creation_date if attributes is not None else None
    key = identity.access_key_id or ""
    if key.startswith("AKIA"):
        if created is None:
            context |= {"aws:TokenIssueTime": None, "aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None}
    elif attributes is not None and created:
        if epoch_of(created) is not None:
            context["aws:TokenIssueTime"] = created
        _add_mfa(context, identity, session, principal)
    if identity.type == "AssumedRole":
        if session.source_identity or session.attributes is not None:
            context["aws:SourceIdentity"] = session.source_identity or None
        federation = session.web_id_federation_data
        if federation is not None and federation.federated_provider:
            context["aws:FederatedProvider"] = federation.federated_provider
        elif _SERVICE_ROLE in principal or session.ec2_role_delivery:
            context["aws:FederatedProvider"] = None
        if session.ec2_role_delivery:
            context["ec2:RoleDelivery"] = session.ec2_role_delivery
    else:
        context["aws:SourceIdentity"] = None
        context["aws:FederatedProvider"] = None


def _add_mfa(context: Context, identity: Identity, session: Session, principal: str) -> None:
    """Add MFA of temporary credentials.

    For a session of SAML, OIDC or Identity Center the key is absent while the log says "false", as it says for a role
    assumed without MFA; where the log does not tell which it is, the key is unknown.
    """
    assert session.attributes is not None
    used = str(session.attributes.mfa_authenticated).lower()
    federation = session.web_id_federation_data
    if used == "true":
        context["aws:MultiFactorAuthPresent"] = "true"
    elif _IDENTITY_CENTER_ROLE in principal or (federation is not None and federation.federated_provider):
        context |= {"aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None}
    elif used == "false":
        context["aws:MultiFactorAuthAge"] = None
        if identity.type != "AssumedRole" or _SERVICE_ROLE in principal or session.ec2_role_delivery:
            context["aws:MultiFactorAuthPresent"] = "false"


def _add_network(context: Context, event: Event, identity: Identity, principal: str) -> None:
    """Add where the call came from.

    A call that a service forwards for its caller carries the caller's address by one page of AWS, the service's by
    another (R129), so nothing is said of it.  A private address without an endpoint's id comes through an endpoint
    that the log does not name, or from inside AWS.
    """
    kind = address_kind(event.source_ip_address or "")
    if identity.invoked_by is None and kind != "none":
        context["aws:ViaAWSService"] = "false"
        context |= dict.fromkeys(_CALLED_VIA)
    elif _SERVICE_ROLE in principal:
        context["aws:ViaAWSService"] = "false"
        context |= dict.fromkeys(_CALLED_VIA)
    elif identity.type == "IAMUser" and (identity.invoked_by or "").endswith(".amazonaws.com"):
        context["aws:ViaAWSService"] = "true"
    if identity.invoked_by is not None or kind == "none":
        return
    if event.vpc_endpoint_id:
        context["aws:SourceVpce"] = event.vpc_endpoint_id
        context["aws:SourceIp"] = None
        if event.source_ip_address:
            context["aws:VpcSourceIp"] = event.source_ip_address
    elif kind == "public" and event.source_ip_address:
        context["aws:SourceIp"] = event.source_ip_address
        context |= dict.fromkeys(_ENDPOINT_KEYS)
    agent = event.user_agent or ""
    if agent and agent[0] != "[" and len(agent) < _AGENT_LIMIT and not agent.endswith((".amazonaws.com", "...")):
        if agent != "AWS Internal":
            context["aws:UserAgent"] = agent
