"""Whatever a member of a vector holds: a decision, or an error that says in one line what is wrong."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.vectors import VectorResult, run_vectors

MARA, OWNER, FRIEND = "arn:aws:iam::123456789012:user/mara", "123456789012", "210987654321"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
REFUSE = {"Effect": "Deny", "Principal": {"AWS": FRIEND}, "Action": "s3:*", "Resource": "*"}
GRANT = {**ALLOW, "Principal": "*"}


def policy(statement: object) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": [statement]}


WHOLE: dict[str, Any] = {
    "id": "H-1",
    "rule": "R130",
    "why": "every member is there",
    "policies": {
        "identity": [policy(ALLOW)],
        "resource": policy(GRANT),
        "boundary": policy(ALLOW),
        "session": [policy(ALLOW)],
        "scps": [[policy(ALLOW)]],
        "rcps": [[policy({**REFUSE, "Principal": "*", "Resource": "arn:aws:s3:::none"})]],
        "vpce": [policy(GRANT)],
    },
    "request": {
        "principal": MARA,
        "action": "ec2:RunInstances",
        "resource": "arn:aws:ec2:us-east-1::image/ami-1",
        "resource_account": OWNER,
        "context": {"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ["a", "b"]},
        "unknown": ["aws:CurrentTime"],
        "authorizations": [{"resource": "*", "context": {"ec2:Owner": OWNER}, "action": "ec2:RunInstances"}],
        "facts": {
            "credentials": "valid",
            "role_arn": "arn:aws:iam::123456789012:role/r",
            "federating_user": MARA,
            "canonical_user": "a" * 64,
            "resource_kind": "kms-key",
            "service_linked_role": False,
            "service_linked_role_resource": False,
            "principal_in_management_account": False,
            "resource_in_management_account": False,
            "aws_managed_key": False,
            "vpce_type": "gateway",
            "image_state": "available",
        },
    },
    "ec2": {
        "image": {
            "id": "ami-1",
            "owner": OWNER,
            "region": "us-east-1",
            "launch_permission": {"users": [FRIEND], "groups": ["all"], "organizations": ["a"], "units": ["b"]},
            "encrypted": True,
            "kms": "customer",
            "product_codes": [{"ProductCodeId": "p"}],
            "snapshots": [{"id": "snap-1", "encrypted": True, "kms": "customer", "product_codes": []}],
        },
        "snapshot": {
            "id": "snap-2",
            "owner": OWNER,
            "create_volume_permission": {"users": [], "groups": [], "organizations": [], "units": []},
        },
        "caller_org_arns": ["a"],
        "key_usable": True,
        "region": "us-east-1",
        "change": {"add_group": "all", "add_user": FRIEND, "remove_user": FRIEND},
    },
    "expect": "allow",
}

UNTOLD: dict[str, Any] = {
    **{name: value for name, value in WHOLE.items() if name != "ec2"},
    "policies": {
        "identity": [policy(ALLOW)],
        "candidates": [
            {"kind": "kms-key", "account": OWNER, "policy": policy(GRANT)},
            {"kind": "role-trust", "account": OWNER, "policy": policy({**GRANT, "Action": "sts:*"})},
            {"account": FRIEND, "policy": None},
        ],
    },
    "request": {"principal": MARA, "action": "kms:Decrypt", "resource": None, "resource_account": OWNER},
}
UNTOLD["policies"]["candidates"][1]["policy"]["Statement"][0].pop("Resource")


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every member and entry."""
    found = [path] if path else []
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return found + [place for step, item in steps for place in places(item, (*path, step))]


def change_at(
    path: tuple[str | int, ...], value: object, *, is_added: bool = False, of: dict[str, Any] = WHOLE
) -> dict[str, Any]:
    """Return the whole vector with another value at a place, or with an unknown member beside it."""
    changed = copy.deepcopy(of)
    target: Any = changed
    for step in path[:-1]:
        target = target[step]
    target["odd" if is_added and isinstance(target, dict) else path[-1]] = value
    return changed


