"""Types of EC2 resources: their ARNs, the prefix of their ids, and the parameter that usually names them.

Sources: the resource types of EC2 in the service authorization reference, EC2 API Reference (rule R160).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# Type, parameter that names it, prefix of its ids; `-` for none, `=` for the type in camel case and `Id`.
_TYPES = """
application-status-check = -
capacity-block = cb
capacity-manager-data-export = cmde
capacity-reservation = cr
capacity-reservation-cancellation-quote QuoteId -
capacity-reservation-fleet = crf
carrier-gateway = cagw
certificate CertificateArn -
client-vpn-endpoint = cvpn-endpoint
coip-pool = ipv4pool-coip
customer-gateway = cgw
declarative-policies-report ReportId -
dedicated-host HostId h
dhcp-options = dopt
egress-only-internet-gateway = eigw
elastic-gpu = egpu
elastic-inference - -
elastic-ip AllocationId eipalloc
export-image-task ExportTaskId export-ami
export-instance-task ExportTaskId export-i
fleet = fleet
fpga-image = afi
group - -
host-reservation = hr
image = ami
image-usage-report ReportId -
import-image-task ImportTaskId import-ami
import-snapshot-task ImportTaskId import-snap
instance = i
instance-connect-endpoint = eice
instance-event-window = iew
internet-gateway = igw
ipam = ipam
ipam-external-resource-verification-token = ipam-ext-res-ver-token
ipam-internet-registry-association = -
ipam-policy = ipam-policy
ipam-pool = ipam-pool
ipam-pool-allocation = ipam-pool-alloc
ipam-prefix-list-resolver = ipam-pl-resolver
ipam-prefix-list-resolver-target = ipam-pl-resolver-target
ipam-resource-discovery = ipam-res-disco
ipam-resource-discovery-association = ipam-res-disco-assoc
ipam-scope = ipam-scope
ipv4pool-ec2 PoolId ipv4pool-ec2
ipv6pool-ec2 PoolId ipv6pool-ec2
key-pair KeyName -
launch-template = lt
license-configuration LicenseConfigurationArn -
local-gateway = lgw
local-gateway-route-table = lgw-rtb
local-gateway-route-table-virtual-interface-group-association = lgw-vif-grp-assoc
local-gateway-route-table-vpc-association = lgw-vpc-assoc
local-gateway-virtual-interface = lgw-vif
local-gateway-virtual-interface-group = lgw-vif-grp
mac-modification-task = macmodification
natgateway NatGatewayId nat
network-acl = acl
network-insights-access-scope = nis
network-insights-access-scope-analysis = nisa
network-insights-analysis = nia
network-insights-path = nip
network-interface = eni
outpost-lag = -
placement-group GroupName -
prefix-list = pl
replace-root-volume-task = replacevol
reserved-instances = -
role RoleArn -
route-server = rs
route-server-endpoint = rse
route-server-peer = rsp
route-table = rtb
secondary-interface = -
secondary-network = -
secondary-subnet = -
security-group GroupId sg
security-group-rule = sgr
snapshot = snap
spot-fleet-request = sfr
spot-instances-request SpotInstanceRequestId sir
subnet = subnet
subnet-cidr-reservation = scr
traffic-mirror-filter = tmf
traffic-mirror-filter-rule = tmfr
traffic-mirror-session = tms
traffic-mirror-target = tmt
transit-gateway = tgw
transit-gateway-attachment = tgw-attach
transit-gateway-connect-peer = tgw-connect-peer
transit-gateway-metering-policy = tgw-mp
transit-gateway-multicast-domain = tgw-mcast-domain
transit-gateway-policy-table = tgw-ptb
transit-gateway-route-table = tgw-rtb
transit-gateway-route-table-announcement = tgw-rtb-ann
verified-access-endpoint = vae
verified-access-endpoint-target - -
verified-access-group = vagr
verified-access-instance = vai
verified-access-policy - -
verified-access-trust-provider = vatp
volume = vol
vpc = vpc
vpc-block-public-access-exclusion ExclusionId vpcbpa-exclude
vpc-encryption-control = vpcec
vpc-endpoint = vpce
vpc-endpoint-connection - -
vpc-endpoint-service ServiceId vpce-svc
vpc-endpoint-service-permission - vpce-svc-perm
vpc-flow-log FlowLogId fl
vpc-peering-connection = pcx
vpn-concentrator = vcn
vpn-connection = vpn
vpn-connection-device-type = -
vpn-gateway = vgw
"""

# Their owner is not part of the ARN (R160).
PUBLIC_TYPES = frozenset({"image", "snapshot"})
# Their Region is not part of the ARN.
_GLOBAL_TYPES = frozenset(
    {
        "ipam",
        "ipam-external-resource-verification-token",
        "ipam-internet-registry-association",
        "ipam-policy",
        "ipam-pool",
        "ipam-prefix-list-resolver",
        "ipam-prefix-list-resolver-target",
        "ipam-resource-discovery",
        "ipam-resource-discovery-association",
        "ipam-scope",
    }
)
# Resources of other services; requests name them by their ARNs, which look like this behind the partition.
FOREIGN_TYPES = {
    "certificate": re.compile("acm:[^:]*:[^:]*:certificate/.+"),
    "elastic-inference": re.compile("elastic-inference:[^:]*:[^:]*:elastic-inference-accelerator/.+"),
    "group": re.compile("resource-groups:[^:]*:[^:]*:group/.+"),
    "license-configuration": re.compile("license-manager:[^:]*:[^:]*:license-configuration:.+"),
    "role": re.compile("iam::[^:]*:role/.+"),
}
# Their names are chosen by people.
NAMED_TYPES = frozenset({"key-pair", "placement-group"})
# Their ids are eight or seventeen hexadecimal digits; those of others may hold UUIDs or more letters.
_HEX_TYPES = frozenset(
    """
    capacity-reservation carrier-gateway customer-gateway dedicated-host dhcp-options egress-only-internet-gateway
    elastic-ip image instance internet-gateway launch-template natgateway network-acl network-interface route-table
    security-group security-group-rule snapshot subnet transit-gateway transit-gateway-attachment
    transit-gateway-route-table volume vpc vpc-endpoint vpc-flow-log vpc-peering-connection vpn-connection vpn-gateway
    """.split()
)
_HEX = re.compile("[0-9a-f]{8}(?:[0-9a-f]{9})?")
_PLAIN = re.compile("[A-Za-z0-9_-]{1,128}")
_NAME_LIMIT = 255


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource; ``parameter`` and ``prefix`` are empty where there is none."""

    name: str
    parameter: str
    prefix: str


