"""The names of random worlds: few, near to each other, and of every kind."""

from __future__ import annotations

from typing import Any, Final

from strategies import ACCOUNT, RESOURCE_PATTERNS, RESOURCE_VARIABLES, RESOURCES

OTHER: Final = "345678901234"
THIRD: Final = "456789012345"
"""An account of which a world knows no principal; it may own things."""

CANONICAL: Final = {ACCOUNT: "79a59df900b949e5" * 4, OTHER: "79a59df900b949e6" * 4}


def iam(account: str, name: str) -> str:
    """Return the ARN of something of IAM."""
    return f"arn:aws:iam::{account}:{name}"


def sts(account: str, name: str) -> str:
    """Return the ARN of a session."""
    return f"arn:aws:sts::{account}:{name}"


# --- who calls --------------------------------------------------------------------------------------------------------

MARA: Final = iam(ACCOUNT, "user/mara")
OTIS: Final = iam(ACCOUNT, "user/staff/otis")
BELA: Final = iam(OTHER, "user/bela")
HARVESTER: Final = iam(ACCOUNT, "role/Harvester")
PACKER: Final = iam(ACCOUNT, "role/teams/Packer")
CARTER: Final = iam(OTHER, "role/Carter")
LINKED: Final = iam(ACCOUNT, "role/aws-service-role/elasticache.amazonaws.com/AWSServiceRoleForElastiCache")
CREW: Final = sts(ACCOUNT, "federated-user/crew")
GUESTS: Final = sts(OTHER, "federated-user/guests")
ROOT: Final = iam(ACCOUNT, "root")
OTHER_ROOT: Final = iam(OTHER, "root")

CHINESE: Final = f"arn:aws-cn:iam::{ACCOUNT}:user/mara"

USERS: Final = (MARA, OTIS, BELA, CHINESE)
ROLES: Final = (HARVESTER, PACKER, CARTER, LINKED)
FEDERATED: Final = {CREW: (MARA, ROOT), GUESTS: (BELA, OTHER_ROOT)}
"""Federated users, and who may have federated them."""
ROOTS: Final = (ROOT, OTHER_ROOT)

SESSIONS: Final = {
    HARVESTER: (sts(ACCOUNT, "assumed-role/Harvester/run-42"), sts(ACCOUNT, "assumed-role/Harvester/run-43")),
    PACKER: (sts(ACCOUNT, "assumed-role/Packer/run-42"),),
    CARTER: (sts(OTHER, "assumed-role/Carter/run-42"),),
    LINKED: (sts(ACCOUNT, "assumed-role/AWSServiceRoleForElastiCache/run-42"),),
}
STRANGERS: Final = (
    iam(ACCOUNT, "user/nobody"),
    iam(ACCOUNT, "user/Mara"),
    iam(OTHER, "user/mara"),
    iam(THIRD, "user/mara"),
    sts(ACCOUNT, "assumed-role/harvester/run-42"),
    iam(THIRD, "root"),
)
"""Callers of accounts that no world knows by name."""

SERVICES: Final = ("ec2.amazonaws.com", "cloudtrail.amazonaws.com")
PROVIDERS: Final = (
    iam(ACCOUNT, "saml-provider/Orchard"),
    iam(ACCOUNT, "oidc-provider/idp.example.com"),
    "accounts.google.com",
)
CLOUDFRONT: Final = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
OUTSIDERS: Final = (*SERVICES, *PROVIDERS, CLOUDFRONT, "anonymous", "anonymous")
"""Callers outside of all customer accounts."""

# --- whom a principal part names --------------------------------------------------------------------------------------

ACCOUNT_ENTRIES: Final = (
    ("AWS", ACCOUNT),
    ("AWS", ROOT),
    ("AWS", OTHER),
    ("AWS", OTHER_ROOT),
    ("AWS", f"arn:aws-cn:iam::{ACCOUNT}:root"),
    ("AWS", THIRD),
    ("CanonicalUser", CANONICAL[ACCOUNT]),
    ("CanonicalUser", CANONICAL[OTHER]),
)
NAMED_ENTRIES: Final = (
    *(("AWS", arn) for arn in (*USERS, *ROLES[:3], *FEDERATED, CLOUDFRONT)),
    *(("AWS", session) for sessions in SESSIONS.values() for session in sessions),
    *(("Service", name) for name in SERVICES),
    *(("Federated", name) for name in PROVIDERS),
    ("AWS", iam(OTHER, "user/mara")),
    ("AWS", "AIDAEXAMPLEID123456"),
)

