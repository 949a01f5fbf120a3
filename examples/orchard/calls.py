"""The calls of the example: what each asks of IAM, and what CloudTrail writes of it.

Resources are those of the service authorization reference; the first call of each service names its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | list[str]


@dataclass(frozen=True)
class Authorization:
    """One question to IAM: most calls ask one, some several (R164)."""

    action: str
    resource: str = "*"
    context: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call; ``service`` is the event source without ``.amazonaws.com``."""

    service: str
    name: str
    authorizations: tuple[Authorization, ...]
    parameters: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    resources: tuple[Mapping[str, str], ...] = ()
    is_read: bool = True
    is_data: bool = False


@dataclass(frozen=True)
class Place:
    """An account and a Region."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something in this place."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Instance:
    """An EC2 instance with the tags that a policy may ask for."""

    id: str
    place: Place
    tags: Mapping[str, str]
    volume: str

    @property
    def arn(self) -> str:
        """The instance's ARN."""
        return self.place.arn("ec2", f"instance/{self.id}")

    def authorize(self, action: str) -> Authorization:
        """Ask for an action on this instance."""
        keys: dict[str, Value] = {
            f"{prefix}:ResourceTag/{key}": value for prefix in ("aws", "ec2") for key, value in self.tags.items()
        }
        return Authorization(action, self.arn, keys)


def look(
    service: str, name: str, action: str, resource: str = "*", parameters: Mapping[str, Any] | None = None
) -> Call:
    """Build a call that reads and needs one authorization."""
    return Call(service, name, (Authorization(action, resource),), parameters)


def change(
    service: str,
    name: str,
    action: str,
    resource: str,
    parameters: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
) -> Call:
    """Build a call that writes and needs one authorization."""
    return Call(service, name, (Authorization(action, resource),), parameters, response, is_read=False)


# --- Amazon EC2 -------------------------------------------------------------------------------------------------------


def describe(name: str, parameters: Mapping[str, Any] | None = None) -> Call:
    """Describe something of EC2; none of these calls has a resource (R167)."""
    return look("ec2", name, f"ec2:{name}", parameters=parameters or {"maxResults": 100})


def describe_instances(*instances: Instance) -> Call:
    """Describe some instances, or all."""
    items = {"items": [{"instanceId": instance.id} for instance in instances]} if instances else {}
    return describe("DescribeInstances", {"instancesSet": items, "filterSet": {}})


STATES = {"StartInstances": (0, "pending", 80, "stopped"), "StopInstances": (64, "stopping", 16, "running")}
STATES["TerminateInstances"] = (32, "shutting-down", 16, "running")


def switch(name: str, *instances: Instance, dry_run: bool = False) -> Call:
    """Start, stop, reboot or terminate instances: each instance is authorized (R167)."""
    parameters: dict[str, Any] = {"instancesSet": {"items": [{"instanceId": instance.id} for instance in instances]}}
    if name == "StopInstances":
        parameters["force"] = False
    if dry_run:
        parameters["DryRun"] = True
    response: dict[str, Any] = {"_return": True}
    if name in STATES:
        code, now, code_before, before = STATES[name]
        response = {
            "instancesSet": {
                "items": [
                    {
                        "instanceId": instance.id,
                        "currentState": {"code": code, "name": now},
                        "previousState": {"code": code_before, "name": before},
                    }
                    for instance in instances
                ]
            }
        }
    asked = tuple(instance.authorize(f"ec2:{name}") for instance in instances)
    return Call("ec2", name, asked, parameters, response, is_read=False)


