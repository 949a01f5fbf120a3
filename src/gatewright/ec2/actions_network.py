"""EC2 actions on networks and addresses -> the resources that each is judged on.

`gatewright.ec2.rows` explains the notation.  Sources: the actions and resource types of EC2 in the service
authorization reference; the parameters in the EC2 API Reference.
"""

from __future__ import annotations

ROWS = """
carrier-gateway
    DeleteCarrierGateway
carrier-gateway+ vpc
    CreateCarrierGateway
client-vpn-endpoint
    AuthorizeClientVpnIngress DeleteClientVpnEndpoint DescribeClientVpnAuthorizationRules DescribeClientVpnConnections
    DescribeClientVpnRoutes DescribeClientVpnTargetNetworks DisassociateClientVpnTargetNetwork
    ExportClientVpnClientCertificateRevocationList ExportClientVpnClientConfiguration
    ImportClientVpnClientCertificateRevocationList RevokeClientVpnIngress TerminateClientVpnConnections
client-vpn-endpoint subnet?
    AssociateClientVpnTargetNetwork
client-vpn-endpoint subnet?=TargetVpcSubnetId
    CreateClientVpnRoute DeleteClientVpnRoute
client-vpn-endpoint security-group=SecurityGroupId vpc
    ApplySecurityGroupsToClientVpnTargetNetwork
client-vpn-endpoint security-group?=SecurityGroupId transit-gateway?=TransitGatewayConfiguration.TransitGatewayId vpc?
    ModifyClientVpnEndpoint
client-vpn-endpoint+ security-group?=SecurityGroupId transit-gateway?=TransitGatewayConfiguration.TransitGatewayId
vpc?
    CreateClientVpnEndpoint
coip-pool
    CreateCoipCidr DeleteCoipCidr DeleteCoipPool
coip-pool=PoolId
    GetCoipPoolUsage
coip-pool+ local-gateway-route-table
    CreateCoipPool
customer-gateway
    DeleteCustomerGateway
customer-gateway+
    CreateCustomerGateway
dhcp-options
    DeleteDhcpOptions
dhcp-options+
    CreateDhcpOptions
dhcp-options vpc
    AssociateDhcpOptions
egress-only-internet-gateway
    DeleteEgressOnlyInternetGateway
egress-only-internet-gateway+ vpc
    CreateEgressOnlyInternetGateway
elastic-ip
    DisableAddressTransfer EnableAddressTransfer ModifyAddressAttribute ResetAddressAttribute
elastic-ip+
    AcceptAddressTransfer
elastic-ip?=AllocationId|~PublicIp
    ReleaseAddress
elastic-ip natgateway
    AssociateNatGatewayAddress
elastic-ip?=~AssociationId|~PublicIp network-interface?=~AssociationId
    DisassociateAddress
elastic-ip+ ipam-pool? ipv4pool-ec2?=PublicIpv4Pool
    AllocateAddress
elastic-ip?=AllocationId|~PublicIp instance? network-interface?
    AssociateAddress
instance-connect-endpoint
    DeleteInstanceConnectEndpoint
instance-connect-endpoint security-group?=SecurityGroupId
    ModifyInstanceConnectEndpoint
instance-connect-endpoint+ subnet security-group?=SecurityGroupId
    CreateInstanceConnectEndpoint
internet-gateway
    DeleteInternetGateway
internet-gateway+
    CreateInternetGateway
internet-gateway vpc
    AttachInternetGateway DetachInternetGateway
ipam
    DeleteIpam DeprovisionIpamByoasn GetIpamRouteProtectionFindings ModifyIpam ProvisionIpamByoasn
ipam+
    CreateIpam
ipam ipam-external-resource-verification-token+
    CreateIpamExternalResourceVerificationToken
ipam ipam-internet-registry-association+
    CreateIpamInternetRegistryAssociation
ipam ipam-policy+
    CreateIpamPolicy
ipam ipam-scope+
    CreateIpamScope
ipam ipam-prefix-list-resolver+ ipam-scope?=Rule.IpamScopeId
    CreateIpamPrefixListResolver
ipam ipam-resource-discovery ipam-resource-discovery-association+
    AssociateIpamResourceDiscovery
ipam-external-resource-verification-token
    DeleteIpamExternalResourceVerificationToken
ipam-internet-registry-association
    BatchModifyIpamRoutingPolicyRegistrations CreateIpamRoutingPolicyRegistration
    DeleteIpamInternetRegistryAssociation DeleteIpamRoutingPolicyRegistration EnableIpamInternetRegistryAssociation
    GetIpamInternetRegistryAssociationAsns GetIpamInternetRegistryAssociationCidrs GetIpamRouteOriginAuthorizations
    GetIpamRoutingPolicyRegistrationDeltas GetIpamRoutingPolicyRegistrations ModifyIpamRoutingPolicyRegistration
ipam-policy
    DeleteIpamPolicy DisableIpamPolicy EnableIpamPolicy GetIpamPolicyAllocationRules GetIpamPolicyOrganizationTargets
ipam-policy ipam-pool?=AllocationRule.SourceIpamPoolId
    ModifyIpamPolicyAllocationRules
ipam-pool
    DeleteIpamPool DeprovisionIpamPoolCidr GetIpamPoolAllocations GetIpamPoolCidrs ModifyIpamPool MoveByoipCidrToIpam
    ReleaseIpamPoolAllocation
ipam-pool ipam-external-resource-verification-token?
    ProvisionIpamPoolCidr
ipam-pool ipam-pool-allocation+?
    AllocateIpamPoolCidr
ipam-pool ipv4pool-ec2
    ProvisionPublicIpv4PoolCidr
ipam-pool+ ipam-scope
    CreateIpamPool
ipam-pool-allocation
    ModifyIpamPoolAllocation
ipam-prefix-list-resolver
    DeleteIpamPrefixListResolver GetIpamPrefixListResolverRules GetIpamPrefixListResolverVersionEntries
    GetIpamPrefixListResolverVersions
ipam-prefix-list-resolver ipam-prefix-list-resolver-target+
    CreateIpamPrefixListResolverTarget
ipam-prefix-list-resolver ipam-scope?=Rule.IpamScopeId
    ModifyIpamPrefixListResolver
ipam-prefix-list-resolver-target
    DeleteIpamPrefixListResolverTarget ModifyIpamPrefixListResolverTarget
ipam-resource-discovery
    DeleteIpamResourceDiscovery GetIpamDiscoveredAccounts GetIpamDiscoveredPublicAddresses
    GetIpamDiscoveredResourceCidrs GetIpamDiscoveredRoutes ModifyIpamResourceDiscovery
ipam-resource-discovery+
    CreateIpamResourceDiscovery
ipam-resource-discovery-association
    DisassociateIpamResourceDiscovery
ipam-scope
    DeleteIpamScope GetIpamAddressHistory ModifyIpamScope
ipam-scope=CurrentIpamScopeId|DestinationIpamScopeId
    ModifyIpamResourceCidr
ipam-scope ipam-pool?
    GetIpamResourceCidrs
ipv4pool-ec2
    DeletePublicIpv4Pool DeprovisionPublicIpv4PoolCidr
ipv4pool-ec2+
    CreatePublicIpv4Pool
ipv6pool-ec2
    GetAssociatedIpv6PoolCidrs
local-gateway local-gateway-route-table+
    CreateLocalGatewayRouteTable
local-gateway local-gateway-virtual-interface-group+
    CreateLocalGatewayVirtualInterfaceGroup
local-gateway-route-table
    DeleteLocalGatewayRouteTable SearchLocalGatewayRoutes
local-gateway-route-table prefix-list?=DestinationPrefixListId
    DeleteLocalGatewayRoute
local-gateway-route-table local-gateway-route-table-virtual-interface-group-association+
local-gateway-virtual-interface-group
    CreateLocalGatewayRouteTableVirtualInterfaceGroupAssociation
local-gateway-route-table local-gateway-route-table-vpc-association+ vpc
    CreateLocalGatewayRouteTableVpcAssociation
local-gateway-route-table local-gateway-virtual-interface-group? network-interface?
prefix-list?=DestinationPrefixListId
    CreateLocalGatewayRoute ModifyLocalGatewayRoute
local-gateway-route-table-virtual-interface-group-association
    DeleteLocalGatewayRouteTableVirtualInterfaceGroupAssociation
local-gateway-route-table-vpc-association
    DeleteLocalGatewayRouteTableVpcAssociation
local-gateway-virtual-interface
    DeleteLocalGatewayVirtualInterface
local-gateway-virtual-interface+ local-gateway-virtual-interface-group outpost-lag
    CreateLocalGatewayVirtualInterface
local-gateway-virtual-interface-group
    DeleteLocalGatewayVirtualInterfaceGroup
natgateway
    AssignPrivateNatGatewayAddress DeleteNatGateway UnassignPrivateNatGatewayAddress
natgateway elastic-ip=~AssociationId network-interface?=~AssociationId
    DisassociateNatGatewayAddress
natgateway+ elastic-ip?=AllocationId|SecondaryAllocationId|AvailabilityZoneAddress.AllocationId subnet? vpc?
    CreateNatGateway
network-acl
    CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry
network-acl subnet=~AssociationId
    ReplaceNetworkAclAssociation
network-acl+ vpc
    CreateNetworkAcl
network-insights-access-scope
    DeleteNetworkInsightsAccessScope GetNetworkInsightsAccessScopeContent
network-insights-access-scope+
    CreateNetworkInsightsAccessScope
network-insights-access-scope network-insights-access-scope-analysis+
    StartNetworkInsightsAccessScopeAnalysis
network-insights-access-scope-analysis
    DeleteNetworkInsightsAccessScopeAnalysis GetNetworkInsightsAccessScopeAnalysisFindings
network-insights-analysis
    DeleteNetworkInsightsAnalysis
network-insights-analysis+ network-insights-path
    StartNetworkInsightsAnalysis
network-insights-path
    DeleteNetworkInsightsPath
network-insights-path+ any?=Source|Destination
    CreateNetworkInsightsPath
network-interface
    AssignIpv6Addresses AssignPrivateIpAddresses CreateNetworkInterfacePermission DeleteNetworkInterface
    ModifyPublicIpDnsNameOptions ResetNetworkInterfaceAttribute UnassignIpv6Addresses UnassignPrivateIpAddresses
network-interface?=~NetworkInterfacePermissionId
    DeleteNetworkInterfacePermission
network-interface=NetworkInterfaceIds transit-gateway-multicast-domain
    RegisterTransitGatewayMulticastGroupMembers RegisterTransitGatewayMulticastGroupSources
network-interface?=NetworkInterfaceIds transit-gateway-multicast-domain?
    DeregisterTransitGatewayMulticastGroupMembers DeregisterTransitGatewayMulticastGroupSources
network-interface+ subnet security-group?=SecurityGroupId
    CreateNetworkInterface
network-interface instance?=~Attachment.AttachmentId security-group?=SecurityGroupId subnet?=AssociatedSubnetId
    ModifyNetworkInterfaceAttribute
network-interface traffic-mirror-filter traffic-mirror-session+ traffic-mirror-target
    CreateTrafficMirrorSession
prefix-list
    DeleteManagedPrefixList GetManagedPrefixListAssociations GetManagedPrefixListEntries ModifyManagedPrefixList
    RestoreManagedPrefixListVersion
prefix-list+
    CreateManagedPrefixList
prefix-list transit-gateway-route-table
    DeleteTransitGatewayPrefixListReference
prefix-list transit-gateway-route-table transit-gateway-attachment?
    CreateTransitGatewayPrefixListReference ModifyTransitGatewayPrefixListReference
route-server
    DeleteRouteServer GetRouteServerAssociations GetRouteServerRoutingDatabase ModifyRouteServer
route-server+
    CreateRouteServer
route-server route-table
    DisableRouteServerPropagation EnableRouteServerPropagation
route-server route-table?
    GetRouteServerPropagations
route-server vpc
    AssociateRouteServer DisassociateRouteServer
route-server route-server-endpoint+ subnet
    CreateRouteServerEndpoint
route-server-endpoint
    DeleteRouteServerEndpoint
route-server-endpoint route-server-peer+
    CreateRouteServerPeer
route-server-peer
    DeleteRouteServerPeer
route-table
    CreateRoute DeleteRoute DeleteRouteTable ReplaceRoute
route-table any?=~AssociationId
    ReplaceRouteTableAssociation
route-table vpn-gateway=GatewayId
    DisableVgwRoutePropagation EnableVgwRoutePropagation
route-table+ vpc
    CreateRouteTable
route-table=~AssociationId any?=~AssociationId
    DisassociateRouteTable
route-table subnet? any?=GatewayId ipv4pool-ec2?=PublicIpv4Pool
    AssociateRouteTable
secondary-network
    DeleteSecondaryNetwork
secondary-network+
    CreateSecondaryNetwork
secondary-network secondary-subnet+
    CreateSecondarySubnet
secondary-subnet
    DeleteSecondarySubnet
security-group
    DescribeSecurityGroupReferences RevokeSecurityGroupEgress
security-group=GroupId|~GroupName
    DeleteSecurityGroup RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress
    UpdateSecurityGroupRuleDescriptionsIngress
security-group=SecurityGroupId
    ValidateSecurityGroupQuotasForInterface
security-group security-group-rule+?
    AuthorizeSecurityGroupEgress
security-group vpc
    AssociateSecurityGroupVpc
security-group vpc?
    DisassociateSecurityGroupVpc
security-group+ vpc?
    CreateSecurityGroup
security-group=GroupId|~GroupName security-group-rule+?
    AuthorizeSecurityGroupIngress
security-group security-group-rule=SecurityGroupRule.SecurityGroupRuleId
prefix-list?=SecurityGroupRule.SecurityGroupRule.PrefixListId
    ModifySecurityGroupRules
subnet
    CreateSubnetCidrReservation DeleteSubnet ModifySubnetAttribute
subnet=~AssociationId
    DisassociateSubnetCidrBlock
subnet ipam-pool?=Ipv6IpamPoolId
    AssociateSubnetCidrBlock
subnet+ vpc ipam-pool?=Ipv4IpamPoolId|Ipv6IpamPoolId
    CreateSubnet
subnet=SubnetIds transit-gateway-attachment transit-gateway-multicast-domain
    AssociateTransitGatewayMulticastDomain DisassociateTransitGatewayMulticastDomain
subnet=SubnetIds transit-gateway transit-gateway-attachment+ vpc
    CreateTransitGatewayVpcAttachment
traffic-mirror-filter
    DeleteTrafficMirrorFilter ModifyTrafficMirrorFilterNetworkServices
traffic-mirror-filter+
    CreateTrafficMirrorFilter
traffic-mirror-filter traffic-mirror-filter-rule+
    CreateTrafficMirrorFilterRule
traffic-mirror-filter=~TrafficMirrorFilterRuleId traffic-mirror-filter-rule
    DeleteTrafficMirrorFilterRule ModifyTrafficMirrorFilterRule
traffic-mirror-session
    DeleteTrafficMirrorSession
traffic-mirror-session traffic-mirror-filter? traffic-mirror-target?
    ModifyTrafficMirrorSession
traffic-mirror-target
    DeleteTrafficMirrorTarget
traffic-mirror-target+ network-interface? vpc-endpoint?=GatewayLoadBalancerEndpointId
    CreateTrafficMirrorTarget
transit-gateway
    DeleteTransitGateway
transit-gateway+
    CreateTransitGateway
transit-gateway transit-gateway-attachment+
    CreateTransitGatewayPeeringAttachment
transit-gateway transit-gateway-multicast-domain+
    CreateTransitGatewayMulticastDomain
transit-gateway transit-gateway-policy-table+
    CreateTransitGatewayPolicyTable
transit-gateway transit-gateway-route-table+
    CreateTransitGatewayRouteTable
transit-gateway
transit-gateway-route-table?=Options.AssociationDefaultRouteTableId|Options.PropagationDefaultRouteTableId
    ModifyTransitGateway
transit-gateway transit-gateway-metering-policy+ transit-gateway-attachment?=MiddleboxAttachmentId
    CreateTransitGatewayMeteringPolicy
transit-gateway-attachment
    AcceptTransitGatewayClientVpnAttachment AcceptTransitGatewayPeeringAttachment AcceptTransitGatewayVpcAttachment
    DeleteTransitGatewayClientVpnAttachment DeleteTransitGatewayConnect DeleteTransitGatewayPeeringAttachment
    DeleteTransitGatewayVpcAttachment RejectTransitGatewayClientVpnAttachment RejectTransitGatewayPeeringAttachment
    RejectTransitGatewayVpcAttachment
transit-gateway-attachment+
    CreateTransitGatewayConnect
transit-gateway-attachment subnet?=AddSubnetIds|RemoveSubnetIds
    ModifyTransitGatewayVpcAttachment
transit-gateway-attachment transit-gateway-connect-peer+
    CreateTransitGatewayConnectPeer
transit-gateway-attachment transit-gateway-policy-table
    AssociateTransitGatewayPolicyTable DisassociateTransitGatewayPolicyTable
transit-gateway-attachment transit-gateway-route-table
    AssociateTransitGatewayRouteTable DisassociateTransitGatewayRouteTable
transit-gateway-attachment? transit-gateway-multicast-domain?
    AcceptTransitGatewayMulticastDomainAssociations RejectTransitGatewayMulticastDomainAssociations
transit-gateway-attachment=PeeringAttachmentId transit-gateway-route-table transit-gateway-route-table-announcement+
    CreateTransitGatewayRouteTableAnnouncement
transit-gateway-connect-peer
    DeleteTransitGatewayConnectPeer
transit-gateway-metering-policy
    DeleteTransitGatewayMeteringPolicy DeleteTransitGatewayMeteringPolicyEntry GetTransitGatewayMeteringPolicyEntries
transit-gateway-metering-policy transit-gateway-attachment?=AddMiddleboxAttachmentId|RemoveMiddleboxAttachmentId
    ModifyTransitGatewayMeteringPolicy
transit-gateway-metering-policy
transit-gateway-attachment?=SourceTransitGatewayAttachmentId|DestinationTransitGatewayAttachmentId
    CreateTransitGatewayMeteringPolicyEntry
transit-gateway-multicast-domain
    DeleteTransitGatewayMulticastDomain GetTransitGatewayMulticastDomainAssociations
    SearchTransitGatewayMulticastGroups
transit-gateway-policy-table
    DeleteTransitGatewayPolicyTable DeleteTransitGatewayPolicyTableEntry GetTransitGatewayPolicyTableAssociations
    GetTransitGatewayPolicyTableEntries
transit-gateway-policy-table transit-gateway-route-table=TargetRouteTableId
    CreateTransitGatewayPolicyTableEntry
transit-gateway-policy-table transit-gateway-route-table?=TargetRouteTableId
    ModifyTransitGatewayPolicyTableEntry
transit-gateway-route-table
    DeleteTransitGatewayRoute DeleteTransitGatewayRouteTable SearchTransitGatewayRoutes
transit-gateway-route-table transit-gateway-attachment?
    CreateTransitGatewayRoute ReplaceTransitGatewayRoute
transit-gateway-route-table transit-gateway-attachment? transit-gateway-route-table-announcement?
    DisableTransitGatewayRouteTablePropagation EnableTransitGatewayRouteTablePropagation
transit-gateway-route-table-announcement
    DeleteTransitGatewayRouteTableAnnouncement
verified-access-endpoint
    DeleteVerifiedAccessEndpoint GetVerifiedAccessEndpointPolicy GetVerifiedAccessEndpointTargets
    ModifyVerifiedAccessEndpointPolicy
verified-access-endpoint subnet?=LoadBalancerOptions.SubnetId|RdsOptions.SubnetId verified-access-group?
    ModifyVerifiedAccessEndpoint
verified-access-endpoint+ verified-access-group network-interface?=NetworkInterfaceOptions.NetworkInterfaceId
security-group?=SecurityGroupId subnet?=LoadBalancerOptions.SubnetId|RdsOptions.SubnetId|CidrOptions.SubnetId
    CreateVerifiedAccessEndpoint
verified-access-group
    DeleteVerifiedAccessGroup GetVerifiedAccessGroupPolicy ModifyVerifiedAccessGroupPolicy
verified-access-group verified-access-instance?
    ModifyVerifiedAccessGroup
verified-access-group+ verified-access-instance
    CreateVerifiedAccessGroup
verified-access-instance
    DeleteVerifiedAccessInstance ExportVerifiedAccessInstanceClientConfiguration ModifyVerifiedAccessInstance
    ModifyVerifiedAccessInstanceLoggingConfiguration
verified-access-instance+
    CreateVerifiedAccessInstance
verified-access-instance verified-access-trust-provider
    AttachVerifiedAccessTrustProvider DetachVerifiedAccessTrustProvider
verified-access-trust-provider
    DeleteVerifiedAccessTrustProvider ModifyVerifiedAccessTrustProvider
verified-access-trust-provider+
    CreateVerifiedAccessTrustProvider
vpc
    DeleteVpc DescribeVpcAttribute DisableVpcClassicLink EnableVpcClassicLink GetSecurityGroupsForVpc
    GetVpcResourcesBlockingEncryptionEnforcement ModifyVpcAttribute ModifyVpcTenancy
vpc?
    DisableVpcClassicLinkDnsSupport EnableVpcClassicLinkDnsSupport
vpc?=~AssociationId
    DisassociateVpcCidrBlock
vpc vpc-encryption-control+
    CreateVpcEncryptionControl
vpc vpc-peering-connection+
    CreateVpcPeeringConnection
vpc vpn-gateway
    AttachVpnGateway DetachVpnGateway
vpc=~VpcPeeringConnectionId vpc-peering-connection
    AcceptVpcPeeringConnection
vpc ipam-pool?=Ipv4IpamPoolId|Ipv6IpamPoolId ipv6pool-ec2?=Ipv6Pool
    AssociateVpcCidrBlock
vpc+ ipam-pool?=Ipv4IpamPoolId|Ipv6IpamPoolId ipv6pool-ec2?=Ipv6Pool
    CreateVpc
vpc vpc-endpoint+ route-table? security-group?=SecurityGroupId subnet?=SubnetId|SubnetConfiguration.SubnetId
    CreateVpcEndpoint
vpc-block-public-access-exclusion
    DeleteVpcBlockPublicAccessExclusion ModifyVpcBlockPublicAccessExclusion
vpc-block-public-access-exclusion+ subnet? vpc?
    CreateVpcBlockPublicAccessExclusion
vpc-encryption-control
    DeleteVpcEncryptionControl ModifyVpcEncryptionControl
vpc-endpoint
    DeleteVpcEndpoints
vpc-endpoint? vpc-endpoint-service?
    CreateVpcEndpointConnectionNotification
vpc-endpoint route-table?=AddRouteTableId|RemoveRouteTableId security-group?=AddSecurityGroupId|RemoveSecurityGroupId
subnet?=AddSubnetId|RemoveSubnetId|SubnetConfiguration.SubnetId
    ModifyVpcEndpoint
vpc-endpoint-service
    AcceptVpcEndpointConnections DeleteVpcEndpointServiceConfigurations DescribeVpcEndpointServicePermissions
    ModifyVpcEndpointServiceConfiguration ModifyVpcEndpointServicePayerResponsibility
    ModifyVpcEndpointServicePermissions RejectVpcEndpointConnections StartVpcEndpointServicePrivateDnsVerification
vpc-endpoint-service+
    CreateVpcEndpointServiceConfiguration
vpc-endpoint-service?
    ModifyVpcEndpointPayerResponsibility
vpc-flow-log
    DeleteFlowLogs GetFlowLogsIntegrationTemplate
vpc-flow-log+ any?=ResourceId
    CreateFlowLogs
vpc-peering-connection
    DeleteVpcPeeringConnection ModifyVpcPeeringConnectionOptions RejectVpcPeeringConnection
vpn-concentrator
    DeleteVpnConcentrator
vpn-concentrator+ transit-gateway?
    CreateVpnConcentrator
vpn-connection
    CreateVpnConnectionRoute DeleteVpnConnection DeleteVpnConnectionRoute GetActiveVpnTunnelStatus
    GetVpnTunnelReplacementStatus ModifyVpnConnection ModifyVpnConnectionOptions ModifyVpnTunnelCertificate
    ModifyVpnTunnelOptions ReplaceVpnTunnel
vpn-connection vpn-connection-device-type
    GetVpnConnectionDeviceSampleConfiguration
vpn-connection+ customer-gateway transit-gateway?
transit-gateway-attachment?=Options.TransportTransitGatewayAttachmentId vpn-concentrator? vpn-gateway?
    CreateVpnConnection
vpn-gateway
    DeleteVpnGateway
vpn-gateway+
    CreateVpnGateway
"""