# --- what is asked for ------------------------------------------------------------------------------------------------

BUCKETS: Final = ("arn:aws:s3:::pears", "arn:aws:s3:::plums")
ACCESS_POINTS: Final = (f"arn:aws:s3:eu-west-1:{OTHER}:accesspoint/orchard",)
QUEUES: Final = (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:press", f"arn:aws:sqs:eu-west-1:{OTHER}:press")
TABLES: Final = (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/crops",)
REPOSITORIES: Final = (f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/cider",)
TOPICS: Final = (f"arn:aws:sns:eu-west-1:{OTHER}:press",)
KEYS: Final = tuple(
    f"arn:aws:kms:eu-west-1:{account}:key/{n}" for n, account in enumerate((ACCOUNT, ACCOUNT, OTHER), 1)
)
TRUSTED: Final = (HARVESTER, PACKER, CARTER, LINKED)
SHARED: Final = ("image/ami-1", "image/ami-2", "snapshot/snap-1", "image/", "snapshot/")
"""Entries of images and snapshots, whose ids are one of a kind; the last two stand for all that have none."""

SERVICE_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "s3": ("s3:GetObject", "s3:GetObject", "s3:PutObject", "S3:getobject", "s3:GetObjectAcl", "s3:ListBucket",
           "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "sqs": ("sqs:SendMessage", "SQS:receivemessage", "sqs:SetQueueAttributes"),
    "dynamodb": ("dynamodb:Query", "dynamodb:GetItem"),
    "ecr": ("ecr:BatchGetImage", "ecr:PutImage"),
    "sns": ("sns:Publish",),
    "kms": ("kms:Decrypt", "kms:Decrypt", "kms:Sign", "kms:PutKeyPolicy", "kms:RetireGrant", "kms:CreateGrant",
            "KMS:encrypt", "kms:CreateKey"),
    "sts": ("sts:AssumeRole", "sts:AssumeRole", "sts:AssumeRole", "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity", "STS:assumerole"),
    "ec2": ("ec2:RunInstances", "ec2:CopyImage", "ec2:CopySnapshot", "ec2:CreateVolume", "ec2:ModifyImageAttribute",
            "ec2:CancelImageLaunchPermission", "ec2:DescribeInstances", "ec2:DeleteSnapshot"),
    "iam": ("iam:PassRole", "iam:GetRole"),
    "logs": ("logs:PutLogEvents",),
}  # fmt: skip
FREE_ACTIONS: Final = ("sts:GetCallerIdentity", "STS:getsessiontoken")
PLAIN_ACTIONS: Final = ("s3express:GetObject", "sts:GetSessionToken", *FREE_ACTIONS)

ENTRY_OF_OBJECT: Final = "arn:aws:s3:::pears/a"
"""An entry that goes before that of its bucket."""
OBJECTS: Final = ("/a", "/home/mara/x", "/home/é/x", "/home/*/x", "/" + "shared/" * 12 + "1")
PATTERNS: Final = tuple(RESOURCE_PATTERNS)
WHOLE_PATTERNS: Final = tuple(text for text in RESOURCE_PATTERNS if text == "*" or text.count(":") >= 5)
"""What kinds take that want whole ARNs (R13)."""
VARIABLE_PATTERNS: Final = tuple(RESOURCE_VARIABLES)
PLACES: Final[tuple[str, ...]] = tuple(RESOURCES)

ENDPOINTS: Final = ("vpce-0a1b2c3d", "vpce-1a2b3c4d", "vpce-2a2b3c4d")
NO_ENDPOINT: Final = "vpce-99999999"
"""One that no world has."""
SOURCE_VPCE: Final = "aws:SourceVpce"


def arn_of(name: str) -> str:
    """Return the ARN of what an entry is named for."""
    if name not in SHARED:
        return name
    return f"arn:aws:ec2:eu-west-1::{name}{'9' if name.endswith('/') else ''}"


def service_of(resource: str) -> str:
    """Return the service of a resource whose actions are asked for."""
    if ":iam:" in resource:
        return "sts" if ":role/" in resource else "iam"
    fields = resource.split(":")
    return fields[2] if len(fields) > 2 and fields[2] in SERVICE_ACTIONS else "s3"


def merge_entries(entries: list[tuple[str, str]]) -> Any:
    """Return entries as the map of a principal part, single ones as a plain text."""
    found: dict[str, Any] = {}
    for kind, text in entries:
        found.setdefault(kind, []).append(text)
    return {kind: texts[0] if len(texts) == 1 else texts for kind, texts in found.items()}