def run_instances(
    place: Place, new: Instance, image: str, instance_type: str, subnet: str, group: str, *, dry_run: bool = False
) -> Call:
    """Launch one instance with its volume, both tagged: every resource is authorized, and so are tags (R164, R165)."""
    keys: dict[str, Value] = {"ec2:InstanceType": instance_type, "ec2:Region": place.region}
    tags: dict[str, Value] = {f"aws:RequestTag/{key}": value for key, value in new.tags.items()}
    if new.tags:
        tags["aws:TagKeys"] = list(new.tags)
    tagged = {kind: place.arn("ec2", f"{kind}/*") for kind in ("instance", "volume")}
    asked = [
        Authorization("ec2:RunInstances", tagged["instance"], keys | tags),
        Authorization("ec2:RunInstances", f"arn:aws:ec2:{place.region}::image/{image}"),
        Authorization("ec2:RunInstances", place.arn("ec2", f"subnet/{subnet}")),
        Authorization("ec2:RunInstances", place.arn("ec2", f"security-group/{group}")),
        Authorization("ec2:RunInstances", place.arn("ec2", "network-interface/*")),
        Authorization("ec2:RunInstances", tagged["volume"], tags),
    ]
    parameters: dict[str, Any] = {
        "instancesSet": {"items": [{"imageId": image, "minCount": 1, "maxCount": 1}]},
        "groupSet": {"items": [{"groupId": group}]},
        "instanceType": instance_type,
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "subnetId": subnet,
        "disableApiTermination": False,
    }
    if new.tags:
        creation: dict[str, Value] = {"ec2:CreateAction": "RunInstances", **tags}
        asked += [Authorization("ec2:CreateTags", arn, creation) for arn in tagged.values()]
        written = [{"key": key, "value": value} for key, value in new.tags.items()]
        parameters["tagSpecificationSet"] = {"items": [{"resourceType": kind, "tags": written} for kind in tagged]}
    if dry_run:
        parameters["DryRun"] = True
    launched = {"instanceId": new.id, "imageId": image, "instanceState": {"code": 0, "name": "pending"}}
    launched |= {"instanceType": instance_type, "subnetId": subnet, "privateIpAddress": "10.20.4.17"}
    response = {"instancesSet": {"items": [launched]}, "ownerId": place.account, "groupSet": {}}
    return Call("ec2", "RunInstances", tuple(asked), parameters, response, is_read=False)


def create_snapshot(instance: Instance, snapshot: str) -> Call:
    """Snapshot a volume: the volume and the snapshot are authorized; a snapshot's ARN has no account (R160)."""
    place = instance.place
    asked = (
        Authorization("ec2:CreateSnapshot", place.arn("ec2", f"volume/{instance.volume}")),
        Authorization("ec2:CreateSnapshot", f"arn:aws:ec2:{place.region}::snapshot/*"),
    )
    response = {"snapshotId": snapshot, "volumeId": instance.volume, "status": "pending", "ownerId": place.account}
    return Call("ec2", "CreateSnapshot", asked, {"volumeId": instance.volume}, response, is_read=False)


def delete_snapshot(place: Place, snapshot: str, tags: Mapping[str, str]) -> Call:
    """Delete a snapshot that carries tags."""
    keys: dict[str, Value] = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    asked = (Authorization("ec2:DeleteSnapshot", f"arn:aws:ec2:{place.region}::snapshot/{snapshot}", keys),)
    return Call("ec2", "DeleteSnapshot", asked, {"snapshotId": snapshot}, {"_return": True}, is_read=False)


def console_output(instance: Instance, name: str = "GetConsoleOutput") -> Call:
    """Read an instance's console, or its Windows password."""
    return Call("ec2", name, (instance.authorize(f"ec2:{name}"),), {"instanceId": instance.id})


# --- Amazon S3 --------------------------------------------------------------------------------------------------------


def list_buckets() -> Call:
    """List the account's buckets: the event's name is not the action's."""
    return look("s3", "ListBuckets", "s3:ListAllMyBuckets", parameters={"Host": "s3.amazonaws.com"})


def read_bucket(name: str, action: str, bucket: str) -> Call:
    """Read a setting of a bucket."""
    parameters = {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}
    return look("s3", name, action, f"arn:aws:s3:::{bucket}", parameters)


