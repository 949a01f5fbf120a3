"""Corners of the language: small statements with their meaning, for the reference and for the engine."""

from __future__ import annotations

from typing import Any

from reference import F, T, Truth, U

# A condition, what the context says of the key `x:k`, and whether the condition holds: empty lists (R75, R76, R79),
# ill-formed values (R90), spellings of one value (R84, R85, R88).
CONDITIONS: list[tuple[dict[str, Any], Any, bool]] = [
    ({"StringEquals": {"x:k": "a"}}, [], False),
    ({"StringNotEquals": {"x:k": "a"}}, [], True),
    ({"StringEqualsIfExists": {"x:k": "a"}}, [], True),
    ({"ForAnyValue:StringEqualsIfExists": {"x:k": "a"}}, [], False),
    ({"ForAnyValue:StringEqualsIfExists": {"x:k": "a"}}, "", False),
    ({"StringEqualsIfExists": {"x:k": "a"}}, "", False),
    ({"ForAnyValue:StringEquals": {"x:k": ""}}, "", False),
    ({"ForAnyValue:StringEquals": {"x:k": ""}}, [""], True),
    ({"ForAllValues:StringEquals": {"x:k": []}}, "", True),
    ({"ForAllValues:StringEquals": {"x:k": "a"}}, [], True),
    ({"ForAnyValue:StringNotEquals": {"x:k": "a"}}, [], False),
    ({"Null": {"x:k": "true"}}, [], True),
    ({"StringNotEquals": {"x:k": "b"}}, ["a"], False),
    ({"StringNotEquals": {"x:k": "a*"}}, "ab", True),
    ({"StringEqualsIgnoreCase": {"x:k": "a*"}}, "AB", False),
    ({"StringNotEqualsIgnoreCase": {"x:k": "a*"}}, "AB", True),
    ({"ArnEquals": {"x:k": "arn:*:iam::1:user/a*"}}, "arn:aws:iam::1:user/ab", True),
    ({"ArnEquals": {"x:k": "arn:*:user/ab"}}, "arn:aws:iam::1:user/ab", False),
    ({"ArnNotEquals": {"x:k": "arn:*:iam::1:user/a*"}}, "arn:aws:iam::1:user/ab", False),
    ({"ArnLike": {"x:k": "arn:${x:k}"}}, "arn:aws:iam::1:user/a", False),
    ({"ArnLike": {"x:k": "arn:aws:iam::1:${x:other, 'user'}*"}}, "arn:aws:iam::1:user/a:b", True),
    ({"ForAnyValue:StringNotEquals": {"x:k": "a"}}, ["a", "b"], True),
    ({"ForAllValues:StringNotEquals": {"x:k": "a"}}, ["a", "b"], False),
    ({"ForAnyValue:NumericNotEquals": {"x:k": "1"}}, ["one", "1"], False),
    ({"ForAllValues:NumericNotEquals": {"x:k": "1"}}, ["one", "2"], False),
    ({"NumericNotEquals": {"x:k": "1"}}, "one", False),
    ({"NumericNotEquals": {"x:k": []}}, "one", False),
    ({"DateNotEquals": {"x:k": []}}, "soon", False),
    ({"NotIpAddress": {"x:k": []}}, "here", False),
    ({"ArnNotEquals": {"x:k": []}}, "arn", False),
    ({"ArnNotLike": {"x:k": "arn:aws:iam"}}, "arn", False),
    ({"NumericNotEquals": {"x:k": []}}, "1", True),
    ({"DateNotEquals": {"x:k": []}}, "1", True),
    ({"NotIpAddress": {"x:k": []}}, "::1", True),
    ({"ArnNotEquals": {"x:k": []}}, "arn:aws:iam::1:user/a", True),
    ({"ForAnyValue:NumericGreaterThan": {"x:k": "1"}}, ["one", "2"], True),
    ({"ForAllValues:NumericGreaterThan": {"x:k": "1"}}, ["one", "2"], False),
    ({"StringNotEqualsIfExists": {"x:k": []}}, "a", False),
    ({"ForAllValues:StringNotEquals": {"x:k": []}}, "a", False),
    ({"DateEquals": {"x:k": "2024-02-29"}}, "1709164800", True),
    ({"DateEquals": {"x:k": "2024-02-29T01:00:00+01:00"}}, "2024-02-28T19:00:00-05:00", True),
    ({"DateLessThan": {"x:k": "1970-01-01"}}, "1969-12-31T23:59:59.999999999Z", True),
    ({"NumericEquals": {"x:k": "10"}}, "1e1", True),
    ({"NumericEquals": {"x:k": "0.1"}}, "0.1000000000000000000001", False),
    ({"IpAddress": {"x:k": "2001:DB8::/32"}}, "2001:db8:0:0:0:0:0:1", True),
    ({"Null": {"x:k": "false"}}, "a", True),
    ({"Null": {"x:k": "true"}}, ["a", "b"], False),
    ({"Null": {"x:k": "true"}}, ["", "b"], False),
    ({"Null": {"x:k": "false"}}, ["", "b"], True),
    ({"ForAllValues:Null": {"x:k": "true"}}, "10.0.0.1", True),
    ({"Null": {"x:k": ["true", "false"]}}, "10.0.0.1", True),
    ({"IpAddress": {"x:k": "0.0.0.0/0"}}, "::1", False),
    ({"IpAddress": {"x:k": ["10.0.0.0/9", "10.128.0.0/9"]}}, "10.128.0.0", True),
    ({"IpAddress": {"x:k": ["10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/16"]}}, "10.2.0.0", True),
    ({"IpAddress": {"x:k": ["203.0.113.0/24", "10.0.0.0/8", "192.0.2.0/24"]}}, "192.0.2.1", True),
    ({"IpAddress": {"x:k": ["203.0.113.0/24", "10.0.0.0/8", "192.0.2.0/24"]}}, "192.0.3.0", False),
    ({"IpAddress": {"x:k": ["fc00::/7", "ff00::/8"]}}, "fd12::1", True),
    ({"IpAddress": {"x:k": ["fc00::/7", "ff00::/8"]}}, "fe80::1", False),
    ({"StringEqualsIgnoreCase": {"x:k": "İ"}}, "i̇", False),
    ({"StringEqualsIgnoreCase": {"x:k": "İ"}}, "İ", True),
    ({"DateNotEquals": {"x:k": "0"}}, "9" * 5000, False),
    ({"StringLike": {"x:k": "?"}}, "𝄞", True),
    ({"StringEquals": {"X:K": "a"}}, "a", True),
    ({"ArnNotLike": {"x:k": "arn:aws:iam"}}, "arn:aws:iam::1:user/a", True),
    ({"ArnNotLike": {"x:k": "arn:aws:iam::2:*"}}, "arn:aws:iam", False),
    ({"ArnLike": {"x:k": "arn:aws:iam:*:user/a"}}, "arn:aws:iam::1:user/a", False),
    ({"ArnLike": {"x:k": "arn:aws:iam::1:*"}}, "arn:aws:iam::1:user/a:b", True),
    ({"BinaryEquals": {"x:k": "QQ=="}}, "QR==", True),
    ({"BinaryEquals": {"x:k": "QQ=="}}, "QQ", False),
    ({"Bool": {"x:k": "false"}}, "no", True),
    ({"BoolIfExists": {"x:k": "false"}}, None, True),
    ({"Bool": {"x:k": "false"}}, None, False),
]

