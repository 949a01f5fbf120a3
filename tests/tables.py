"""Small tables that between them fill every section of the format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from engine import policy_set
from globs import RELAYED, SPARSE, never, set_limits
from strategies import ROLES, ROOT, USERS, World

import gatewright as gw
from gatewright.compiler import write
from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import _table as native
from gatewright.runtime.layout import HEADER, SECTIONS


def statement(effect: str, action: Any, resource: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    """Return a statement."""
    whole = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return whole if condition is None else {**whole, "Condition": condition}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


TEXTS = World(
    (
        document(
            statement("Allow", ["s3:Get*", "s3:PutObject"], ["arn:aws:s3:::pears/*", "arn:aws:s3:::plums"]),
            statement("Deny", "s3:*", "*", {"StringEqualsIgnoreCase": {"aws:username": ["É", "\u212a"]}}),
            statement("Allow", "sqs:*", "*", {"ForAnyValue:StringNotLike": {"aws:TagKeys": ["a*", "?b"]}}),
            statement("Allow", "sqs:*", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", ""]}}),
            statement("Allow", "sns:Publish", "*", {"Bool": {"aws:SecureTransport": "true"}}),
        ),
        document(
            statement("Allow", "kms:*", "*", {"BinaryEquals": {"kms:EncryptionContext:blob": ["QQ==", "QUI="]}}),
            statement("Allow", "iam:Get*", "*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}),
            statement(
                "Deny", "iam:*", "*", {"Null": {"aws:username": "true"}, "Bool": {"aws:SecureTransport": "false"}}
            ),
        ),
        document(statement("Allow", ["s3:*", "iam:*"], "*")),
    ),
    {ROOT: (), USERS[0]: (0, 1), USERS[1]: (0,), ROLES[0]: (1,)},
    {USERS[1]: 2},
)
TYPED = World(
    (
        document(
            statement("Allow", "s3:*", "*", {"NumericLessThan": {"aws:MultiFactorAuthAge": ["10", "1e3", "-2.50"]}}),
            statement("Deny", "s3:*", "*", {"NumericEquals": {"aws:MultiFactorAuthAge": ["1e1", "1e2", "0", "123"]}}),
            statement("Deny", "s3:*", "*", {"DateGreaterThan": {"aws:CurrentTime": ["2024-02-29T12:00:00.5Z", "0"]}}),
            statement("Allow", "s3:*", "*", {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}),
            statement("Deny", "s3:*", "*", {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "::ffff:0:0/96"]}}),
            statement("Deny", "s3:*", "*", {"ForAnyValue:IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
        ),
    ),
    {USERS[0]: (0,)},
    {},
)
CROWDED = World(
    (
        document(
            statement("Allow", ["s3:*e??????*", "s3:Get*"], [f"arn:aws:s3:::*{c}???/{c}" for c in "abcé"]),
            *[statement("Allow", "s3:*", f"arn:aws:s3:::*{i}*/{i}??") for i in range(3)],
            *[statement("Deny", "*", "*", {"StringLike": {"s3:prefix": f"{i}*x?{i}"}}) for i in range(3)],
            *[statement("Deny", "*", "*", {"StringEquals": {"s3:prefix": f"p{i}"}}) for i in range(66)],
            statement("Deny", "*", "*", {"StringEquals": {"s3:prefix": ["p1", "p64", "p65"]}}),
            statement("Deny", "*", "*", {"ForAllValues:ArnLike": {"aws:SourceArn": "arn:aws:*s?:*:?*:x*"}}),
        ),
    ),
    {USERS[0]: (0,)},
    {},
)


VARIABLES = World(
    (
        document(
            statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*"),
            statement(
                "Deny", "s3:*", "*", {"StringNotLike": {"s3:prefix": ["${aws:username, 'none'}?*", "x*${aws:userid}"]}}
            ),
            statement("Deny", "*", "*", {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "é${aws:username}"}}),
            statement("Allow", "*", "*", {"ArnLike": {"aws:SourceArn": "arn:aws:s?:*:${aws:userid}:*${aws:username}"}}),
        ),
    ),
    {USERS[0]: (0,)},
    {},
)
INDEXED = World(
    (document(statement("Allow", "s3:*", "*", {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}})),),
    {USERS[0]: (0,)},
    {},
)
SIDES = PolicySet(
    tuple(
        Document(f"document {number}", kind, Source(json.dumps(document(*statements)), f"document {number}"))
        for number, (kind, statements) in enumerate(
            [
                (PolicyKind.IDENTITY, [statement("Allow", ["s3:*", "sts:*", "kms:*"], "*")]),
                (PolicyKind.RESOURCE, [statement("Allow", "s3:Get*", "*", Principal={"AWS": [USERS[0], "1234" * 3]}),
                                       statement("Deny", "s3:*", "*", NotPrincipal={"AWS": USERS[1]}),
                                       statement("Allow", "s3:*", "*", NotPrincipal={"Service": "ec2.amazonaws.com"})]),
                (PolicyKind.TRUST, [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROLES[0]}}]),
                (PolicyKind.RESOURCE, [statement("Allow", "kms:*", "*", Principal={"AWS": "*"})]),
                (PolicyKind.RCP, [statement("Deny", "s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}},
                                            Principal="*")]),
                (PolicyKind.VPC_ENDPOINT, [statement("Allow", "*", "*", Principal="*")]),
                (PolicyKind.EC2_ATTRIBUTE, [statement("Allow", "ec2:RunInstances", "*", Principal="*")]),
                (PolicyKind.VPC_ENDPOINT, [statement("Allow", "*", "*", Principal="*")]),
            ]
        )
    ),
    (
        Principal(USERS[0], PrincipalKind.USER, (0,)),
        Principal(USERS[1], PrincipalKind.USER, (), 0),
        Principal(ROLES[0], PrincipalKind.ROLE, (0,)),
        Principal(ROOT, PrincipalKind.ROOT, ()),
        Principal("arn:aws:sts::123456789012:federated-user/f", PrincipalKind.FEDERATED, (0,), session=(0,),
                  federating_user=USERS[0]),
    ),
    (
        Resource("arn:aws:s3:::pears", account="123456789012", policy=1),
        Resource(ROLES[0], ResourceKind.ROLE, policy=2),
        Resource("arn:aws:kms:eu-west-1:123456789012:key/1", ResourceKind.KEY, policy=3, is_under_rcps=False),
        Resource("image/ami-1", attributes=(6,)),
    ),
    (Account("123456789012", "0a" * 32, rcps=(4,)), Account("210987654321", rcps=())),
    (Endpoint("vpce-1", 5), Endpoint("vpce-2", 7, is_gateway=True)),
)  # fmt: skip
LONG = "*a" + "?" * 20
WIDE = World(
    (
        document(
            *[statement("Deny", "*", "*", {"StringLike": {"s3:prefix": [f"p{i}", LONG]}}) for i in range(66)],
            statement("Allow", "*", "*", {"ForAnyValue:StringLike": {"s3:prefix": ["x*", "*y?y"]}}),
        ),
    ),
    {USERS[0]: (0,)},
    {},
)
RELAYS = World(
    (
        document(
            statement("Allow", "s3:Get*", ["arn:aws:s3:::*a?b*c*d", "arn:aws:s3:::?x*aé*", "arn:aws:s3:::*c*?éd"]),
            statement("Allow", "s3:G*t*O*?", ["arn:aws:s3:::*aé*a?b*xd", "arn:aws:s3:::abx*"]),
            statement("Deny", "s3:*", "*", {"StringLike": {"s3:prefix": ["a*z", "b?*z", "ab*yz", "a?*??z"]}}),
            statement("Deny", "s3:*", "*", {"ForAllValues:StringLike": {"aws:TagKeys": ["*x*", "?*b*x*?"]}}),
        ),
    ),
    {USERS[0]: (0,)},
    {},
)


def small_tables() -> dict[str, gw.Table]:
    """Compile the worlds, the crowded and the wide one with budgets so small that they get simulations.

    Rows and positions take several words in both; the rows are sparse in the crowded one, dense in the wide one.  The
    indexed one has an index of IPv4 addresses, and with it 262 KB; in the last one all patterns with a star are relays.
    """
    worlds = {"texts": TEXTS, "typed": TYPED, "variables": VARIABLES}
    tables = {name: gw.compile(policy_set(world)) for name, world in worlds.items()}
    tables["sides"] = gw.compile(SIDES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "INDEXED_BOUNDS", 1)
        tables["indexed"] = gw.compile(policy_set(INDEXED))
    with pytest.MonkeyPatch.context() as patch:
        set_limits(patch, {"SPARE_STATES": 4, "WHOLE_SPARE_STATES": 4, "STATES_PER_SYMBOL": 1, "can_relay": never})
        tables["wide"] = gw.compile(policy_set(WIDE))
        set_limits(patch, {}, SPARSE)
        tables["crowded"] = gw.compile(policy_set(CROWDED))
    with pytest.MonkeyPatch.context() as patch:
        set_limits(patch, RELAYED)
        tables["relays"] = gw.compile(policy_set(RELAYS))
    return tables


# ---- taking tables apart ----

Change = Sequence[Any]
"""A damage: section, element, field and value, or section, element and value; `header` and `extents` are sections too.

