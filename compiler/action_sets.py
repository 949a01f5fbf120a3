"""Sets of actions that are decided in ways of their own, whatever policies say of them."""

from __future__ import annotations

from collections.abc import Mapping

from ..runtime.layout import ActionSet
from .automaton import Symbols
from .syntax import Wildcard

UNDER_RCPS = (
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory", "cloudfront",
    "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline", "cognito-identity",
    "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql",
    "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-scan",
    "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications", "opensearch",
    "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups", "rolesanywhere", "s3", "secretsmanager",
    "servicediscovery", "signin", "sqs", "sts", "support", "swf", "textract", "timestream-influxdb", "transcribe",
    "transfer", "translate", "wafv2", "workspaces", "xray",
)  # fmt: skip
"""Services for which resource control policies count (R133): the list of the Organizations guide of September 2026."""

_FEDERATING = ("sts:tagsession", "sts:setsourceidentity", "sts:setcontext")  # they go with AssumeRoleWith* (R33, R141)

_NAMES: Mapping[ActionSet, tuple[str, ...]] = {
    ActionSet.FREE: ("sts:getcalleridentity", "sts:getsessiontoken"),
    ActionSet.NOT_FOR_ROLES: ("sts:getsessiontoken",),
    ActionSet.NOT_FEDERATED: ("iam:*", "sts:*"),
    ActionSet.ASSUME_ROLE: ("sts:assumerole",),
    ActionSet.SOURCE_IDENTITY: ("sts:setsourceidentity",),
    ActionSet.TRUST: ("sts:*",),
    ActionSet.UNSIGNED: ("s3:*",),
    # The page on tasks of the root user names the queue policy too; the action that edits it is an inference.
    ActionSet.ROOT_KEEPS: (
        "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy", "sqs:setqueueattributes",
    ),
    ActionSet.UNDER_RCPS: tuple(f"{service}:*" for service in UNDER_RCPS),
    ActionSet.NOT_UNDER_RCPS: ("kms:retiregrant",),
    ActionSet.KEYLESS: ("kms:createkey", "kms:listkeys", "kms:listaliases"),
    # Cryptographic operations, and the few others that a key's owner can permit to other accounts.
    ActionSet.KEY_ABROAD: (
        "kms:decrypt", "kms:derivesharedsecret", "kms:encrypt", "kms:generatedatakey", "kms:generatedatakeypair",
        "kms:generatedatakeypairwithoutplaintext", "kms:generatedatakeywithoutplaintext", "kms:generatemac",
        "kms:reencryptfrom", "kms:reencryptto", "kms:sign", "kms:verify", "kms:verifymac", "kms:creategrant",
        "kms:describekey", "kms:getkeyrotationstatus", "kms:getpublickey", "kms:listgrants", "kms:retiregrant",
        "kms:revokegrant",
    ),
    ActionSet.SAML: ("sts:assumerolewithsaml", *_FEDERATING),
    ActionSet.WEB: ("sts:assumerolewithwebidentity", *_FEDERATING),
    ActionSet.KEYS: ("kms:*",),
}  # fmt: skip


def _symbols(name: str) -> Symbols:
    return (name[:-1], Wildcard.ANY) if name.endswith("*") else (name,)


ACTION_SETS: Mapping[ActionSet, tuple[Symbols, ...]] = {
    number: tuple(_symbols(name) for name in _NAMES[number]) for number in ActionSet
}
"""The patterns of each set, in the order of their numbers, lower-cased."""

CELL_SETS = (ActionSet.FREE, ActionSet.NOT_FOR_ROLES, ActionSet.TRUST)
"""Sets that change cells of the principals."""

WITHOUT_RESOURCE_PART: tuple[Symbols, ...] = (_symbols("ecr:*"),)
"""Actions of the services whose resource policies have no Resource (R32)."""
