"""Parameters -> the condition keys of the resources that a call is judged on, as a table.

A row holds an action and a type and, indented below, keys without ``ec2:``:

| cell | the key holds |
|---|---|
| ``VolumeType`` | the parameter of the same name |
| ``VolumeSize=Size`` | the parameter ``Size`` |
| ``...:number``, ``...:bool`` | it as a number, as a truth value; anything else is refused |
| ``...:vpc`` | the ARN of the VPC that it names |
| ``...,-`` | the key is absent where the parameter is not given; without this it is unknown then |
| ``...,default`` | ``default`` where the parameter is not given |

Sources: the condition keys of EC2 in the service authorization reference (R128), defaults from the EC2 API Reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .resources import TYPES

# Rows of RunInstances count inside one element of the list: a device mapping, an interface.
KEYS = """
AllocateHosts dedicated-host
    AutoPlacement,off AvailabilityZone HostRecovery,off InstanceType Quantity:number
AssociateIamInstanceProfile instance
    NewInstanceProfile=IamInstanceProfile.Arn
ReplaceIamInstanceProfileAssociation instance
    NewInstanceProfile=IamInstanceProfile.Arn
AssociateSubnetCidrBlock subnet
    Ipv6IpamPoolId,-
AssociateVpcCidrBlock vpc
    Ipv4IpamPoolId,- Ipv6IpamPoolId,-
CopyVolumes volume
    ParentVolume=SourceVolumeId:volume VolumeIops=Iops:number VolumeSize=Size:number VolumeThroughput=Throughput:number
    VolumeType
CreateCapacityReservationBySplitting capacity-reservation
    SourceCapacityReservationId
CreateCapacityReservation capacity-reservation
    AvailabilityZone AvailabilityZoneId EbsOptimized:bool,false EndDate,- EndDateType EphemeralStorage:bool,false
    InstanceCount:number InstanceMatchCriteria,open InstancePlatform InstanceType OutpostArn,-
    PlacementGroup=PlacementGroupArn,- Tenancy,default
CreateClientVpnEndpoint client-vpn-endpoint
    ClientRootCertificateChainArn=Authentication.MutualAuthentication.ClientRootCertificateChainArn,-
    SamlProviderArn=Authentication.FederatedAuthentication.SAMLProviderArn,- ServerCertificateArn
CreateInstanceConnectEndpoint instance-connect-endpoint
    SubnetID=SubnetId
CreateKeyPair key-pair
    KeyPairType=KeyType,rsa
CreateNetworkInterfacePermission network-interface
    Permission
CreatePlacementGroup placement-group
    PlacementGroupStrategy=Strategy
CreateSnapshot snapshot
    Location OutpostArn,- ParentVolume=VolumeId:volume
CreateSnapshots snapshot
    Location OutpostArn,-
CreateSubnet subnet
    Ipv4IpamPoolId,- Ipv6IpamPoolId,-
CreateVolume volume
    AvailabilityZone AvailabilityZoneId Encrypted:bool KmsKeyId ParentSnapshot=SnapshotId:snapshot,-
    VolumeInitializationRate:number,- VolumeIops=Iops:number VolumeSize=Size:number
    VolumeThroughput=Throughput:number VolumeType
CreateVpc vpc
    Ipv4IpamPoolId,- Ipv6IpamPoolId,-
CreateVpcEndpoint vpc-endpoint
    VpceServiceName=ServiceName VpceServiceRegion=ServiceRegion
CreateVpcEndpointServiceConfiguration vpc-endpoint-service
    VpceServicePrivateDnsName=PrivateDnsName,-
CreateVpcPeeringConnection vpc-peering-connection
    RequesterVpc=VpcId:vpc
ImportInstance instance
    AvailabilityZone=LaunchSpecification.Placement.AvailabilityZone
ImportVolume volume
    AvailabilityZone AvailabilityZoneId VolumeSize=Volume.Size:number
LockSnapshot snapshot
    SnapshotCoolOffPeriod=CoolOffPeriod:number,- SnapshotLockDuration=LockDuration:number,-
ModifyVpcEndpointServiceConfiguration vpc-endpoint-service
    VpceServicePrivateDnsName=PrivateDnsName,-
MoveCapacityReservationInstances capacity-reservation
    DestinationCapacityReservationId SourceCapacityReservationId
RunInstances instance
    AvailabilityZone=Placement.AvailabilityZone AvailabilityZoneId=Placement.AvailabilityZoneId
    CpuOptionsAmdSevSnp=CpuOptions.AmdSevSnp EbsOptimized:bool InstanceAutoRecovery=MaintenanceOptions.AutoRecovery
    InstanceBandwidthWeighting=NetworkPerformanceOptions.BandwidthWeighting
    InstanceMarketType=InstanceMarketOptions.MarketType,on-demand
    InstanceMetadataTags=MetadataOptions.InstanceMetadataTags
    InstanceProfile=IamInstanceProfile.Arn InstanceType,m1.small MetadataHttpEndpoint=MetadataOptions.HttpEndpoint
    MetadataHttpPutResponseHopLimit=MetadataOptions.HttpPutResponseHopLimit:number
    MetadataHttpTokens=MetadataOptions.HttpTokens PlacementGroup=Placement.GroupName:placement-group
    Tenancy=Placement.Tenancy
