"""The reference judges statements, and decides under identity policies and a boundary, as the rules say."""

from __future__ import annotations

from typing import Any

import pytest
import reference
from corners import CONDITIONS, PARTS, UNKNOWN_CONDITIONS, statement_of
from reference import OTHERS, Decision, F, Layer, Place, T, Truth, U

PRINCIPAL = "arn:aws:iam::210987654321:user/mara"


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": version, "Statement": list(statements)}


def statement(effect: str, condition: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """Return a statement over everything, with changed members."""
    parts: dict[str, Any] = {"Effect": effect, "Action": "*", "Resource": "*"}
    if condition is not None:
        parts["Condition"] = condition
    return {**parts, **members}


def decide(*statements: dict[str, Any], unknown: Any = (), resource: str | None = "*", **context: Any) -> Decision:
    """Decide `s3:GetObject` under one document."""
    return reference.decide([document(*statements)], None, PRINCIPAL, "s3:GetObject", resource, context, unknown)


def unknown_result(condition: dict[str, Any], unknown: Any = ("k",), **context: Any) -> Truth:
    """Return the truth value of a condition."""
    effect = decide(statement("Allow", condition), unknown=unknown, **context).effect
    return {"allow": T, "unknown": U, "implicit_deny": F}[effect]


@pytest.mark.parametrize(("condition", "truth"), UNKNOWN_CONDITIONS)
def test_condition_on_an_unknown_key(condition: dict[str, Any], truth: Truth) -> None:
    """A condition on an unknown key is unknown unless no resolution of the key can change it (R190, R191)."""
    assert unknown_result(condition, ("x:k",)) is truth


def test_others_are_all_keys_that_the_context_does_not_name() -> None:
    """With OTHERS a key that the context names is known, be it absent, and every other key is unknown (R190)."""
    condition = {"StringEquals": {"k": "a"}}
    assert unknown_result(condition, OTHERS) is U
    assert unknown_result(condition, OTHERS, K="a") is T
    assert unknown_result(condition, OTHERS, K=None) is F


def test_unknown_variable_is_unknown_only_where_the_literal_parts_could_match() -> None:
    """A pattern whose variable is unknown is false against a subject that no value could make it match (R192)."""
    for operator in ("StringEquals", "StringLike", "StringEqualsIgnoreCase"):
        condition = {operator: {"s": "home/${k}/x"}}
        assert unknown_result(condition, s="home/mara/x") is U
        assert unknown_result(condition, s="home/mara/y") is F
    arn = {"ArnLike": {"s": "arn:aws:iam::1:user/${k}"}}
    assert unknown_result(arn, s="arn:aws:iam::1:user/a:b") is U
    assert unknown_result(arn, s="arn:aws:iam::2:user/a") is F
    home = statement("Allow", Resource="arn:aws:s3:::b/${k}/*")
    assert decide(home, unknown=["K"], resource="arn:aws:s3:::b/x/y").effect == "unknown"
    assert decide(home, unknown=["K"], resource="arn:aws:s3:::b/y").effect == "implicit_deny"


def test_unknown_resource() -> None:
    """Against an unknown resource only a lone star is certain; the resource is reported as a key (R190)."""
    anything, bucket = statement("Allow"), statement("Allow", Resource="arn:aws:s3:::b/*")
    assert decide(anything, resource=None).effect == "allow"
    assert decide(bucket, resource=None) == Decision("unknown", None, frozenset({"resource"}))
    but_bucket = {"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:s3:::b/*"]}
    assert decide(but_bucket, resource=None).effect == "unknown"
    assert decide({**but_bucket, "NotResource": "*"}, resource=None).effect == "implicit_deny"


def test_keys_to_settle_come_from_statements_that_may_apply() -> None:
    """Only keys of statements with no false part, in layers not yet settled, are named (R193)."""
    unknown_allow = statement("Allow", {"StringEquals": {"A": "1"}})
    never = statement("Allow", {"StringEquals": {"B": "1", "known": "1"}})
    unknown_deny = statement("Deny", {"Bool": {"C": "true"}})
    decision = decide(unknown_allow, never, unknown_deny, unknown=["a", "b", "c"])
    assert decision == Decision("unknown", None, frozenset({"a", "c"}))
    settled = decide(statement("Allow"), unknown_allow, unknown_deny, unknown=["a", "b", "c"])
    assert settled == Decision("unknown", None, frozenset({"c"}))
    without = decide(never, unknown_deny, unknown=["a", "b", "c"])
    assert without == Decision("implicit_deny", None, frozenset())


def test_variables_of_what_is_no_arn_are_not_named() -> None:
    """An ARN pattern without six fields matches nothing, whatever is inserted: its variables settle nothing (R193)."""
    unknown = ["k", "a", "b"]
    for values, keys in (
        ("${a}", {"k"}),
        ("arn:aws:iam::${a}", {"k"}),
        (["${a}", "arn:aws:iam::${b}:*"], {"k", "b"}),
    ):
        decision = decide(statement("Allow", {"ArnLike": {"K": values}}), unknown=unknown)
        assert decision == Decision("unknown", None, frozenset(keys))