# A condition while `x:k` is unknown and every other key absent, and its truth: unknown, unless no resolution of the key
# can change the result (R190, R191).
UNKNOWN_CONDITIONS: list[tuple[dict[str, Any], Truth]] = [
    ({"StringEquals": {"x:k": "a"}}, U),
    ({"StringNotEquals": {"x:k": "a"}}, U),
    ({"StringEqualsIfExists": {"x:k": "a"}}, U),
    ({"ForAllValues:StringEquals": {"x:k": "a"}}, U),
    ({"ForAnyValue:StringEquals": {"x:k": "a"}}, U),
    ({"Null": {"x:k": "true"}}, U),
    ({"Null": {"x:k": ["true", "false"]}}, T),
    ({"Null": {"x:k": []}}, F),
    ({"ForAllValues:Null": {"x:k": "true"}}, T),
    ({"ForAnyValue:Null": {"x:k": "true"}}, F),
    ({"StringEquals": {"x:k": []}}, F),
    ({"StringNotEquals": {"x:k": []}}, U),
    ({"StringEqualsIfExists": {"x:k": []}}, U),
    ({"ForAllValues:StringEquals": {"x:k": []}}, U),
    ({"ForAnyValue:StringEquals": {"x:k": []}}, F),
    ({"ForAnyValue:StringNotEquals": {"x:k": []}}, F),
    ({"ForAnyValue:StringEqualsIfExists": {"x:k": []}}, F),
    ({"StringEquals": {"x:other": "a"}}, F),
    ({"StringEquals": {"x:k": "a", "x:other": "a"}}, F),
    ({}, T),
]

