"""Calls -> the resources that they are judged on; what cannot be told surely is unknown, never guessed.

In order: the services written out here, whose requests are known from recorded denials and AWS's guides; the ARNs in
an event's ``resources``; the ARN templates of the reference, filled from parameters of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from gatewright.service_data import Action, ResourceType, find_action

from .call import Call, Context, Target, as_text
from .ec2 import ec2_targets
from .trust import assume_targets

# Actions without resource types that are judged on an ARN all the same (R45; recorded denials).
LISTINGS = {
    "s3:ListAllMyBuckets": "arn:{partition}:s3:::*",
    "iam:ListUsers": "arn:{partition}:iam::{account}:user/",
    "iam:ListRoles": "arn:{partition}:iam::{account}:role/",
    "iam:ListGroups": "arn:{partition}:iam::{account}:group/",
    "iam:ListInstanceProfiles": "arn:{partition}:iam::{account}:instance-profile/",
    "iam:ListVirtualMFADevices": "arn:{partition}:iam::{account}:mfa/",
    "iam:ListSAMLProviders": "arn:{partition}:iam::{account}:saml-provider/*",
    "iam:ListOpenIDConnectProviders": "arn:{partition}:iam::{account}:oidc-provider/*",
    "dynamodb:ListTables": "arn:{partition}:dynamodb:{region}:{account}:table/*",
    "logs:DescribeLogGroups": "arn:{partition}:logs:{region}:{account}:log-group::log-stream:",
    "transfer:CreateServer": "arn:{partition}:transfer:{region}:{account}:server/*",
}
# Services whose actions without resource types are all judged on the service's own ARN (recorded denials).
LISTING_SERVICES = {
    service: f"arn:{{partition}}:{service}:{{region}}:{{account}}:*" for service in ("sns", "ssm", "lightsail")
}

# (service, placeholder of the template) -> parameters that hold its value, all in lower case, where they are named
# differently (API references of the services).
ALIASES: dict[tuple[str, str], tuple[str, ...]] = {
    ("rds", "dbinstancename"): ("dbinstanceidentifier",),
    ("rds", "clustername"): ("dbclusteridentifier",),
    ("rds", "dbclusterinstancename"): ("dbclusteridentifier",),
    ("rds", "snapshotname"): ("dbsnapshotidentifier",),
    ("rds", "clustersnapshotname"): ("dbclustersnapshotidentifier",),
    ("rds", "subnetgroupname"): ("dbsubnetgroupname",),
    ("rds", "parametergroupname"): ("dbparametergroupname",),
    ("rds", "clusterparametergroupname"): ("dbclusterparametergroupname",),
    ("rds", "securitygroupname"): ("dbsecuritygroupname",),
    ("rds", "globalcluster"): ("globalclusteridentifier",),
    ("cloudtrail", "trailname"): ("name", "trailname"),
    ("sns", "topicname"): ("topicarn", "name"),
    ("ecr", "repositoryname"): ("repositoryname",),
    ("eks", "clustername"): ("clustername", "name"),
    ("ecs", "clustername"): ("cluster", "clustername"),
    ("ecs", "servicename"): ("service", "servicename"),
    ("athena", "workgroupname"): ("workgroup", "name"),
    ("states", "statemachinename"): ("statemachinearn", "name"),
    ("firehose", "deliverystreamname"): ("deliverystreamname",),
    ("ssm", "documentname"): ("documentname", "name"),
    ("cloudwatch", "alarmname"): ("alarmname", "alarmnames"),
    ("codebuild", "projectname"): ("projectname", "name"),
    ("ses", "identityname"): ("emailidentity", "identity"),
    ("events", "rulename"): ("rule", "name"),
    ("dynamodb", "tablename"): ("tablename",),
    ("bedrock", "guardrailid"): ("guardrailidentifier",),
}
# Placeholders that say too little about the parameter that would fill them.
_VAGUE = frozenset({"id", "name", "resource", "resourceid", "resourcename", "identifier"})
_LOWER_NAMES = frozenset({"rds"})  # stores these names in lower case
_S3_OBJECT = re.compile(r"(Get|Put|Delete|Restore|Replicate)Object|AbortMultipartUpload|ListMultipartUploadParts")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_UUID = re.compile(r"(mrk-)?[0-9a-f-]{32,36}")
_QUEUE_URL = re.compile(r"https?://[^/]+/(\d{12})/([A-Za-z0-9_.-]{1,80})")


def targets_of(call: Call) -> list[Target]:
    """Return the authorizations that a call needs: at least one."""
    if call.service == "ec2":
        return ec2_targets(call)
    if listing := LISTINGS.get(call.action):
        return [_listed(call, listing)]
    if own := _SERVICES.get(call.service):
        targets = own(call)
        if targets:
            return targets
    return [Target(call.action, resource) for resource in _by_reference(call)]


def _listed(call: Call, template: str) -> Target:
    arn = template.format(partition=call.partition, region=call.region, account=call.account)
    return Target(call.action, arn)


def _one(call: Call, resource: str | None) -> list[Target]:
    return [Target(call.action, resource)]


def _has_no_types(call: Call) -> bool:
    return call.facts is not None and not call.facts.types


# --- services of their own ---


def _s3(call: Call) -> list[Target]:
    if _has_no_types(call):
        return _one(call, "*")
    bucket = call.text("bucketName", "bucket")
    if bucket is None or ":" in bucket or (call.facts is not None and not _takes_buckets(call)):
        return []
    base = f"arn:{call.partition}:s3:::{bucket}"
    if not _S3_OBJECT.match(call.name):
        return _one(call, base)
    key = call.text("key")
    targets = _one(call, f"{base}/{key}" if key else None)
    source = call.text("x-amz-copy-source")
    if source:
        plain, _, version = unquote(source).lstrip("/").partition("?versionId=")
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        usable = "/" in plain and not plain.startswith("arn:")
        targets.append(Target(action, f"arn:{call.partition}:s3:::{plain}" if usable else None))
    return targets


def _takes_buckets(call: Call) -> bool:
    assert call.facts is not None
    return any(kind.name in ("bucket", "object") for kind in call.facts.types)


# What an IAM action is judged on when several entities are named (recorded denials): a policy that is attached, a user
# that is added, a role that is put into a profile are named second.
_IAM_ENTITIES = (
    ("instanceProfileName", "instance-profile"),
    ("groupName", "group"),
    ("userName", "user"),
    ("roleName", "role"),
)
_IAM_OWN = frozenset({"GetUser", "ListAccessKeys", "CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey"})
_IAM_OWN |= frozenset({"ListMFADevices", "ListSigningCertificates", "UploadSigningCertificate", "ListSSHPublicKeys"})
_IAM_OWN |= frozenset({"DeleteSigningCertificate", "UpdateSigningCertificate", "ChangePassword"})
_IAM_ARNS = ("policyArn", "sAMLProviderArn", "openIDConnectProviderArn", "serialNumber")


def _iam(call: Call) -> list[Target]:
    if _has_no_types(call):
        return _one(call, "*")
    for parameter, kind in _IAM_ENTITIES:
        name = call.text(parameter)
        if name is not None:
            policy = call.text("policyArn")
            attaches = policy is not None and call.name.startswith(("Attach", "Detach"))
            context: Context = {"iam:PolicyARN": policy} if attaches else {}
            return [Target(call.action, _entity(call, kind, name), context)]
    if call.name in _IAM_OWN and not call.denied and ":user/" in call.caller:
        return _one(call, call.caller)
    if call.name == "CreatePolicy" and (name := call.text("policyName")):
        return _one(call, _entity(call, "policy", name))
    for parameter in _IAM_ARNS:
        arn = call.text(parameter)
        if arn is not None and arn.startswith("arn:"):
            return _one(call, arn)
    return _one(call, None)


def _entity(call: Call, kind: str, name: str) -> str | None:
    """Return the ARN of a named entity where its path is known: no path is part of the name.

    Names are unique in an account whatever the path, so a principal that is known by the name without a path is it.
    """
    plain = call.arn(f"{kind}/{name}", service="iam", regional=False)
    if call.name in ("CreateUser", "CreateRole", "CreateGroup", "CreatePolicy", "CreateInstanceProfile"):
        path = call.text("path") or "/"
        return call.arn(f"{kind}{path}{name}", service="iam", regional=False)
    if kind == "user" and ":user/" in call.caller and call.caller.rpartition("/")[2] == name:
        return call.caller
    return plain if kind in ("user", "role") and call.knows(plain) else None


def _sts(call: Call) -> list[Target]:
    if call.name == "GetFederationToken" and (name := call.text("name")):
        return _one(call, call.arn(f"federated-user/{name}", regional=False))
    return assume_targets(call) if call.name.startswith("AssumeRole") else []


def _logs(call: Call) -> list[Target]:
    """Log groups are judged as a prefix of their streams (recorded denials)."""
    group = call.text("logGroupName")
    if group is None or ":" in group or _has_no_types(call):
        return []
    stream = call.text("logStreamName") or ""
    return _one(call, call.arn(f"log-group:{group}:log-stream:{stream if ':' not in stream else ''}"))


def _lambda(call: Call) -> list[Target]:
    function = call.text("functionName")
    if function is None:
        return []
    if call.parameters.get("qualifier"):
        return _one(call, None)
    if function.startswith("arn:"):
        targets = _one(call, function)
    else:
        targets = _one(call, call.arn(f"function:{function}") if _PLAIN_NAME.fullmatch(function) else None)
    role = call.text("role")
    if role is not None and call.name in ("CreateFunction", "UpdateFunctionConfiguration"):
        targets.append(Target("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"}))
    return targets


def _ssm(call: Call) -> list[Target]:
    if call.facts is not None and not any(kind.name == "parameter" for kind in call.facts.types):
        return []
    names: Any = call.parameters.get("names") or [call.text("name")]
    if call.name == "ListTagsForResource" and call.parameters.get("resourceType") == "Parameter":
        names = [call.text("resourceId")]
    elif "Parameter" not in call.name or call.name == "DescribeParameters":
        return []
    if not isinstance(names, list) or not all(as_text(name) for name in names):
        return _one(call, None)
    arns = [name if name.startswith("arn:") else call.arn(f"parameter/{name.removeprefix('/')}") for name in names]
    return [Target(call.action, arn) for arn in arns]


def _sqs(call: Call) -> list[Target]:
    url = call.text("queueUrl")
    if url is not None and (match := _QUEUE_URL.fullmatch(url)):
        return _one(call, f"arn:{call.partition}:sqs:{call.region}:{match[1]}:{match[2]}")
    name = call.text("queueName")
    if call.name == "CreateQueue" and name is not None:
        return _one(call, call.arn(name))
    return []


def _kms(call: Call) -> list[Target]:
    key = call.text("keyId")
    if key is not None and key.startswith("arn:") and ":key/" in key:
        return _one(call, key)
    if key is not None and _UUID.fullmatch(key):
        return _one(call, call.arn(f"key/{key}"))
    # An alias does not tell its key; the event's resources may.
    return [] if key is None or call.event.resources else _one(call, None)


def _secrets(call: Call) -> list[Target]:
    """The ARN of a secret ends in six characters that only the ARN tells."""
    if _has_no_types(call):
        return []
    secret = call.text("secretId", "secretARN")
    return _one(call, secret if secret is not None and re.search(r"^arn:.*-\w{6}$", secret) else None)


def _dynamodb(call: Call) -> list[Target]:
    table = call.text("tableName")
    index = call.text("indexName")
    if table is None or _has_no_types(call):
        return []
    arn = table if table.startswith("arn:") else call.arn(f"table/{table}")
    return _one(call, f"{arn}/index/{index}" if index else arn)


def _events(call: Call) -> list[Target]:
    bus = call.text("eventBusName") or "default"
    rule = call.text("rule") or (call.text("name") if call.name.endswith("Rule") else None)
    if rule is None or ":" in bus or ":" in rule:
        return []
    return _one(call, call.arn(f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}"))


def _cloudformation(call: Call) -> list[Target]:
    stack = call.text("stackName")
    if stack is None or stack.startswith("arn:"):
        return []
    return _one(call, call.arn(f"stack/{stack}/*") if call.name == "CreateStack" else None)


_SERVICES: dict[str, Callable[[Call], list[Target]]] = {
    "s3": _s3,
    "iam": _iam,
    "sts": _sts,
    "logs": _logs,
    "lambda": _lambda,
    "ssm": _ssm,
    "sqs": _sqs,
    "kms": _kms,
    "secretsmanager": _secrets,
    "dynamodb": _dynamodb,
    "events": _events,
    "cloudformation": _cloudformation,
}

# --- the rest, from the reference ---


def _by_reference(call: Call) -> list[str | None]:
    arns = [entry.arn for entry in call.event.resources or () if not isinstance(entry, str) and entry.arn]
    if call.facts is None:
        return _without_reference(call, [arn for arn in arns if arn is not None])
    if not call.facts.types:
        listing = LISTING_SERVICES.get(call.service)
        return [_listed(call, listing).resource if listing else "*"]
    named = [arn for arn in arns if arn is not None]
    if matching := _matching(call.facts.types, named):
        return list(matching)
    lower = {name.lower(): value for name, value in call.parameters.items()}
    required = [kind for kind in call.facts.types if kind in call.facts.required]
    kinds = required or list(call.facts.types)
    judged = [(kind, _filled(call, kind, lower)) for kind in kinds]
    if len(required) > 1 and all(found for _, found in judged):
        return [arn for _, found in judged for arn in found]
    told = [found for _, found in judged if found]
    if len(kinds) == 1 and told:
        return list(told[0])
    # Several types: AWS judges one of them or all, the reference does not say which.
    values = [value for value in map(as_text, lower.values()) if value is not None and value.startswith("arn:")]
    candidates = _matching(call.facts.types, values)
    if len(candidates) == 1 and not told:
        return list(candidates)
    distinct = {arn for found in told for arn in found}
    if len(distinct) == 1 and len(told) == 1 and not required:
        return list(told[0])
    return [None]


def _matching(kinds: tuple[ResourceType, ...], arns: list[str]) -> list[str]:
    return [arn for arn in dict.fromkeys(arns) if any(kind.pattern.fullmatch(arn) for kind in kinds)]


def _filled(call: Call, kind: ResourceType, lower: dict[str, object]) -> list[str]:
    """Fill a type's template from parameters of the same name; a parameter may be a list, or hold the whole ARN."""
    values: dict[str, str] = {}
    for placeholder in kind.names:
        names = ALIASES.get((call.service, placeholder)) or (() if placeholder in _VAGUE else (placeholder,))
        arn_names = (f"{kind.name.replace('-', '').lower()}arn", f"{placeholder.removesuffix('name')}arn")
        for name in (*names, *arn_names):
            value = lower.get(name)
            several = value if isinstance(value, list) else [value]
            texts = [text for text in map(as_text, several) if text is not None]
            if not texts or len(texts) != len(several):
                continue
            if all(kind.pattern.fullmatch(text) for text in texts):
                return texts
            if any(":" in text for text in texts):
                continue
            if len(kind.names) == 1:
                arns = [_fill(call, kind, {placeholder: text}) for text in texts]
                if all(kind.pattern.fullmatch(arn) for arn in arns):
                    return arns
                continue
            if len(texts) == 1:
                values[placeholder] = texts[0]
                break
    is_required = call.facts is not None and kind in call.facts.required
    complete = len(values) == len(kind.names) and (is_required or kind.names)
    return [_fill(call, kind, values)] if complete else []


