"""EC2 actions on instances, images, disks, capacity and tags -> the resources that each is judged on.

`gatewright.ec2.rows` explains the notation.  Sources: the actions and resource types of EC2 in the service
authorization reference; the parameters in the EC2 API Reference.
"""

from __future__ import annotations

ROWS = """
any=ExportTaskId
    CancelExportTask
any=ResourceId
    CreateTags DeleteTags
any=~ConnectionNotificationId
    DeleteVpcEndpointConnectionNotifications ModifyVpcEndpointConnectionNotification
any?=ImportTaskId
    CancelImportTask
application-status-check
    DeleteApplicationStatusCheck
application-status-check instance?
    AssociateApplicationStatusCheck DisassociateApplicationStatusCheck
application-status-check
security-group?=HealthCheckPath.Source.SecurityGroupId|HealthCheckPath.Destination.SecurityGroupId
subnet?=HealthCheckPath.Source.SubnetId|HealthCheckPath.Destination.SubnetId
    ModifyApplicationStatusCheck
application-status-check+
security-group?=HealthCheckPath.Source.SecurityGroupId|HealthCheckPath.Destination.SecurityGroupId
subnet?=HealthCheckPath.Source.SubnetId|HealthCheckPath.Destination.SubnetId
    CreateApplicationStatusCheck
capacity-manager-data-export
    DeleteCapacityManagerDataExport
capacity-manager-data-export+
    CreateCapacityManagerDataExport
capacity-reservation
    AcceptCapacityReservationBillingOwnership AssociateCapacityReservationBillingOwner
    DescribeCapacityBlockExtensionOfferings DisassociateCapacityReservationBillingOwner GetCapacityReservationUsage
    GetGroupsForCapacityReservation ModifyCapacityReservation PurchaseCapacityBlockExtension
    RejectCapacityReservationBillingOwnership UpdateInterruptibleCapacityReservationAllocation
capacity-reservation+
    CreateCapacityReservation CreateInterruptibleCapacityReservationAllocation PurchaseCapacityBlock
capacity-reservation=SourceCapacityReservationId|DestinationCapacityReservationId
    MoveCapacityReservationInstances
capacity-reservation capacity-reservation-cancellation-quote+
    CreateCapacityReservationCancellationQuote
capacity-reservation capacity-reservation-cancellation-quote?
    CancelCapacityReservation
capacity-reservation=SourceCapacityReservationId capacity-reservation+?
    CreateCapacityReservationBySplitting
capacity-reservation-fleet
    CancelCapacityReservationFleets ModifyCapacityReservationFleet
capacity-reservation-fleet+
    CreateCapacityReservationFleet
certificate
    GetAssociatedEnclaveCertificateIamRoles
certificate role
    AssociateEnclaveCertificateIamRole DisassociateEnclaveCertificateIamRole
declarative-policies-report
    CancelDeclarativePoliciesReport GetDeclarativePoliciesReportSummary
dedicated-host
    ModifyHosts ReleaseHosts
dedicated-host+
    AllocateHosts
dedicated-host=HostIdSet
    PurchaseHostReservation
export-image-task+ image
    ExportImage
export-instance-task+ instance
    CreateInstanceExportTask
fleet
    DeleteFleets DescribeFleetHistory DescribeFleetInstances
fleet image?=LaunchTemplateConfig.Overrides.ImageId
launch-template?=LaunchTemplateConfig.LaunchTemplateSpecification.(LaunchTemplateId|~LaunchTemplateName)
subnet?=LaunchTemplateConfig.Overrides.SubnetId
    ModifyFleet
fleet+ instance+ volume+?
capacity-reservation?=ReservedCapacityOptions.CapacityReservationTarget.CapacityReservationId
image?=LaunchTemplateConfigs.Overrides.ImageId
launch-template?=LaunchTemplateConfigs.LaunchTemplateSpecification.(LaunchTemplateId|~LaunchTemplateName)
placement-group?=LaunchTemplateConfigs.Overrides.Placement.GroupName|~LaunchTemplateConfigs.Overrides.Placement.GroupId
subnet?=LaunchTemplateConfigs.Overrides.SubnetId
    CreateFleet
fpga-image
    DeleteFpgaImage DescribeFpgaImageAttribute ModifyFpgaImageAttribute ResetFpgaImageAttribute
fpga-image+
    CopyFpgaImage CreateFpgaImage
image
    AttachImageWatermark CancelImageLaunchPermission CreateStoreImageTask DeregisterImage DescribeImageAttribute
    DetachImageWatermark DisableFastLaunch DisableImage DisableImageDeprecation DisableImageDeregistrationProtection
    EnableImage EnableImageDeprecation EnableImageDeregistrationProtection GetImageAncestry ModifyImageAttribute
    ReplaceImageInstanceTypeSpecification ResetImageAttribute RestoreImageFromRecycleBin
image+
    CreateRestoreImageTask
image image-usage-report+
    CreateImageUsageReport
image launch-template?=LaunchTemplate.(LaunchTemplateId|~LaunchTemplateName)
    EnableFastLaunch
image+ snapshot+ image=SourceImageId
    CopyImage
image+ snapshot?=BlockDeviceMapping.Ebs.SnapshotId
    RegisterImage
image+ import-image-task+ snapshot?=DiskContainer.SnapshotId
    ImportImage
image+ instance snapshot+ snapshot?=BlockDeviceMapping.Ebs.SnapshotId
    CreateImage
image-usage-report
    DeleteImageUsageReport
import-snapshot-task+ snapshot+
    ImportSnapshot
instance
    AssociateIamInstanceProfile DescribeInstanceAttribute DisableInstanceSqlHaStandbyDetections
    EnableInstanceSqlHaStandbyDetections GetConsoleOutput GetConsoleScreenshot GetInstanceTpmEkPub GetInstanceUefiData
    GetLaunchTemplateData GetPasswordData ModifyInstanceCpuOptions ModifyInstanceEventStartTime
    ModifyInstanceMaintenanceOptions ModifyInstanceMetadataOptions ModifyInstanceNetworkPerformanceOptions
    ModifyPrivateDnsNameOptions MonitorInstances RebootInstances ReportInstanceStatus ResetInstanceAttribute
    SendDiagnosticInterrupt StartInstances StopInstances TerminateInstances UnmonitorInstances
instance=InstanceCreditSpecification.InstanceId
    ModifyInstanceCreditSpecification
instance=~AssociationId
    DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation
instance?
    DisableApplicationStatusCheckSuppression EnableApplicationStatusCheckSuppression
instance capacity-reservation?=CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId
    ModifyInstanceCapacityReservationAttributes
instance mac-modification-task+
    CreateDelegateMacVolumeOwnershipTask CreateMacSystemIntegrityProtectionModificationTask
instance network-interface
    AttachNetworkInterface
instance volume
    AttachVolume
instance vpc
    DetachClassicLinkVpc
instance=~AttachmentId network-interface=~AttachmentId
    DetachNetworkInterface
instance dedicated-host? placement-group?=GroupName|~GroupId
    ModifyInstancePlacement
instance security-group=SecurityGroupId vpc
    AttachClassicLinkVpc
instance security-group? volume?=BlockDeviceMapping.Ebs.VolumeId
    ModifyInstanceAttribute
instance=InstanceSpecification.InstanceId snapshot+ volume=~InstanceSpecification.InstanceId
    CreateSnapshots
instance+ volume+ security-group?=LaunchSpecification.GroupId|~LaunchSpecification.GroupName
subnet?=LaunchSpecification.SubnetId
    ImportInstance
instance replace-root-volume-task+ volume+ image? snapshot?
    CreateReplaceRootVolumeTask
instance+ image?=ImageId key-pair? snapshot?=BlockDeviceMapping.Ebs.SnapshotId spot-instances-request+?
capacity-reservation?=CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId
group?=CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArn
launch-template?=LaunchTemplate.(LaunchTemplateId|~LaunchTemplateName) placement-group?=Placement.(GroupName|~GroupId)
license-configuration?=LicenseSpecification.LicenseConfigurationArn
secondary-subnet?=SecondaryInterface.SecondarySubnetId
network-interface?=NetworkInterface.NetworkInterfaceId subnet?=SubnetId|NetworkInterface.SubnetId
security-group?=SecurityGroupId|~SecurityGroup|NetworkInterface.SecurityGroupId
    RunInstances
instance-event-window
    AssociateInstanceEventWindow DeleteInstanceEventWindow DisassociateInstanceEventWindow ModifyInstanceEventWindow
instance-event-window+
    CreateInstanceEventWindow
key-pair+=KeyName
    CreateKeyPair ImportKeyPair
key-pair?=KeyName|~KeyPairId
    DeleteKeyPair
launch-template+
    CreateLaunchTemplate
launch-template=LaunchTemplateId|~LaunchTemplateName
    CreateLaunchTemplateVersion DeleteLaunchTemplate DeleteLaunchTemplateVersions ModifyLaunchTemplate
placement-group
    DeletePlacementGroup
placement-group+=GroupName
    CreatePlacementGroup
reserved-instances
    DeleteQueuedReservedInstances ModifyReservedInstances
reserved-instances=ReservedInstanceId
    AcceptReservedInstancesExchangeQuote GetReservedInstancesExchangeQuote
snapshot
    DeleteSnapshot DescribeSnapshotAttribute LockSnapshot ModifySnapshotAttribute ModifySnapshotTier
    ResetSnapshotAttribute RestoreSnapshotFromRecycleBin RestoreSnapshotTier UnlockSnapshot
snapshot+ snapshot=SourceSnapshotId
    CopySnapshot
snapshot=SourceSnapshotId
    DisableFastSnapshotRestores EnableFastSnapshotRestores
snapshot+ volume
    CreateSnapshot
spot-fleet-request
    CancelSpotFleetRequests DescribeSpotFleetInstances DescribeSpotFleetRequestHistory
spot-fleet-request
launch-template?=LaunchTemplateConfig.LaunchTemplateSpecification.(LaunchTemplateId|~LaunchTemplateName)
subnet?=LaunchTemplateConfig.Overrides.SubnetId
    ModifySpotFleetRequest
spot-fleet-request+ image?=SpotFleetRequestConfig.LaunchSpecifications.ImageId
key-pair?=SpotFleetRequestConfig.LaunchSpecifications.KeyName
launch-template?=SpotFleetRequestConfig.LaunchTemplateConfigs.LaunchTemplateSpecification.LaunchTemplateId
launch-template?=~SpotFleetRequestConfig.LaunchTemplateConfigs.LaunchTemplateSpecification.LaunchTemplateName
placement-group?=SpotFleetRequestConfig.LaunchSpecifications.Placement.GroupName
security-group?=SpotFleetRequestConfig.LaunchSpecifications.NetworkInterfaceSet.SecurityGroupId
security-group?=SpotFleetRequestConfig.LaunchSpecifications.GroupSet.(GroupId|~GroupName)
snapshot?=SpotFleetRequestConfig.LaunchSpecifications.BlockDeviceMapping.Ebs.SnapshotId
subnet?=SpotFleetRequestConfig.LaunchSpecifications.(NetworkInterfaceSet.SubnetId|SubnetId)
subnet?=SpotFleetRequestConfig.LaunchTemplateConfigs.Overrides.SubnetId
    RequestSpotFleet
spot-instances-request
    CancelSpotInstanceRequests
spot-instances-request+ image?=LaunchSpecification.ImageId key-pair?=LaunchSpecification.KeyName
network-interface?=LaunchSpecification.NetworkInterface.NetworkInterfaceId
placement-group?=LaunchSpecification.Placement.GroupName
security-group?=LaunchSpecification.(SecurityGroupId|NetworkInterface.SecurityGroupId|~SecurityGroup)
snapshot?=LaunchSpecification.BlockDeviceMapping.Ebs.SnapshotId
subnet?=LaunchSpecification.NetworkInterface.SubnetId|LaunchSpecification.SubnetId
    RequestSpotInstances
volume
    DeleteVolume DescribeVolumeAttribute EnableVolumeIO ModifyVolume ModifyVolumeAttribute RestoreVolumeFromRecycleBin
volume+
    CopyVolumes ImportVolume
volume instance?
    DetachVolume
volume+ snapshot?
    CreateVolume
"""