# Parts of an Allow statement over everything, an action, a resource, and whether the statement applies.
PARTS: list[tuple[dict[str, Any], str, str, bool]] = [
    ({}, "s3:GetObject", "*", True),
    ({"Resource": []}, "s3:GetObject", "*", False),  # R30
    ({"Resource": []}, "s3:GetObject", "arn:aws:s3:::b", False),
    ({"Resource": [None]}, "s3:GetObject", "arn:aws:s3:::b", False),  # R11
    ({"Resource": [None, "*"]}, "s3:GetObject", "arn:aws:s3:::b", True),
    ({"Resource": [None, "arn:aws:s3:::b"]}, "s3:GetObject", "null:a:b:c:d:e", False),
    ({"NotResource": []}, "s3:GetObject", "arn:aws:s3:::b", False),
    ({"Action": []}, "s3:GetObject", "*", False),
    ({"NotAction": []}, "s3:GetObject", "*", False),
    ({"Action": "S3:getobject"}, "s3:GETOBJECT", "*", True),  # R42
    ({"Action": "az:AzA"}, "AZ:aZa", "*", True),
    ({"Action": "s3:@[a"}, "s3:`{a", "*", False),
    ({"Action": "s3:*"}, "s3express:GetObject", "*", False),
    ({"Action": "s3:*"}, "s3:", "*", True),
    ({"Action": "s3:"}, "s3:", "*", False),  # R43
    ({"NotAction": "s3:Get Object"}, "s3:Get Object", "*", True),
    ({"NotAction": "s3:Get,Object"}, "s3:Get,Object", "*", True),
    ({"Action": "*:Get*"}, "ec2:GetPasswordData", "*", True),
    ({"Action": "*"}, "no action at all", "*", True),
    ({"NotAction": "s3:*"}, "no action at all", "*", True),
    ({"Action": "s3:*"}, "s3", "*", False),
    ({"NotAction": "s3:*"}, "s3", "*", True),
    ({"Resource": "arn:aws:s3:::*"}, "s3:GetObject", "*", False),  # R45
    ({"NotResource": "arn:aws:s3:::*"}, "s3:GetObject", "*", True),
    ({"Resource": "arn:aws:s3:::b/?"}, "s3:GetObject", "arn:aws:s3:::b/*", True),
    ({"Resource": "arn:aws:s3:::b/?"}, "s3:GetObject", "arn:aws:s3:::b/\U0001d11e", True),
    ({"Resource": "arn:aws:s3:::b/??"}, "s3:GetObject", "arn:aws:s3:::b/\U0001d11e", False),
    ({"Resource": "arn:aws:s3:::a*c"}, "s3:GetObject", "arn:aws:s3:::abcc", True),  # R41
    ({"Resource": "arn:aws:s3:::A"}, "s3:GetObject", "arn:aws:s3:::a", False),  # R48
    ({"Resource": "arn:aws:sqs"}, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:210987654321:q", True),  # R13, R50
    ({"Resource": "arn:aws:sqs:*:q"}, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:210987654321:q", False),
    ({"Resource": "arn:aws:s3:::b/${*}"}, "s3:GetObject", "arn:aws:s3:::b/*", True),  # R107
    ({"Resource": "arn:aws:s3:::b/${*}"}, "s3:GetObject", "arn:aws:s3:::b/x", False),
]


def statement_of(parts: dict[str, Any]) -> dict[str, Any]:
    """Return an Allow over everything with some parts in place of its own."""
    statement: dict[str, Any] = {"Effect": "Allow"}
    statement.update({} if "NotAction" in parts else {"Action": "*"})
    statement.update({} if "NotResource" in parts else {"Resource": "*"})
    return {**statement, **parts}