RunInstances network-interface
    AssociatePublicIpAddress:bool Subnet=SubnetId:subnet
RunInstances volume
    Encrypted=Ebs.Encrypted:bool ParentSnapshot=Ebs.SnapshotId:snapshot
    VolumeInitializationRate=Ebs.VolumeInitializationRate:number,- VolumeIops=Ebs.Iops:number
    VolumeSize=Ebs.VolumeSize:number VolumeThroughput=Ebs.Throughput:number VolumeType=Ebs.VolumeType
RunInstances elastic-gpu
    ElasticGpuType=Type
"""

# Type -> the key that holds the id or name of an existing resource.
IDENTITIES = {
    "dhcp-options": "ec2:DhcpOptionsID",
    "elastic-ip": "ec2:AllocationId",
    "image": "ec2:ImageID",
    "instance": "ec2:InstanceID",
    "internet-gateway": "ec2:InternetGatewayID",
    "key-pair": "ec2:KeyPairName",
    "network-acl": "ec2:NetworkAclID",
    "network-interface": "ec2:NetworkInterfaceID",
    "placement-group": "ec2:PlacementGroupName",
    "route-table": "ec2:RouteTableID",
    "security-group": "ec2:SecurityGroupID",
    "snapshot": "ec2:SnapshotID",
    "subnet": "ec2:SubnetID",
    "transit-gateway": "ec2:transitGatewayId",
    "transit-gateway-attachment": "ec2:transitGatewayAttachmentId",
    "transit-gateway-connect-peer": "ec2:transitGatewayConnectPeerId",
    "transit-gateway-metering-policy": "ec2:transitGatewayMeteringPolicyId",
    "transit-gateway-multicast-domain": "ec2:transitGatewayMulticastDomainId",
    "transit-gateway-policy-table": "ec2:transitGatewayPolicyTableId",
    "transit-gateway-route-table": "ec2:transitGatewayRouteTableId",
    "transit-gateway-route-table-announcement": "ec2:transitGatewayRouteTableAnnouncementId",
    "volume": "ec2:VolumeID",
    "vpc": "ec2:VpcID",
    "vpc-peering-connection": "ec2:VpcPeeringConnectionID",
}

# Keys that only some of RunInstances' resource types have; on the others they are absent (R164).
LAUNCH_TYPES: dict[str, tuple[str, ...]] = {
    "ec2:InstanceType": ("instance",),
    "ec2:InstanceProfile": ("instance",),
    "ec2:InstanceMarketType": ("instance",),
    "ec2:EbsOptimized": ("instance",),
    "ec2:Tenancy": ("instance",),
    "ec2:MetadataHttpTokens": ("instance",),
    "ec2:MetadataHttpEndpoint": ("instance",),
    "ec2:RootDeviceType": ("instance", "image"),
    "ec2:Owner": ("image", "snapshot"),
    "ec2:ImageType": ("image",),
    "ec2:Public": ("image",),
    "ec2:Encrypted": ("volume",),
    "ec2:VolumeType": ("volume",),
    "ec2:VolumeSize": ("volume", "snapshot"),
    "ec2:Subnet": ("network-interface",),
    "ec2:AssociatePublicIpAddress": ("network-interface",),
    "ec2:Vpc": ("network-interface", "security-group", "subnet"),
}

_CELL = re.compile(r"(\w+)(?:=([\w.]+))?(?::([a-z-]+))?(?:,(\S+))?")


@dataclass(frozen=True, slots=True)
class KeyCell:
    """One key; ``default`` is None where the key is unknown without its parameter, ``-`` where it is absent."""

    key: str
    path: str
    form: str
    default: str | None


def read_keys(text: str) -> dict[tuple[str, str], tuple[KeyCell, ...]]:
    """Read a table of keys by action and type.

    Raises
    ------
    ValueError
        A cell is not of the notation.
    """
    table: dict[tuple[str, str], tuple[KeyCell, ...]] = {}
    where = ("", "")
    for line in text.splitlines():
        if not line.startswith(" "):
            action, _, kind = line.partition(" ")
            where = (action, kind)
            continue
        cells = []
        for cell in line.split():
            match = _CELL.fullmatch(cell)
            form = match[3] or "text" if match else ""
            if match is None or form not in ("text", "number", "bool", *TYPES):
                raise ValueError(f"`{cell}` is no cell of a table of keys")
            cells.append(KeyCell(f"ec2:{match[1]}", match[2] or match[1], form, match[4]))
        table[where] = table.get(where, ()) + tuple(cells)
    return table


@cache
def known_keys() -> dict[tuple[str, str], tuple[KeyCell, ...]]:
    """Return the keys that parameters tell, by action and type."""
    return read_keys(KEYS)
