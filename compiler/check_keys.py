"""The AWS-wide condition keys (chapter 5 of the language): type of their values, and whether a request has several."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class KeyType(StrEnum):
    """What the values of a key are."""

    STRING = "text"
    ARN = "ARNs"
    BOOL = "booleans"
    NUMERIC = "numbers"
    DATE = "dates"
    EPOCH = "instants"
    IP = "addresses"


class ConditionKey(NamedTuple):
    """A key as AWS spells it."""

    name: str
    type: KeyType
    is_multivalued: bool = False


_SINGLE = {
    KeyType.STRING: (
        "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgMasterAccountId", "aws:PrincipalServiceName",
        "aws:PrincipalType", "aws:userid", "aws:username", "aws:FederatedProvider", "aws:Ec2InstanceSourceVpc",
        "aws:SourceIdentity", "aws:SourceVpc", "aws:SourceVpce",
        "aws:CalledViaAWSMCP", "aws:VpceAccount", "aws:VpceOrgID", "aws:ResourceAccount",
        "aws:ResourceOrgID", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:referer", "aws:RequestedRegion",
        "aws:SourceAccount", "aws:SourceOwner", "aws:SourceOrgID", "aws:UserAgent",
    ),
    KeyType.ARN: (
        "aws:PrincipalArn", "aws:ChatbotSourceArn", "aws:SourceVpcArn", "aws:SignInSessionArn", "aws:SourceArn",
        "ec2:SourceInstanceArn", "ssm:SourceInstanceArn", "lambda:SourceFunctionArn", "codebuild:BuildArn",
        "codebuild:ProjectArn",
    ),
    KeyType.BOOL: (
        "aws:PrincipalIsAWSService", "aws:AssumedRoot", "aws:MultiFactorAuthPresent", "aws:ViaAWSMCPService",
        "aws:IsMcpServiceAction", "aws:ViaAWSService", "aws:SecureTransport",
    ),
    KeyType.NUMERIC: ("aws:MultiFactorAuthAge", "ec2:RoleDelivery"),
    KeyType.DATE: ("aws:TokenIssueTime", "aws:CurrentTime"),
    KeyType.EPOCH: ("aws:EpochTime",),
    KeyType.IP: ("aws:Ec2InstanceSourcePrivateIPv4", "aws:SourceIp", "aws:VpcSourceIp"),
}  # fmt: skip
_MULTIVALUED = (
    "aws:PrincipalOrgPaths", "aws:PrincipalServiceNamesList", "aws:VpceOrgPaths", "aws:ResourceOrgPaths",
    "aws:CalledVia", "aws:TagKeys", "aws:SourceOrgPaths",
)  # fmt: skip

GLOBAL_KEYS: dict[str, ConditionKey] = {
    **{name.lower(): ConditionKey(name, kind) for kind, names in _SINGLE.items() for name in names},
    **{name.lower(): ConditionKey(name, KeyType.STRING, True) for name in _MULTIVALUED},
}
"""Known keys by their name in lower case; keys with a tag key after a slash are in `TAG_KEYS`."""

TAG_KEYS = ("aws:principaltag", "aws:requesttag", "aws:resourcetag")
"""Keys that take a tag key after a slash; each is single-valued text."""

RETIRED_KEYS = frozenset({"aws:arn"})

# Keys that name one account, organization or network (section 4): a wildcard there lets strangers in.
SENSITIVE_KEYS = frozenset({
    "aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:resourceorgid", "aws:sourceaccount",
    "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid",
})  # fmt: skip

# Text that the caller writes as it likes (R120, R125).
UNTRUSTWORTHY_KEYS = frozenset({"aws:useragent", "aws:referer"})

# Keys that only some services supply (R129, chapter 5).
RARE_KEYS = frozenset({"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourcevpcarn"})

# Keys that are present only when an AWS service calls for another resource.
SOURCE_KEYS = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})

# The only keys that EC2 supplied in 2011 (R160).
KEYS_OF_2011 = frozenset({"aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:sourceip", "aws:useragent"})