def run_one(vector: object) -> VectorResult:
    """Run one vector on the engine, and check that what it says of an error is one line."""
    (result,) = run_vectors([json.dumps(vector)])
    assert (result.outcome is None) == (result.error is not None)
    assert result.error is None or ("\n" not in result.error and "Traceback" not in result.error and result.error)
    return result


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.sampled_from(["*", "all", OWNER, MARA, "anonymous", "arn:aws:iam::1:root"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=10) | st.sampled_from(["owner", "users", "Statement"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def test_the_whole_vector_is_taken() -> None:
    """The vector that the other tests here change is well-formed, and has every member."""
    result = run_one(WHOLE)
    assert result.error is None, result.error
    assert len(places(WHOLE)) > 120


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(places(WHOLE)), JSON, st.booleans())
def test_any_value_in_any_member_is_answered(path: tuple[str | int, ...], value: object, is_added: bool) -> None:
    """Any JSON in the place of any member gives a decision or an error, never an exception."""
    run_one(change_at(path, value, is_added=is_added))


CANDIDATES = [path for path in places(UNTOLD) if path[:2] == ("policies", "candidates")]


def test_the_vector_of_an_unknown_resource_is_taken() -> None:
    """What the resource may be is read, and decides: the only key of the account grants to everyone (R142)."""
    result = run_one(UNTOLD)
    assert result.outcome is not None and result.outcome.decision == "allow", result.error
    for path, value in (
        (("policies", "candidates", 0, "policy"), None),
        (("policies", "candidates", 2, "kind"), "kms-key"),
    ):
        outcome = run_one(change_at(path, value, of=UNTOLD)).outcome
        expected = "unknown" if value is None else "allow"
        assert outcome is not None and outcome.decision == expected
    outcome = run_one(change_at(("policies", "candidates", 2), {"kind": "kms-key"}, of=UNTOLD)).outcome
    assert outcome is not None and (outcome.decision, outcome.unknown_keys) == ("unknown", {"resource"})


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(CANDIDATES), JSON, st.booleans())
def test_any_value_in_any_candidate_is_answered(path: tuple[str | int, ...], value: object, is_added: bool) -> None:
    """Any JSON in the place of a candidate, or of what it says, gives a decision or an error, never an exception."""
    run_one(change_at(path, value, is_added=is_added, of=UNTOLD))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ((), {}, "`candidates` is not a list"),
        ((0,), [], "an entry of `candidates` is not an object"),
        ((0, "kind"), "key", "`kind` is `key`; it can be role-trust, kms-key"),
        ((0, "account"), "mine", "`account` is `mine`; the id of an account has 12 digits"),
        ((0, "account"), 7, "`account` is not a text"),
        ((0, "name"), "k", "the member of a candidate `name` is not known; there are kind, account, policy"),
    ],
)
def test_what_is_wrong_with_a_candidate_is_said(path: tuple[str | int, ...], value: object, reason: str) -> None:
    """Each wrong member gives an error that says which it is and what it can be."""
    error = run_one(change_at(("policies", "candidates", *path), value, of=UNTOLD)).error
    assert error is not None and error.startswith(reason), error


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("policies", "resource"), policy(GRANT)),
        (("policies", "resource"), {}),
        (("request", "facts"), {"resource_kind": "kms-key"}),
        (("ec2",), {}),
    ],
)
def test_a_resource_is_told_or_its_candidates(path: tuple[str | int, ...], value: object) -> None:
    """What tells the resource's policy, and candidates beside it, contradict each other."""
    error = run_one(change_at(path, value, of=UNTOLD)).error
    assert error is not None and error.startswith("`candidates` say what the resource may be, and another member what")


TEXTLESS = [path for path in places(WHOLE) if path[0] == "ec2" or path[:2] == ("request", "facts")]