def _read_types() -> dict[str, ResourceType]:
    found = {}
    for line in filter(None, _TYPES.split("\n")):
        name, parameter, prefix = line.split()
        camel = f"{name.replace('-', ' ').title().replace(' ', '')}Id"
        parameter = {"=": camel, "-": ""}.get(parameter, parameter)
        found[name] = ResourceType(name, parameter, "" if prefix == "-" else prefix)
    return found


TYPES = _read_types()
PREFIXES = {kind.prefix: kind.name for kind in TYPES.values() if kind.prefix}
"""Prefix of an id -> type, for parameters that take ids of several types."""
PARAMETERS = {
    **{kind.parameter.lower(): kind.name for kind in TYPES.values() if kind.parameter and kind.prefix},
    "keyname": "key-pair",
    "securitygroupid": "security-group",
}
"""Parameter (lower case) -> type; not for names that several types share, and not for what people name."""
for _shared in ("exporttaskid", "importtaskid", "poolid", "serviceid", "exclusionid"):
    del PARAMETERS[_shared]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call happens: the parts that ARNs of its resources share."""

    partition: str
    region: str
    account: str

    def arn(self, kind: str, name: str) -> str:
        """Write the ARN of a resource of EC2."""
        region = "" if kind in _GLOBAL_TYPES else self.region
        account = "" if kind in PUBLIC_TYPES else self.account
        return f"arn:{self.partition}:ec2:{region}:{account}:{kind}/{name}"


def name_resource(kind: str, value: str, write: Callable[[str, str], str]) -> str | None:
    """Return the ARN that a parameter's value stands for, or None where that is unknown.

    An id that is ill-formed is judged as ``TYPE/*``, as recorded denials show.
    """
    if kind == "any":
        return _name_any(value, write)
    foreign = FOREIGN_TYPES.get(kind)
    if foreign is not None:
        _, _, rest = value.partition(":")
        return value if value.startswith("arn:") and foreign.fullmatch(rest.partition(":")[2]) else None
    if value.startswith(("arn:", "resolve:")):
        # `resolve:ssm:...` is an image that only Systems Manager knows.
        return value if _is_arn_of(kind, value) else None
    if kind in NAMED_TYPES:
        return write(kind, value) if len(value) <= _NAME_LIMIT else write(kind, "*")
    return write(kind, value if is_id(kind, value) else "*")


def is_id(kind: str, value: str) -> bool:
    """Tell whether a value has the form of the type's ids."""
    if kind not in _HEX_TYPES:
        return _PLAIN.fullmatch(value) is not None
    prefix, _, digits = value.rpartition("-")
    return prefix == TYPES[kind].prefix and _HEX.fullmatch(digits) is not None


def is_resource_id(kind: str, value: str) -> bool:
    """Tell whether a value is an id of the type, or of some type where it is ``any``."""
    return type_of_id(value) is not None if kind == "any" else is_id(kind, value)


def type_of_id(value: str) -> str | None:
    """Return the type that an id's prefix tells; the longest prefix counts."""
    if not _PLAIN.fullmatch(value):
        return None
    prefix = value
    while "-" in prefix:
        prefix = prefix.rpartition("-")[0]
        if (kind := PREFIXES.get(prefix)) is not None:
            return kind if is_id(kind, value) else None
    return None


def _name_any(value: str, write: Callable[[str, str], str]) -> str | None:
    if value.startswith("arn:"):
        kind = value.partition("/")[0].rpartition(":")[2]
        return value if kind in TYPES and _is_arn_of(kind, value) else None
    found = type_of_id(value)
    return write(found, value) if found is not None else None


def _is_arn_of(kind: str, value: str) -> bool:
    fields = value.split(":", 5)
    return len(fields) == 6 and fields[2] == "ec2" and fields[5].startswith(f"{kind}/") and fields[5] != f"{kind}/"
