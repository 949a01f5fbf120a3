"""Diagnostics of conditions and their values: GW2xx."""

from __future__ import annotations

from .diagnostic_entry import Diagnostic, example_document
from .errors import Severity
from .syntax import PolicyKind

_ERROR, _SECURITY, _WARNING, _SUGGESTION = (
    Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION,
)  # fmt: skip


def _under(operator: object, key: str = "", values: object = None, effect: str = "Allow") -> str:
    condition = {operator: {key: values}} if isinstance(operator, str) else operator
    return example_document({"Effect": effect, "Condition": condition})


CONDITION_DIAGNOSTICS = (
    Diagnostic(
        "GW200", _ERROR, "`Condition` is not an object",
        "write an object from operators to keys", _under(["a"]), is_refused=True,
    ),
    Diagnostic(
        "GW201", _ERROR, "a condition operator holds something else than an object",
        "write an object from condition keys to values", _under({"StringEquals": []}), is_refused=True,
    ),
    Diagnostic(
        "GW202", _ERROR, "a condition value is neither text, number nor boolean",
        "write a text or a list of texts", _under("StringEquals", "aws:username", {}), is_refused=True,
    ),
    Diagnostic(
        "GW203", _ERROR, "there is no such condition operator; the case counts",
        "see the operators in the language document", _under("StringMatches", "aws:username", "x"),
        "INVALID_CONDITION_OPERATOR", is_refused=True,
    ),
    Diagnostic(
        "GW204", _WARNING, "there is no such condition operator; it is let pass because it holds no key",
        "remove it", _under({"StringMatches": {}}),
    ),
    Diagnostic(
        "GW205", _ERROR, "`Null` takes no `IfExists`",
        "write `Null`", _under("NullIfExists", "aws:TokenIssueTime", "true"), "NULL_WITH_IF_EXISTS", is_refused=True,
    ),
    Diagnostic(
        "GW206", _SUGGESTION, "`Null` under a set qualifier has always the same result",
        "write `Null`", _under("ForAllValues:Null", "aws:TagKeys", "true"), "NULL_WITH_QUALIFIER",
    ),
    Diagnostic(
        "GW207", _SUGGESTION, "an empty condition restricts nothing",
        "remove it or name a key", _under({}), "EMPTY_OBJECT_CONDITION",
    ),
    Diagnostic(
        "GW208", _SUGGESTION, "the list of values is empty",
        "name a value or remove the key", _under("StringEquals", "aws:username", []), "EMPTY_ARRAY_CONDITION",
    ),
    Diagnostic(
        "GW209", _SUGGESTION, "the list of values under `ForAllValues` is empty: true only if the key is absent",
        "name a value, or test absence with `Null`", _under("ForAllValues:StringEquals", "aws:TagKeys", []),
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
    ),
    Diagnostic(
        "GW210", _SUGGESTION, "the list of values under `ForAnyValue` is empty: never true",
        "name a value or remove the statement", _under("ForAnyValue:StringEquals", "aws:TagKeys", []),
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
    ),
    Diagnostic(
        "GW211", _SUGGESTION, "the list of values under `IfExists` is empty: true only if the key is absent",
        "name a value, or test absence with `Null`", _under("StringEqualsIfExists", "aws:username", []),
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
    ),
    Diagnostic(
        "GW212", _ERROR, "the condition key is not of the form `prefix:name`, so no request ever has it",
        "write the prefix, such as `aws:` or the service's", _under("StringEquals", "username", "x"),
        "INVALID_CONDITION_KEY_FORMAT",
    ),
    Diagnostic(
        "GW213", _ERROR, "one condition key stands twice under one operator, in spellings that differ only in case",
        "join the values of the two",
        _under({"StringEquals": {"aws:PrincipalTag/Team": "a", "aws:principaltag/team": "b"}}),
        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE", is_refused=True,
    ),
    Diagnostic(
        "GW214", _ERROR, "there is no such AWS-wide condition key, so no request ever has it",
        "correct the name", _under("StringEquals", "aws:UserNam", "x"), "INVALID_GLOBAL_CONDITION_KEY",
    ),
    Diagnostic(
        "GW215", _ERROR, "the condition key is retired",
        "use `aws:PrincipalArn`", _under("ArnEquals", "aws:ARN", "arn:aws:iam::210987654321:user/mara"),
        "UNSUPPORTED_GLOBAL_CONDITION_KEY",
    ),
    Diagnostic(
        "GW216", _ERROR, "the condition key lacks the tag key after the slash",
        "write the tag key: `aws:ResourceTag/team`", _under("StringEquals", "aws:ResourceTag", "x"),
        "MISSING_TAG_KEY_IN_CONDITION",
    ),
    Diagnostic(
        "GW217", _WARNING, "wildcards do not act in condition keys, so no request ever has this key",
        "name the key in full", _under("StringEquals", "aws:PrincipalTag/*", "x"),
    ),
    Diagnostic(
        "GW218", _ERROR, "the key has several values and the operator no set qualifier: the condition never holds",
        "write `ForAnyValue:` or `ForAllValues:` before the operator",
        _under("StringEquals", "aws:TagKeys", ["a", "b"]),
        "MISSING_QUALIFIER",
    ),
    Diagnostic(
        "GW219", _SECURITY, "`ForAllValues` on a key with a single value allows every request that lacks the key",
        "remove `ForAllValues:`", _under("ForAllValues:StringEquals", "aws:SourceVpc", "vpc-1a2b3c4d"),
        "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
    ),
    Diagnostic(
        "GW220", _WARNING, "the operator does not suit the type of the key",
        "see the operator that the message names", _under("StringEquals", "aws:SourceIp", "203.0.113.0/24"),
        "TYPE_MISMATCH",
    ),
    Diagnostic(
        "GW221", _SECURITY, "a string operator compares an ARN as plain text: its wildcards cross the fields",
        "use `ArnLike` or `ArnNotLike`", _under("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x*"),
        "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
    ),
    Diagnostic(
        "GW222", _ERROR, "the values of one list differ in their JSON type; they are read as text",
        "write them all as text", _under("NumericEquals", "s3:max-keys", ["1", 2]), "INVALID_CONDITION_DATA_TYPE",
    ),
    Diagnostic(
        "GW230", _ERROR, "the value is no date",
        "write a date such as `2026-01-31T12:00:00Z`", _under("DateLessThan", "aws:CurrentTime", "2026-13-01"),
        "TYPE_MISMATCH_DATE", is_refused=True,
    ),
    Diagnostic(
        "GW231", _WARNING, "a date as a number of seconds is legal but easily misread",
        "write a date such as `2026-01-31T12:00:00Z`", _under("DateGreaterThan", "aws:CurrentTime", "1700000000"),
        "INVALID_DATE_VALUE",
    ),
    Diagnostic(
        "GW232", _WARNING, "the value is no number, so the condition could never be judged",
        "write a number such as `3600` or `2.0`", _under("NumericLessThan", "aws:MultiFactorAuthAge", "soon"),
        "TYPE_MISMATCH_NUMBER", is_refused=True,
    ),
    Diagnostic(
        "GW233", _WARNING, "the value is no boolean, so the condition could never be judged",
        "write `true` or `false`", _under("Bool", "aws:SecureTransport", "yes"), "TYPE_MISMATCH_BOOLEAN",
        is_refused=True,
    ),
    Diagnostic(
        "GW234", _SUGGESTION, "the boolean is not in lower case",
        "write `true` or `false`", _under("Bool", "aws:SecureTransport", "True"),
    ),
    Diagnostic(
        "GW235", _ERROR, "several booleans as alternatives hold for every value",
        "keep one of the values", _under("Bool", "aws:SecureTransport", ["true", "false"]),
        "INVALID_CONDITION_MULTIPLE_BOOLEAN",
    ),
    Diagnostic(
        "GW236", _ERROR, "the value is no address and no range of addresses",
        "write an address or a range such as `203.0.113.0/24`", _under("IpAddress", "aws:SourceIp", "203.0.113.0/33"),
        "TYPE_MISMATCH_IP_RANGE", is_refused=True,
    ),
    Diagnostic(
        "GW237", _SUGGESTION, "the address has bits beyond the mask, which are ignored",
        "write the first address of the range", _under("IpAddress", "aws:SourceIp", "203.0.113.7/24"),
        "IMPROVE_IP_RANGE",
    ),
    Diagnostic(
        "GW238", _ERROR, "`aws:SourceIp` holds public addresses, and all the ranges are private ones",
        "name public ranges, or test `aws:VpcSourceIp`", _under("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        "PRIVATE_IP_ADDRESS",
    ),
    Diagnostic(
        "GW239", _ERROR, "`aws:SourceIp` holds public addresses, and all the excepted ranges are private ones",
        "name public ranges, or test `aws:VpcSourceIp`",
        _under("NotIpAddress", "aws:SourceIp", "192.168.0.0/16", "Deny"), "PRIVATE_NOT_IP_ADDRESS",
    ),
    Diagnostic(
        "GW240", _SUGGESTION, "`aws:SourceIp` holds public addresses, and some of the ranges are private ones",
        "remove the private ranges", _under("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"]),
        "PRIVATE_IP_ADDRESS_SUBSET",
    ),
    Diagnostic(
        "GW241", _SUGGESTION, "`aws:SourceIp` holds public addresses, and some of the excepted ranges are private ones",
        "remove the private ranges",
        _under("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32"], "Deny"),
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
    ),
    Diagnostic(
        "GW242", _WARNING, "the excepted ranges are all IPv4, so the Deny hits every caller with an IPv6 address",
        "add IPv6 ranges", _under("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "Deny"),
    ),
    Diagnostic(
        "GW243", _WARNING, "the value is not base64, so the condition could never be judged",
        "write base64 text with its padding", _under("BinaryEquals", "kms:EncryptionContext:blob", "not base64!"),
        "TYPE_MISMATCH_STRING", is_refused=True,
    ),
    Diagnostic(
        "GW244", _ERROR, "a policy variable under an operator that takes none: only string and ARN operators do",
        "write the value in full", _under("NumericEquals", "aws:MultiFactorAuthAge", "${aws:PrincipalTag/n}"),
        "INVALID_VARIABLE_FOR_OPERATOR", is_refused=True,
    ),
    Diagnostic(
        "GW245", _WARNING, "`*` and `?` are plain characters under this operator",
        "use `StringLike` or `StringNotLike`", _under("StringEquals", "s3:prefix", "home/*"),
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
    ),
    Diagnostic(
        "GW246", _SUGGESTION, "of several bounds only the loosest counts",
        "keep the loosest bound", _under("NumericLessThan", "s3:max-keys", ["10", "20"]),
        "REDUNDANT_CONDITION_VALUE_NUM",
    ),
    Diagnostic(
        "GW247", _WARNING, "the value is no ARN of six fields, so an ARN operator never matches it",
        "write all six fields: `arn:partition:service:region:account:resource`",
        _under("ArnLike", "aws:SourceArn", "orchard-*"),
    ),
    Diagnostic(
        "GW250", _SUGGESTION, "the lone star matches every value, so the condition only tests presence",
        "write `Null` with `false`", _under("StringLike", "aws:PrincipalTag/team", "*"), "EQUIVALENT_TO_NULL_FALSE",
    ),
    Diagnostic(
        "GW251", _SUGGESTION, "the lone star matches every value, so the condition only tests absence",
        "write `Null` with `true`", _under("StringNotLike", "aws:PrincipalTag/team", "*"), "EQUIVALENT_TO_NULL_TRUE",
    ),
    Diagnostic(
        "GW252", _SUGGESTION, "the lone star matches every value, so the condition always holds",
        "remove the key", _under("StringLikeIfExists", "aws:PrincipalTag/team", "*"),
        "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
    ),
    Diagnostic(
        "GW253", _SUGGESTION, "the lone star matches every value, so the condition never holds",
        "remove the statement", _under("ForAnyValue:StringNotLike", "aws:TagKeys", "*"),
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
    ),
    Diagnostic(
        "GW254", _ERROR, "a wildcard in a key that names one account, organization or network lets strangers in",
        "name the value in full", _under("StringLike", "aws:PrincipalOrgID", "o-*"), "WILDCARD_USAGE_TOO_PERMISSIVE",
    ),
    Diagnostic(
        "GW255", _ERROR, "a variable in a key that names one account, organization or network lets strangers in",
        "name the value in full", _under("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalTag/org}"),
        "VARIABLE_USAGE_TOO_PERMISSIVE",
    ),
    Diagnostic(
        "GW256", _ERROR, "the value is no VPC id: `vpc-` and 8 or 17 hexadecimal digits",
        "correct the id", _under("StringEquals", "aws:SourceVpc", "vpc-1a2b"), "INVALID_VPC_FORMAT",
    ),
    Diagnostic(
        "GW257", _ERROR, "the value is no VPC endpoint id: `vpce-` and 8 or 17 hexadecimal digits",
        "correct the id", _under("StringEquals", "aws:SourceVpce", "vpce-1a2b"), "INVALID_VPCE_FORMAT",
    ),
    Diagnostic(
        "GW258", _ERROR, "the value is no key of KMS: an ARN, an id or an alias",
        "write the ARN of the key", _under("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "ledger"),
        "INVALID_KMS_KEY_VALUE",
    ),
    Diagnostic(
        "GW260", _SECURITY, "the caller sets this key at will",
        "test a key that AWS sets", _under("StringLike", "aws:UserAgent", "curl/*"), "UNTRUSTWORTHY_CONDITION_KEY",
    ),
    Diagnostic(
        "GW261", _SECURITY, "a private address means nothing without the VPC that it belongs to",
        "test `aws:SourceVpc` in the same statement", _under("IpAddress", "aws:VpcSourceIp", "10.1.0.0/16"),
        "MISSING_PAIRED_CONDITION_KEYS",
    ),
    Diagnostic(
        "GW262", _WARNING, "only some services supply this key, and the statement is about every service",
        "name the actions", example_document({
            "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}},
        }),
        "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES",
    ),
    Diagnostic(
        "GW263", _SUGGESTION, "the owner of the resource is always the owner of the policy",
        "remove the key", example_document({
            "Principal": "*", "Condition": {"StringEquals": {"aws:ResourceAccount": "210987654321"}},
        }),
        "IRRELEVANT_CONDITION_KEY_IN_POLICY", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW264", _WARNING, "the key is absent for long-term credentials, so the Deny does not hit them",
        "use `BoolIfExists`", _under("Bool", "aws:MultiFactorAuthPresent", "false", "Deny"),
    ),
    Diagnostic(
        "GW265", _WARNING, "sessions have no user name, so the variable has no value",
        "use `aws:userid`, or a tag of the session",
        example_document({"Resource": "arn:aws:s3:::orchard-ledger/${aws:username}/*"}), None, PolicyKind.SESSION,
    ),
)  # fmt: skip
