"""EC2 Query API requests -> calls as policies judge them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches

from gatewright.runtime import Authorization

from .addresses import InstanceAddresses, TrustedProxies
from .call import Ec2Call
from .errors import Ec2Error, shown
from .fill import PLAIN, fill_keys
from .inventory import Inventory, NoInventory
from .judge import judge_roles, judge_row
from .judged import Context, Judged
from .launch import LAUNCH, add_template_tags, complete_launch, judge_template_role
from .parameters import Parameters, plain_name, read_bool, refuse_misspelt
from .query import LIMITS, HttpMessage, Limits, build_tree, header_text, read_parameters, single_header
from .resources import Place
from .rows import Row, known_rows
from .tagging import add_tags, read_tags

SIGNING = frozenset(
    {
        "AWSAccessKeyId",
        "Expires",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "Timestamp",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
"""Parameters that sign a request."""

_FIXED = SIGNING | PLAIN

_VERSION = re.compile(r"20\d\d-\d\d-\d\d")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")
# The endpoint without a Region is that of the oldest one.
_FIRST_REGION = "us-east-1"
_PARTITIONS = {
    "cn": "aws-cn",
    "eu-isoe": "aws-iso-e",
    "eusc-de": "aws-eusc",
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "us-isof": "aws-iso-f",
}
# A gateway is called directly: by no service on behalf of another, and through no VPC endpoint of AWS.
_DIRECT: Context = {
    **dict.fromkeys(
        f"aws:{name}"
        for name in """
        CalledVia CalledViaFirst CalledViaLast PrincipalServiceName PrincipalServiceNamesList SourceAccount SourceArn
        SourceOrgID SourceOrgPaths SourceVpc SourceVpcArn SourceVpce VpcSourceIp VpceAccount VpceOrgID VpceOrgPaths
        """.split()
    ),
    "aws:PrincipalIsAWSService": "false",
    "aws:ViaAWSService": "false",
}


@dataclass(frozen=True, slots=True)
class Ec2Settings:
    """What a gateway is told about its surroundings.

    Attributes
    ----------
    region
        Where the cloud behind it is; read off the ``Host`` of each request where it is None.
    proxies, addresses
        See `TrustedProxies` and `InstanceAddresses`.
    inventory
        Tells of resources.
    rows
        Further actions in the notation of `gatewright.ec2.rows`, read by `read_rows`; they replace known ones.
    limits
        How large a request may be.
    """

    region: str | None = None
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    addresses: InstanceAddresses = field(default_factory=InstanceAddresses)
    inventory: Inventory = field(default_factory=NoInventory)
    rows: Mapping[str, Row] = field(default_factory=dict)
    limits: Limits = LIMITS


DEFAULTS = Ec2Settings()


def parse_request(
    request: HttpMessage,
    *,
    account: str,
    now: datetime,
    peer: str | None = None,
    is_secure: bool | None = None,
    settings: Ec2Settings = DEFAULTS,
) -> Ec2Call:
    """Read a request of the Query API.

    Parameters
    ----------
    request
        As it came over the wire.  Its signature is verified elsewhere (`gatewright.signing`).
    account
        Number of the caller's account, which owns what the call names.
    now
        With a time zone.
    peer
        Address of the other end of the connection, None where it is not known.
    is_secure
        Whether the client came over TLS, None where that is not known.

    Raises
    ------
    Ec2Error
        The request cannot be understood, or can be understood in more than one way.
    ValueError
        ``now`` has no time zone, or ``account`` is no account.
    """
    if now.tzinfo is None:
        raise ValueError("`now` has no time zone")
    if not (account.isascii() and account.isalnum()):
        raise ValueError(f"`{shown(account)}` is no account")
    whole = read_parameters(request, settings.limits)
    texts = {name: value for name, value in whole.items() if name not in SIGNING}
    action, row = _find_action(texts, settings)
    version = _read_version(texts)
    region = settings.region or _read_region(request)
    place = Place(partition_of(region), region, account)
    parameters = Parameters(build_tree(texts))
    judged = _judge(action, row, parameters, place, settings.inventory)
    dry_run = parameters.value("DryRun")
    read = parameters.paths | PLAIN
    unmapped = [name for name in texts if plain_name(name) not in read]
    refuse_misspelt(unmapped, _FIXED, frozenset(parameters.paths))
    if parameters.taken:
        unmapped = [name for name in unmapped if plain_name(name) not in parameters.taken.values()]
    context, unknown = read_context(request, region=region, now=now, peer=peer, is_secure=is_secure, settings=settings)
    return Ec2Call(
        action=f"ec2:{action}",
        version=version,
        region=region,
        authorizations=tuple(Authorization(entry.resource, entry.context, entry.action) for entry in judged),
        kinds=tuple(entry.kind for entry in judged),
        unknown=tuple(tuple(sorted(entry.unknown)) for entry in judged),
        context=context,
        unknown_context=unknown,
        parameters=texts,
        unmapped=tuple(unmapped),
        is_dry_run=dry_run is not None and read_bool("DryRun", dry_run) == "true",
    )


def _judge(action: str, row: Row, parameters: Parameters, place: Place, inventory: Inventory) -> list[Judged]:
    tags = read_tags(parameters)
    judged = judge_row(row, parameters, place, inventory, frozenset(tags))
    if action == LAUNCH:
        judged = complete_launch(judged, parameters, place, inventory)
    judged = add_tags(action, judged, tags, parameters, place)
    judged += judge_roles(parameters, place, inventory)
    if action == LAUNCH:
        judged = add_template_tags(judged, parameters, inventory) + judge_template_role(parameters, inventory)
    for entry in judged:
        fill_keys(action, entry, parameters, place, inventory)
    return judged


def _find_action(texts: Mapping[str, str], settings: Ec2Settings) -> tuple[str, Row]:
    action = texts.get("Action")
    if not action:
        raise Ec2Error("MissingAction", "the request has no parameter `Action`")
    known = known_rows()
    row = settings.rows.get(action) or known.get(action)
    if row is None:
        alike = [name for name in (*settings.rows, *known) if name[:3].lower() == action[:3].lower()]
        near = get_close_matches(action[:80], alike, 1, 0.8)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise Ec2Error("InvalidAction", f"the action `{shown(action)}` is not valid{hint}")
    return action, row


def _read_version(texts: Mapping[str, str]) -> str:
    version = texts.get("Version")
    if not version:
        raise Ec2Error("MissingParameter", "the request must contain the parameter `Version`")
    if not _VERSION.fullmatch(version):
        raise Ec2Error("InvalidParameterValue", f"the value `{shown(version)}` of `Version` is no API version")
    return version


def _read_region(request: HttpMessage) -> str:
    """Return the Region of the endpoint that a request was sent to."""
    host = single_header(request, "host")
    if host is None:
        raise Ec2Error("MissingParameter", "the header `Host` is missing, so the Region is not known")
    name = host.strip().lower().rpartition(":")[0] or host.strip().lower()
    labels = name.split(".")
    regions = [label for label in labels if is_region(label)] if len(name) <= 253 else []
    if len(regions) == 1:
        return regions[0]
    if name == "ec2.amazonaws.com":
        return _FIRST_REGION
    raise Ec2Error("InvalidParameterValue", f"the host `{shown(host)}` tells no Region; set the Region of the gateway")


def is_region(text: str) -> bool:
    """Tell whether a text is the name of a Region, as AWS spells them."""
    return len(text) <= 40 and _REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """Return the partition of a Region, `aws` where it is none of another."""
    head = region.rpartition("-")[0].rpartition("-")[0]
    return _PARTITIONS.get(head, "aws")


def read_context(
    request: HttpMessage,
    *,
    region: str | None,
    now: datetime,
    peer: str | None,
    is_secure: bool | None,
    settings: Ec2Settings,
) -> tuple[Context, tuple[str, ...]]:
    """Return the keys of a whole call, whatever it asks for, and those that are unknown; see `parse_request`.

    Raises
    ------
    Ec2Error
        A header that may stand once is repeated, or where the request came from cannot be read.
    """
    moment = now.astimezone(UTC)
    context: Context = {
        **_DIRECT,
        "aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        "aws:EpochTime": str(int(moment.timestamp())),
        "aws:UserAgent": header_text(request, "user-agent"),
        "aws:referer": header_text(request, "referer"),
    }
    unknown = []
    if region is not None:
        context["aws:RequestedRegion"] = region
    else:
        unknown.append("aws:RequestedRegion")
    client = settings.proxies.find_client(peer, request.headers) if peer is not None else None
    source = settings.addresses.as_aws_sees(client) if client is not None else None
    if source is not None:
        context["aws:SourceIp"] = str(source)
    else:
        unknown.append("aws:SourceIp")
    if is_secure is not None:
        context["aws:SecureTransport"] = str(is_secure).lower()
    else:
        unknown.append("aws:SecureTransport")
    return context, tuple(unknown)
