"""Events -> condition keys: present as the log tells them, None where known to be absent; all others are unknown.

Sources: rules R120-R129 (AWS's page of global condition keys), CloudTrail's page of the userIdentity element.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from functools import lru_cache

from .call import Context
from .cloudtrail import Event, Identity, Session

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
_PRINCIPAL_TYPES = {"IAMUser": "User", "AssumedRole": "AssumedRole", "Root": "Account"}
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


@lru_cache(maxsize=16_384)
def address_kind(text: str) -> str:
    """Tell ``public`` and ``private`` addresses from text that is ``none``."""
    if len(text) > 45:
        return "none"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "none"
    return "private" if any(address in network for network in _PRIVATE) else "public"


@lru_cache(maxsize=4_096)
def epoch_of(time: str) -> int | None:
    """Return the epoch seconds of an event's time; None when it is no such time."""
    if not _TIME.fullmatch(time):
        return None
    try:
        moment = datetime.fromisoformat(time[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def context_of(event: Event, principal: str) -> Context:
    """Return the condition keys of an event by a user, a role session or the root user.

    Parameters
    ----------
    principal
        ARN of the user, of the role behind the session, or of the root user.
    """
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
    if event.aws_region:
        context["aws:RequestedRegion"] = event.aws_region
    if event.event_time and (epoch := epoch_of(event.event_time)) is not None:
        context["aws:CurrentTime"] = event.event_time
        context["aws:EpochTime"] = str(epoch)
    if event.tls_details is not None and event.tls_details.tls_version:
        context["aws:SecureTransport"] = "true"
    _add_credentials(context, identity, session, principal)
    _add_network(context, event, identity, principal)
    return context


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