@pytest.mark.parametrize("path", TEXTLESS, ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_a_wrong_type_is_named(path: tuple[str | int, ...]) -> None:
    """A number in the place of a fact or an attribute is an error that names the member."""
    if "product_codes" in path[:-1]:  # what they are does not matter, only that there are some
        assert run_one(change_at(path, 7)).error is None
        return
    error = run_one(change_at(path, 7)).error
    name = next(step for step in reversed(path) if isinstance(step, str))
    assert error is not None and f"`{name}`" in error


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("ec2",), [], "`ec2` is not an object"),
        (("ec2", "imgae"), {}, "the member of `ec2` `imgae` is not known; there are image, snapshot, "),
        (("ec2", "image"), {}, "`owner` is missing; "),
        (("ec2", "image", "public"), True, "the member of `image` `public` is not known; there are id, encrypted, "),
        (("ec2", "image", "encrypted"), "yes", "`encrypted` is not true or false"),
        (("ec2", "image", "kms"), "aws", "`kms` is `aws`; it can be aws-managed, customer"),
        (("ec2", "image", "snapshots"), ["snap-1"], "an entry of `snapshots` is not an object"),
        (("ec2", "image", "snapshots"), [{"owner": OWNER}], "the member of a snapshot `owner` is not known; "),
        (("ec2", "image", "create_volume_permission"), {}, "the member of `image` `create_volume_permission` is not"),
        (("ec2", "image", "launch_permission"), [], "`launch_permission` is not an object"),
        (("ec2", "image", "launch_permission", "users"), OWNER, "`users` is not a list"),
        (("ec2", "image", "launch_permission", "users"), [7], "`users` is not a list of texts"),
        (("ec2", "image", "launch_permission", "user"), [], "the member of `launch_permission` `user` is not known; "),
        (("ec2", "caller_org_arns"), "a", "`caller_org_arns` is not a list"),
        (("ec2", "key_usable"), "true", "`key_usable` is not true or false"),
        (("ec2", "region"), 1, "`region` is not a text"),
        (("ec2", "change"), ["add_user"], "`change` is not an object"),
        (("ec2", "change", "add_user"), [FRIEND], "`add_user` is not a text"),
        (("ec2", "change", "add_account"), FRIEND, "the member of `change` `add_account` is not known; there are add_"),
        (("policies", "vpce"), policy(GRANT), "`vpce` is not a list"),
        (("policies", "rcps"), policy(REFUSE), "`rcps` is not a list"),
        (("policies", "rcps"), [policy(REFUSE)], "`rcps` is not a list of levels, each a list of documents"),
        (("policies", "rcp"), [], "the member of `policies` `rcp` is not known; there are identity, resource, "),
        (("request", "unknwon"), [], "the member of `request` `unknwon` is not known; there are principal, action, "),
        (("request", "authorizations", 0, "principal"), MARA, "the member of an authorization `principal` is not"),
        (("request", "facts", "account"), OWNER, "the fact `account` is not known; there are aws_managed_key, "),
        (("request", "facts", "credentials"), "old", "`credentials` is `old`; it can be valid, expired, "),
        (("request", "facts", "resource_kind"), "role", "`resource_kind` is `role`; it can be role-trust, kms-key"),
        (("request", "facts", "service_linked_role"), "false", "`service_linked_role` is not true or false"),
        (("request", "resource_account"), "mine", "`resource_account` is `mine`; the id of an account has 12 digits"),
    ],
)
def test_what_is_wrong_with_a_vector_is_said(path: tuple[str | int, ...], value: object, reason: str) -> None:
    """Each wrong member gives an error that says which it is and what it can be."""
    error = run_one(change_at(path, value)).error
    assert error is not None and error.startswith(reason), error


@pytest.mark.parametrize("member", ["users", "groups"])
def test_a_name_that_is_no_account_is_nobody(member: str) -> None:
    """A star in a launch permission is no wildcard: only the group `all` is everyone (R161)."""
    vector = change_at(("ec2", "image", "launch_permission"), {member: ["*"]})
    vector["ec2"]["image"]["owner"] = "*"
    vector["ec2"].pop("snapshot")
    vector["request"]["facts"] = {}
    outcome = run_one(vector).outcome
    assert outcome is not None and (outcome.decision, outcome.layer) == ("implicit_deny", "ec2-attribute")
