"""What the table cannot hold is refused when policies are normalized."""

from __future__ import annotations

import json

import pytest
from lowering import statement

from gatewright.compiler.check import check_document
from gatewright.compiler.normalize import PATTERN_LIMIT, normalize_policies
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

LONG = "x" * (PATTERN_LIMIT + 1)


@pytest.mark.parametrize(
    ("long", "place"),
    [
        (statement(action=f"s3:{LONG}*"), ("Statement", 0, "Action")),
        (statement(resource=["arn:aws:s3:::a", f"arn:aws:s3:::{LONG}*"]), ("Statement", 0, "Resource")),
        (statement(resource=f"arn:aws:s3:::{LONG}${{aws:username}}"), ("Statement", 0, "Resource")),
        (
            statement(StringLike={"aws:username": f"?{LONG}"}),
            ("Statement", 0, "Condition", "StringLike", "aws:username"),
        ),
    ],
    ids=["action", "resource", "variable", "value"],
)
def test_a_pattern_beyond_the_limit_is_refused(long: dict[str, object], place: tuple[str | int, ...]) -> None:
    """A pattern with wildcards or variables that is longer than any policy is an error with its place."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [long]})
    policy, _ = check_document(Document("document", PolicyKind.IDENTITY, Source(text, "document")))
    assert policy is not None
    _, (finding,) = normalize_policies([policy])
    assert finding.code == "GW903" and finding.path == place and finding.span is not None
    assert finding.message.startswith("the pattern has 65,5")


def test_long_texts_and_patterns_up_to_the_limit_are_held() -> None:
    """A fixed text may have any length."""
    held = [
        statement(resource=f"arn:aws:s3:::{LONG * 3}"),
        statement(StringEquals={"aws:username": f"{LONG}*"}),
        statement(StringLike={"aws:username": "x" * (PATTERN_LIMIT - 1) + "*"}),
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": held})
    policy, _ = check_document(Document("document", PolicyKind.IDENTITY, Source(text, "document")))
    assert policy is not None
    assert normalize_policies([policy])[1] == []