(section, n) as a value is the number of the section's elements + n.
"""


def read_header(table: gw.Table | bytes) -> Any:
    """Return a copy of the header, whose fields can be set."""
    return np.frombuffer(bytes(table), dtype=HEADER, count=1).copy()[0]


def assemble(header: Any, body: bytes) -> bytes:
    """Put a header before what follows it, and seal."""
    data = bytearray(header.tobytes() + body)
    native.seal(data)
    return bytes(data)


def elements(data: bytearray, section: str) -> Any:
    """Return the elements of a section as an array that writes into the table."""
    header = np.frombuffer(data, dtype=HEADER, count=1)
    if section == "header":
        return header
    if section == "extents":
        return header["sections"][0]
    extent = header["sections"][0, list(SECTIONS).index(section)]
    return np.frombuffer(data, dtype=SECTIONS[section], offset=int(extent["offset"]), count=int(extent["count"]))


def damage(table: gw.Table | bytes, changes: Sequence[Change]) -> bytes:
    """Return a table with some elements changed, sealed.  In extents, elements are named by section."""
    data = bytearray(bytes(table))
    for section, index, *place, value in changes:
        target = elements(data, section)
        number = list(SECTIONS).index(index) if isinstance(index, str) else index
        if isinstance(value, tuple) and isinstance(value[0], str):
            value = len(elements(data, value[0])) + value[1]
        if place:
            target[place[0]][number] = value
        else:
            target[number] = value
        del target
    assert bytes(data) != bytes(table), "no change"
    native.seal(data)
    return bytes(data)
