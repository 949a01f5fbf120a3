"""Diagnostics of documents and their elements: GW1xx."""

from __future__ import annotations

from .diagnostic_entry import Diagnostic, example_document
from .errors import Severity
from .syntax import PolicyKind

_ERROR, _WARNING, _SUGGESTION = Severity.ERROR, Severity.WARNING, Severity.SUGGESTION
_LEDGER = "arn:aws:s3:::orchard-ledger"


def _long(count: int) -> list[str]:
    return [f"{_LEDGER}/{'k' * 60}{i}/*" for i in range(count)]


DOCUMENT_DIAGNOSTICS = (
    Diagnostic(
        "GW100", _ERROR, "the document is not a JSON object",
        "write one object with the members `Version` and `Statement`", "[]", is_refused=True,
    ),
    Diagnostic(
        "GW101", _ERROR, "a member that policies do not have; names are case-sensitive",
        "remove it or correct its name", example_document(Comment="x"), "INVALID_POLICY_ELEMENT", is_refused=True,
    ),
    Diagnostic(
        "GW102", _ERROR, "a member holds the wrong type of JSON value",
        "see the type that the message names", example_document(Version=20121017), "DATA_TYPE_MISMATCH",
        is_refused=True,
    ),
    Diagnostic(
        "GW103", _ERROR, "`Version` is none of the two language levels",
        "write `2012-10-17`", example_document(Version="2012-10-18"), "INVALID_VERSION", is_refused=True,
    ),
    Diagnostic(
        "GW104", _WARNING, "the document has no `Version`: it is read at the old level 2008-10-17, without variables",
        "add `\"Version\": \"2012-10-17\"`", example_document(Version=None), "MISSING_VERSION", is_error_on_save=True,
    ),
    Diagnostic(
        "GW105", _WARNING, "the document uses the old language level 2008-10-17, without policy variables",
        "write `2012-10-17`", example_document(Version="2008-10-17"), is_error_on_save=True,
    ),
    Diagnostic(
        "GW106", _SUGGESTION, "`Id` has no meaning in this kind of policy",
        "remove `Id`", example_document(Id="orchard"),
    ),
    Diagnostic(
        "GW107", _ERROR, "the document has no statement",
        "add `Statement` with at least one statement", example_document(Statement=[]), "MISSING_STATEMENT",
        is_refused=True,
    ),
    Diagnostic(
        "GW108", _ERROR, "a statement is not an object",
        "write an object with `Effect`, `Action` and `Resource`", example_document(Statement=["read"]), is_refused=True,
    ),
    Diagnostic(
        "GW109", _WARNING, "the document has more findings than are listed",
        "mend the listed ones and check again", example_document(Statement=["read"] * 300),
    ),
    Diagnostic(
        "GW110", _WARNING, "a character that IAM's API does not take: it knows tab, line ends and U+0020 to U+00FF",
        "replace the character, or write it as a JSON escape",
        example_document({"Resource": f"{_LEDGER}/PEARS/*"}).replace("PEARS", "pears-✓"), is_error_on_save=True,
    ),
    Diagnostic(
        "GW111", _WARNING, "the policy is longer than IAM allows, white space not counted",
        "split the policy or shorten its lists", example_document({"Resource": _long(70)}),
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", is_error_on_save=True,
    ),
    Diagnostic(
        "GW112", _WARNING, "the resource policy is longer than services allow, white space not counted",
        "split the policy or shorten its lists", example_document({"Principal": "*", "Resource": _long(220)}),
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", PolicyKind.RESOURCE, is_error_on_save=True,
    ),
    Diagnostic(
        "GW113", _WARNING, "the role trust policy is longer than IAM allows, white space not counted",
        "shorten its lists; the quota may be raised to 4,096 characters",
        example_document({
            "Principal": {"AWS": [f"arn:aws:iam::210987654321:role/{'k' * 50}{i}" for i in range(30)]},
            "Action": "sts:AssumeRole", "Resource": None,
        }),
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", PolicyKind.TRUST, is_error_on_save=True,
    ),
    Diagnostic(
        "GW114", _ERROR, "the service control policy is longer than Organizations allows",
        "split the policy or shorten its lists", example_document({"Resource": _long(120)}),
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA", PolicyKind.SCP, is_error_on_save=True,
    ),
    Diagnostic(
        "GW115", _ERROR, "the resource control policy is longer than Organizations allows",
        "split the policy or shorten its lists",
        example_document({"Effect": "Deny", "Principal": "*", "Resource": _long(70)}),
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA", PolicyKind.RCP, is_error_on_save=True,
    ),
    Diagnostic(
        "GW116", _WARNING, "the session policy is longer than STS allows, white space not counted",
        "shorten its lists or attach managed policies to the session", example_document({"Resource": _long(30)}),
        None, PolicyKind.SESSION, is_error_on_save=True,
    ),
    Diagnostic(
        "GW117", _WARNING, "the VPC endpoint policy is longer than EC2 allows",
        "shorten its lists", example_document({"Principal": "*", "Resource": _long(220)}),
        None, PolicyKind.VPC_ENDPOINT, is_error_on_save=True,
    ),
    Diagnostic(
        "GW120", _ERROR, "the statement has no `Effect`",
        "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`", example_document({"Effect": None}), "MISSING_EFFECT",
        is_refused=True,
    ),
    Diagnostic(
        "GW121", _ERROR, "`Effect` is neither `Allow` nor `Deny`; the case counts",
        "write `Allow` or `Deny`", example_document({"Effect": "allow"}), "INVALID_EFFECT", is_refused=True,
    ),
    Diagnostic(
        "GW122", _ERROR, "`Sid` holds characters that IAM does not take",
        "use the letters A-Z and a-z and the digits 0-9 only", example_document({"Sid": "read only"}),
        "UNSUPPORTED_SID", is_refused=True,
    ),
    Diagnostic(
        "GW123", _ERROR, "two statements of the document have the same `Sid`",
        "give each statement a `Sid` of its own",
        example_document(Statement=[
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{_LEDGER}/*"},
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{_LEDGER}/*"},
        ]),
        "UNIQUE_SIDS_REQUIRED", is_refused=True,
    ),
    Diagnostic(
        "GW124", _WARNING, "two statements of the resource policy have the same `Sid`; some services refuse that",
        "give each statement a `Sid` of its own",
        example_document(Statement=[
            {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{_LEDGER}/*"},
            {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{_LEDGER}/*"},
        ]),
        "UNIQUE_SIDS_RECOMMENDED", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW125", _SUGGESTION, "`Sid` is empty",
        "name the statement or remove `Sid`", example_document({"Sid": ""}), "EMPTY_SID_VALUE",
    ),
    Diagnostic(
        "GW126", _ERROR, "the statement has an element together with its negated form",
        "keep one of the two", example_document({"NotAction": []}), "UNSUPPORTED_ELEMENT_COMBINATION", is_refused=True,
    ),
    Diagnostic(
        "GW127", _SUGGESTION, "the same statement stands twice in the document",
        "remove one of the two",
        example_document(Statement=[
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{_LEDGER}/*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{_LEDGER}/*"},
        ]),
        "REDUNDANT_STATEMENT",
    ),
    Diagnostic(
        "GW128", _ERROR, "a policy variable where none is allowed: only resources and condition values take them",
        "write the text in full, or test the key in `Condition`",
        example_document({"Principal": {"AWS": "arn:aws:iam::210987654321:user/${aws:username}"}}),
        "VARIABLE_UNSUPPORTED_IN_ELEMENT", PolicyKind.RESOURCE, is_refused=True,
    ),
    Diagnostic(
        "GW129", _ERROR, "the text looks like a variable, but below version 2012-10-17 it is plain text",
        "write `\"Version\": \"2012-10-17\"`",
        example_document({"Resource": f"{_LEDGER}/${{aws:username}}/*"}, Version="2008-10-17"),
        "VARIABLE_UNSUPPORTED_IN_VERSION",
    ),
    Diagnostic(
        "GW130", _ERROR, "the statement has neither `Action` nor `NotAction`",
        "add `Action`", example_document({"Action": None}), "MISSING_ACTION", is_refused=True,
    ),
    Diagnostic(
        "GW131", _SUGGESTION, "the list of actions is empty, so the statement has no effect",
        "name an action or remove the statement", example_document({"Action": []}), "EMPTY_ARRAY_ACTION",
        is_error_on_save=True,
    ),
    Diagnostic(
        "GW132", _WARNING, "no action can have this name, so the entry matches nothing",
        "write one action such as `s3:GetObject` per entry", example_document({"Action": "s3:GetObject,PutObject"}),
    ),
    Diagnostic(
        "GW133", _SUGGESTION, "another entry of the list covers this action",
        "remove the entry", example_document({"Action": ["s3:Get*", "s3:GetObject"]}), "REDUNDANT_ACTION",
    ),
    Diagnostic(
        "GW140", _ERROR, "the statement has neither `Resource` nor `NotResource`",
        "add `Resource`; `*` stands for every resource", example_document({"Resource": None}), "MISSING_RESOURCE",
        is_refused=True,
    ),
    Diagnostic(
        "GW141", _SUGGESTION, "the list of resources is empty, so the statement has no effect",
        "name a resource or remove the statement", example_document({"Resource": []}), "EMPTY_ARRAY_RESOURCE",
        is_error_on_save=True,
    ),
    Diagnostic(
        "GW142", _SUGGESTION, "a null in the list of resources means nothing",
        "remove it", example_document({"Resource": [_LEDGER, None]}),
    ),
    Diagnostic(
        "GW143", _ERROR, "the ARN has fewer than six fields; the missing ones are taken as `*`",
        "write all six fields: `arn:partition:service:region:account:resource`",
        example_document({"Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1"}), "MISSING_ARN_FIELD",
    ),
    Diagnostic(
        "GW144", _ERROR, "the ARN has fewer than six fields, which this kind of policy does not take",
        "write all six fields: `arn:partition:service:region:account:resource`",
        example_document({"Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1"}), "MISSING_ARN_FIELD",
        PolicyKind.SESSION, is_refused=True,
    ),
    Diagnostic(
        "GW145", _ERROR, "the ARN names a Region although its resource belongs to none",
        "leave the Region empty", example_document({"Resource": "arn:aws:s3:eu-west-1::orchard-ledger"}),
        "ARN_REGION_NOT_ALLOWED", is_refused=True,
    ),
    Diagnostic(
        "GW146", _ERROR, "the ARN of IAM has no resource type such as `user/` or `role/`",
        "write the type before the name",
        example_document({"Action": "iam:GetUser", "Resource": "arn:aws:iam::210987654321:mara"}),
        "INVALID_ARN_RESOURCE", is_refused=True,
    ),
    Diagnostic(
        "GW147", _WARNING, "the ARN of IAM has an unknown resource type",
        "check the type", example_document({"Action": "iam:GetUser", "Resource": "arn:aws:iam::210987654321:usr/mara"}),
        "INVALID_ARN_RESOURCE",
    ),
    Diagnostic(
        "GW148", _ERROR, "the account in the ARN has not twelve digits, so no account's resource matches",
        "write the twelve digits of the account id, or `*`",
        example_document({"Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:us-east-1:12345:instance/i-1"}),
        "INVALID_ARN_ACCOUNT",
    ),
    Diagnostic(
        "GW149", _ERROR, "the ARN names an account although such resources have none, so it matches nothing",
        "leave the account empty", example_document({"Resource": "arn:aws:s3::210987654321:orchard-ledger"}),
        "ARN_ACCOUNT_NOT_ALLOWED",
    ),
    Diagnostic(
        "GW150", _ERROR, "the service in the ARN is not in lower case, so the pattern matches nothing",
        "write the service in lower case",
        example_document({"Action": "sqs:*", "Resource": "arn:aws:SQS:us-east-1:210987654321:jobs"}),
        "INVALID_ARN_SERVICE_CASE",
    ),
    Diagnostic(
        "GW151", _SUGGESTION, "a wildcard in the service of an action or ARN",
        "name the service", example_document({"Resource": "arn:aws:s*:::orchard-ledger"}), "WILDCARD_IN_SERVICE_NAME",
        is_error_on_save=True,
    ),
    Diagnostic(
        "GW152", _SUGGESTION, "another entry of the list covers this resource",
        "remove the entry", example_document({"Resource": [f"{_LEDGER}/*", f"{_LEDGER}/2024/*"]}), "REDUNDANT_RESOURCE",
    ),
    Diagnostic(
        "GW153", _WARNING, "a statement of a resource policy without a resource part has no effect in most services",
        "add `Resource`", example_document({"Principal": "*", "Resource": None}), "MISSING_RESOURCE",
        PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW154", _ERROR, "the resource does not begin with `arn:`",
        "write `*` or a full ARN", example_document({"Resource": "aws:s3:::orchard-ledger"}), "INVALID_ARN_PREFIX",
        is_refused=True,
    ),
    Diagnostic(
        "GW155", _ERROR, "the ARN names a partition that AWS does not have",
        "write `aws`, or the partition of your Regions",
        example_document({"Resource": "arn:amazon:s3:::orchard-ledger"}), "INVALID_PARTITION", is_refused=True,
    ),
    Diagnostic(
        "GW156", _ERROR, "the ARN names no service",
        "write the service in the third field", example_document({"Resource": "arn:aws"}), "MISSING_ARN_FIELD",
        is_refused=True,
    ),
    Diagnostic(
        "GW157", _ERROR, "the ARN has an empty field and too few colons, so it cannot be told which field is which",
        "write all six fields: `arn:partition:service:region:account:resource`",
        example_document({"Resource": "arn:aws:s3::orchard-ledger"}), "MISSING_ARN_FIELD", is_refused=True,
    ),
)  # fmt: skip