def _fill(call: Call, kind: ResourceType, values: dict[str, str]) -> str:
    if call.service in _LOWER_NAMES:
        values = {name: value.lower() for name, value in values.items()}
    return kind.fill(call.partition, call.region, call.account, values)


# Parameters that name one resource on their own, for when the reference is not installed.
_PLAIN = {
    ("rds", "dBInstanceIdentifier"): "db:{}",
    ("rds", "dBSnapshotIdentifier"): "snapshot:{}",
    ("sns", "topicArn"): "{}",
    ("cloudtrail", "name"): "trail/{}",
    ("cloudtrail", "trailName"): "trail/{}",
    ("ecr", "repositoryName"): "repository/{}",
    ("kinesis", "streamName"): "stream/{}",
}


def _without_reference(call: Call, arns: list[str]) -> list[str | None]:
    service = f":{call.service}:"
    own = [arn for arn in dict.fromkeys(arns) if service in arn]
    if own:
        return [*own]
    found = [
        value if value.startswith("arn:") else call.arn(template.format(value))
        for (name, parameter), template in _PLAIN.items()
        if name == call.service and (value := call.text(parameter)) is not None
    ]
    return [found[0]] if len(found) == 1 else [None]


def find_facts(action: str) -> Action | None:
    """Return what the reference tells of an action."""
    service, _, name = action.partition(":")
    return find_action(service, name)