def test_variables_of_values_are_named() -> None:
    """While a key is unknown, those of the variables beside it may matter (R193), where there are any (R102, R104)."""
    for operator, values, keys in (
        ("StringEquals", "${a}", {"k", "a"}),
        ("StringNotLike", ["${absent}", "${b}*"], {"k", "b"}),
        ("NumericEquals", "${a}", {"k"}),
        ("Bool", "${a}", {"k"}),
    ):
        decision = decide(statement("Allow", {operator: {"K": values}}), unknown=["k", "a", "b"])
        assert decision == Decision("unknown", None, frozenset(keys))


@pytest.mark.parametrize("operator", ["String Equals", "Sounds", "NumericNear", "ForAll:StringEquals"])
def test_unknown_operator_is_refused(operator: str) -> None:
    """An operator that the language does not have is an error, not a condition that fails."""
    with pytest.raises(ValueError, match=r"unknown (operator|order)"):
        decide(statement("Allow", {operator: {"k": "1"}}), k="1")


def test_determining_statement_is_the_lowest() -> None:
    """The first applying Deny over identity documents and boundary determines, else the first identity Allow."""
    allow, deny = statement("Allow"), statement("Deny")
    first = reference.decide(
        [document(allow), document(allow, deny)], document(deny), PRINCIPAL, "s3:GetObject", "*", {}
    )
    assert first == Decision("explicit_deny", Place("identity", 1, 1), frozenset())
    boundary = reference.decide([document(allow)], document(allow, deny), PRINCIPAL, "s3:GetObject", "*", {})
    assert boundary.determining == Place("boundary", 0, 1)
    allowed = reference.decide(
        [document(), document(statement("Allow", Action="ec2:*"), allow)],
        document(allow),
        PRINCIPAL,
        "s3:GetObject",
        "*",
        {},
    )
    assert allowed == Decision("allow", Place("identity", 1, 1), frozenset())
    idle, maybe = statement("Deny", Action="ec2:*"), statement("Allow", {"Bool": {"k": "true"}})
    assert decide(allow, idle, deny).determining == Place("identity", 0, 2)
    assert decide(maybe, allow, allow, unknown=["k"]).determining == Place("identity", 0, 1)


def test_every_layer_must_allow() -> None:
    """A further layer is one more ceiling: it never grants, and its Deny is a Deny (R131, R137, R138)."""
    allow, deny, nothing = document(statement("Allow")), document(statement("Deny")), document()

    def effect(*layers: dict[str, Any]) -> str:
        stack = [Layer(f"layer {index}", [layer]) for index, layer in enumerate(layers)]
        return reference.decide_layers(stack, PRINCIPAL, "s3:GetObject", "*", {}, ()).effect

    assert effect(allow, allow, allow) == "allow"
    for layers in ((nothing, allow, allow), (allow, nothing, allow), (allow, allow, nothing)):
        assert effect(*layers) == "implicit_deny"
    assert effect(nothing, allow, deny) == "explicit_deny"


@pytest.mark.parametrize(("condition", "value", "holds"), CONDITIONS)
def test_condition_holds(condition: dict[str, Any], value: Any, holds: bool) -> None:
    """Corners of conditions mean what the rules say."""
    assert (decide(statement("Allow", condition), **{"x:k": value}).effect == "allow") is holds


@pytest.mark.parametrize(("parts", "action", "resource", "applies"), PARTS)
def test_statement_applies(parts: dict[str, Any], action: str, resource: str, applies: bool) -> None:
    """Corners of the action and resource parts mean what the rules say."""
    decision = reference.decide([document(statement_of(parts))], None, PRINCIPAL, action, resource)
    assert (decision.effect == "allow") is applies


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "STS:getsessiontoken", "sts:GetSessionTokens"])
@pytest.mark.parametrize(
    ("principal", "is_role", "is_root"),
    [
        (PRINCIPAL, False, False),
        ("arn:aws:iam::210987654321:role/Baker", True, False),
        ("arn:aws:sts::210987654321:assumed-role/Baker/oven", True, False),
        ("arn:aws-cn:iam::210987654321:root", False, True),
        ("arn:aws:iam::210987654321:rootx", False, False),
        ("arn:aws:iam::210987654321:user/x:root", False, False),
    ],
)
def test_what_no_policy_decides(principal: str, is_role: bool, is_root: bool, action: str) -> None:
    """Two calls need no permission, one of them is not for roles (R149), and nothing limits the root user (R143)."""
    decision = reference.decide([document(statement("Deny"))], None, principal, action, "*")
    if action == "STS:getsessiontoken" and is_role:
        assert decision == Decision("implicit_deny", None, frozenset())
    elif is_root or not action.endswith("s"):
        assert decision == Decision("allow", None, frozenset())
    else:
        assert decision == Decision("explicit_deny", Place("identity", 0, 0), frozenset())


def test_layers_that_allow_need_no_more_keys() -> None:
    """A layer that allows for certain names no key, whatever else could allow there (R193)."""
    allow = statement("Allow")
    maybe, ceiling = (statement("Allow", {"StringEquals": {key: "1"}}) for key in "AB")
    for first, second, keys in (
        ([maybe, allow], [ceiling], {"b"}),
        ([maybe], [ceiling, allow], {"a"}),
        ([maybe], [ceiling], {"a", "b"}),
        ([allow], [allow, ceiling], set()),
    ):
        unknown = ["a", "b"]
        decision = reference.decide(
            [document(*first)], document(*second), PRINCIPAL, "s3:GetObject", "*", {}, unknown=unknown
        )
        assert decision.unknown_keys == keys
        assert (decision.effect == "unknown") == bool(keys)