def touch_object(name: str, account: str, bucket: str, key: str) -> Call:
    """Get, put or delete an object: a data event."""
    object_arn, bucket_arn = f"arn:aws:s3:::{bucket}/{key}", f"arn:aws:s3:::{bucket}"
    return Call(
        "s3",
        name,
        (Authorization(f"s3:{name}", object_arn),),
        {"bucketName": bucket, "Host": f"{bucket}.s3.eu-west-1.amazonaws.com", "key": key},
        resources=(
            {"type": "AWS::S3::Object", "ARN": object_arn},
            {"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket_arn},
        ),
        is_read=name == "GetObject",
        is_data=True,
    )


def list_objects(account: str, bucket: str, prefix: str) -> Call:
    """List a bucket under a prefix: the action is ListBucket."""
    arn = f"arn:aws:s3:::{bucket}"
    parameters = {
        "list-type": "2",
        "bucketName": bucket,
        "prefix": prefix,
        "Host": f"{bucket}.s3.eu-west-1.amazonaws.com",
    }
    resource = {"accountId": account, "type": "AWS::S3::Bucket", "ARN": arn}
    asked = (Authorization("s3:ListBucket", arn, {"s3:prefix": prefix}),)
    return Call("s3", "ListObjects", asked, parameters, resources=(resource,), is_data=True)


# --- everything else --------------------------------------------------------------------------------------------------


def assume_role(
    role: str, session_name: str, access_key: str, role_id: str, expiration: str, external: str = ""
) -> Call:
    """Assume a role."""
    account, name = role.split(":")[4], role.rsplit("/", 1)[1]
    parameters = {"roleArn": role, "roleSessionName": session_name, "durationSeconds": 3600}
    if external:
        parameters["externalId"] = external
    response = {
        "credentials": {
            "accessKeyId": access_key,
            "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration": expiration,
        },
        "assumedRoleUser": {
            "assumedRoleId": f"{role_id}:{session_name}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        },
    }
    resource = {"accountId": account, "type": "AWS::IAM::Role", "ARN": role}
    return Call("sts", "AssumeRole", (Authorization("sts:AssumeRole", role),), parameters, response, (resource,))


def who_am_i() -> Call:
    """Ask for the caller's identity, which needs no permission (R149)."""
    return look("sts", "GetCallerIdentity", "sts:GetCallerIdentity")


def get_parameter(place: Place, name: str) -> Call:
    """Read a parameter of Systems Manager."""
    arn = place.arn("ssm", f"parameter{name}")
    resource = {"accountId": place.account, "ARN": arn}
    parameters = {"name": name, "withDecryption": True}
    return Call("ssm", "GetParameter", (Authorization("ssm:GetParameter", arn),), parameters, resources=(resource,))


def get_secret(place: Place, secret: str) -> Call:
    """Read a secret."""
    arn = place.arn("secretsmanager", f"secret:{secret}")
    return look("secretsmanager", "GetSecretValue", "secretsmanager:GetSecretValue", arn, {"secretId": arn})


def query_athena(place: Place, workgroup: str, query_id: str) -> Call:
    """Start a query; its text is not logged."""
    arn = place.arn("athena", f"workgroup/{workgroup}")
    parameters = {"queryString": "***OMITTED***", "workGroup": workgroup, "clientRequestToken": query_id}
    response = {"queryExecutionId": query_id}
    return change("athena", "StartQueryExecution", "athena:StartQueryExecution", arn, parameters, response)


def create_log_stream(place: Place, group: str, stream: str) -> Call:
    """Open a log stream."""
    arn = place.arn("logs", f"log-group:{group}:log-stream:{stream}")
    parameters = {"logGroupName": group, "logStreamName": stream}
    return change("logs", "CreateLogStream", "logs:CreateLogStream", arn, parameters)


def touch_item(name: str, place: Place, table: str, key: str) -> Call:
    """Get or put an item of DynamoDB: a data event."""
    arn = place.arn("dynamodb", f"table/{table}")
    resource = {"accountId": place.account, "type": "AWS::DynamoDB::Table", "ARN": arn}
    parameters = {"tableName": table, "key": {"order": key}}
    asked = (Authorization(f"dynamodb:{name}", arn),)
    return Call("dynamodb", name, asked, parameters, resources=(resource,), is_read=name == "GetItem", is_data=True)
