"""Decision vectors: every line gives a result, and only what is as expected is ok."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judges import decide_by_reference

from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.vectors import Outcome, Vector, VectorResult, decide_compiled, run_test, run_vectors

VECTORS = Path(__file__).parents[2] / "vectors"
DECISION_FILES = sorted(path for path in VECTORS.glob("*.jsonl") if path.name != "invalid.jsonl")

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
USER = "arn:aws:iam::210987654321:user/mara"
FEDERATED = "arn:aws:sts::210987654321:federated-user/mara"
OTHER = "345678901234"
SESSION = "arn:aws:sts::210987654321:assumed-role/Harvester/run-42"


def for_principal(effect: str, principal: object, **members: Any) -> dict[str, Any]:
    """Return a policy that stands at a resource's side."""
    statement = {"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", **members}
    return {"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]}


GRANT_ALL, REFUSE_ALL = for_principal("Allow", "*"), for_principal("Deny", "*")
REFUSE_S3 = for_principal("Deny", "*", Action="s3:*")
GRANT_MARA = for_principal("Allow", {"AWS": USER})
TRUST_MARA = for_principal("Allow", {"AWS": USER}, Action="sts:AssumeRole", Resource=None)


def vector(**changes: Any) -> dict[str, Any]:
    """Return a vector that is ok, with changed members; ``policies__scps`` is a member of ``policies``."""
    value: dict[str, Any] = {
        "id": "T-1",
        "rule": "R42",
        "why": "everything is allowed",
        "policies": {"identity": [ALLOW_ALL], "resource": None, "scps": None, "boundary": None, "session": None},
        "request": {
            "principal": USER,
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::pears/x",
            "resource_account": "210987654321",
            "context": {},
        },
        "expect": "allow",
    }
    for name, change in changes.items():
        *parents, member = name.split("__")
        target = value
        for parent in parents:
            target = target[parent]
        target[member] = change
    return value


def run_one(value: object) -> VectorResult:
    """Run one vector against the reference."""
    line = value if isinstance(value, str | bytes) else json.dumps(value)
    (result,) = run_vectors([line], "t.jsonl", decide=decide_by_reference)
    return result


def test_expected_decision_is_ok() -> None:
    """A vector whose decision comes out as expected is ok and shows the decision."""
    result = run_one(vector())
    assert (result.is_ok, result.error, result.place) == (True, None, "t.jsonl:1")
    assert result.outcome is not None and result.outcome.decision == "allow"


def test_other_decision_is_a_mismatch() -> None:
    """A vector whose decision comes out otherwise is not ok and says both decisions."""
    result = run_one(vector(expect="explicit_deny"))
    assert not result.is_ok
    assert str(result) == "t.jsonl:1: T-1: expected explicit_deny, got allow (R42: everything is allowed)"


@pytest.mark.parametrize(
    ("change", "decision", "layer"),
    [
        ({"policies__resource": GRANT_ALL, "policies__identity": []}, "allow", "resource"),
        ({"policies__resource": REFUSE_ALL}, "explicit_deny", "resource"),
        ({"policies__rcps": [[], [REFUSE_S3]]}, "explicit_deny", "rcp"),
        ({"policies__rcps": [[REFUSE_S3]], "request__facts": {"aws_managed_key": True}}, "allow", "identity"),
        ({"policies__vpce": [GRANT_ALL, REFUSE_ALL]}, "explicit_deny", "vpc-endpoint"),
        ({"policies__vpce": [GRANT_MARA]}, "allow", "identity"),
        ({"policies__vpce": [GRANT_MARA], "request__facts": {"vpce_type": "gateway"}}, "implicit_deny", "vpc-endpoint"),
        ({"ec2": {"image": {"owner": OTHER}}}, "allow", "identity"),
        ({"ec2": {"image": {"owner": OTHER}}, "request__action": "ec2:RunInstances"}, "implicit_deny", "ec2-attribute"),
        ({"request__facts": {"credentials": "expired"}}, "implicit_deny", "authentication"),
        ({"request__facts": {"credentials": "valid"}}, "allow", "identity"),
        ({"request__resource_account": OTHER}, "implicit_deny", "resource"),
        ({"request__resource_account": OTHER, "policies__resource": GRANT_MARA}, "allow", "identity"),
        ({"request__principal": "anonymous"}, "implicit_deny", "resource"),
        ({"request__principal": "anonymous", "policies__resource": GRANT_ALL}, "allow", "resource"),
        ({"request__principal": FEDERATED}, "implicit_deny", "session"),
        (
            {
                "request__principal": FEDERATED,
                "policies__session": ALLOW_ALL,
                "request__facts": {"federating_user": USER},
            },
            "allow",
            "identity",
        ),
        (
            {
                "request__action": "sts:AssumeRole",
                "request__facts": {"resource_kind": "role-trust"},
                "policies__resource": TRUST_MARA,
            },
            "allow",
            "trust",
        ),
        (
            {"request__action": "kms:Decrypt", "request__facts": {"resource_kind": "kms-key"}},
            "implicit_deny",
            "resource",
        ),
    ],
)
@pytest.mark.parametrize("judge", [decide_by_reference, decide_compiled])
def test_every_kind_of_policy_decides(
    judge: Callable[[Vector], Outcome], change: dict[str, Any], decision: str, layer: str
) -> None:
    """Whatever a vector may hold is evaluated, and the result names what decided, here as in the reference (R130)."""
    (result,) = run_vectors([json.dumps(vector(**change))], "t.jsonl", decide=judge)
    assert result.error is None and result.outcome is not None
    assert (result.outcome.decision, result.outcome.layer) == (decision, layer)


@pytest.mark.parametrize(
    ("change", "decision", "layer"),
    [
        ({"policies__scps": [[ALLOW_ALL], [ALLOW_ALL]]}, "allow", "identity"),
        ({"policies__scps": [[ALLOW_ALL], []]}, "implicit_deny", "scp"),
        ({"policies__scps": []}, "allow", "identity"),
        ({"policies__scps": [[]], "request__facts": {"principal_in_management_account": True}}, "allow", "identity"),
        ({"policies__boundary": DENY_ALL}, "explicit_deny", "boundary"),
        ({"policies__session": DENY_ALL, "request__principal": SESSION}, "explicit_deny", "session"),
        ({"policies__session": [ALLOW_ALL], "request__principal": SESSION}, "allow", "identity"),
        ({"policies__session": [], "request__principal": SESSION}, "allow", "identity"),
        ({"policies__identity": []}, "implicit_deny", "identity"),
    ],
)
def test_layer_that_decides_is_named(change: dict[str, Any], decision: str, layer: str) -> None:
    """The result names the kind of policy that decided, also where it is one that does not allow (R147, R150)."""
    outcome = run_one(vector(**change)).outcome
    assert outcome is not None
    assert (outcome.decision, outcome.layer) == (decision, layer)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[]", "the line is not a JSON object; a vector has policies, request and expect"),
        (
            '{"id": "x", "document": "", "expect_error": "json-syntax"}',
            "a document to be refused, no decision; `gatewright check --vectors` takes such a file",
        ),
        ('{"id": "x"}', "`policies` is missing; a decision vector needs policies, request and expect"),
        (" " * (5 << 20) + "x", "the line is longer than 4194304 bytes; one vector stands on one line"),
        (vector(expect="Allow"), "`expect` is `Allow`; it can be allow, explicit_deny, implicit_deny, unknown"),
        (vector(policies__identity={}), "`identity` is not a list"),
        (vector(request__action=None), "`action` is missing; a decision vector needs policies, request and expect"),
        (vector(request__resource=7), "`resource` is not a text"),
        (vector(request__context={"k": 7}), "the context key `k` is neither a text nor a list of texts"),
        (vector(request__unknown="k"), "`unknown` is not a list of key names"),
        (vector(id=None), "`id` is missing; a decision vector needs policies, request and expect"),
    ],
)
def test_malformed_line_is_an_error_with_its_place(line: object, reason: str) -> None:
    """A line that is no vector gives an error that says where and why, and the run goes on."""
    result = run_one(line)
    assert (result.is_ok, result.error) == (False, reason)
    assert str(result).startswith("t.jsonl:1: ") and str(result).endswith(f"error: {reason}")


@pytest.mark.parametrize(
    ("line", "column"),
    [("{", 2), (b'{"id": "\xff"}', 9), ("[" * 100_000, 65), ('{"id": 1, "id": 2}', 11), ("{} {}", 4)],
)
def test_text_that_is_no_json_object_is_an_error_with_its_column(line: str | bytes, column: int) -> None:
    """A line that is not one JSON object gives an error that says in which column, and why."""
    result = run_one(line)
    assert (result.is_ok, result.id, result.outcome) == (False, None, None)
    assert str(result).startswith(f"t.jsonl:1: error: column {column}: ")


def test_refused_document_is_an_error() -> None:
    """Documents that cannot be compiled make the vector an error with the finding."""

    def refuse(_: Vector) -> Outcome:
        raise PolicyError([Finding("GW900", Severity.ERROR, "no", "", "identity 0")])

    (result,) = run_vectors([json.dumps(vector())], decide=refuse)
    assert (result.is_ok, result.error) == (False, "no [GW900]")


def test_role_session_is_judged_as_its_role() -> None:
    """A role session's policies are the role's, whose ARN may have a path that the session's has not (R56)."""
    seen = []

    def note(read: Vector) -> Outcome:
        seen.extend(principal.arn for principal in read.policy_set.principals)
        return Outcome("allow")

    session = "arn:aws:sts::210987654321:assumed-role/Picker/run-1"
    role = "arn:aws:iam::210987654321:role/harvest/Picker"
    lines = [
        json.dumps(vector(request__principal=session, **facts))
        for facts in ({}, {"request__facts": {"role_arn": role}})
    ]
    assert all(result.is_ok for result in run_vectors(lines, decide=note))
    assert seen == ["arn:aws:iam::210987654321:role/Picker", role]


def test_keys_that_settle_an_unknown_decision_are_compared() -> None:
    """With `expect_unknown` the keys must be the ones named, whatever their case (R193)."""
    condition = {"Condition": {"StringEquals": {"aws:UserName": "mara"}}}
    conditional = {**ALLOW_ALL, "Statement": [{**ALLOW_ALL["Statement"][0], **condition}]}  # type: ignore[dict-item]
    unknown = {"policies__identity": [conditional], "request__unknown": ["aws:username"], "expect": "unknown"}
    assert run_one(vector(**unknown)).is_ok
    assert run_one(vector(**unknown, expect_unknown=["AWS:UserName"])).is_ok
    other = run_one(vector(**unknown, expect_unknown=["aws:SourceIp"]))
    assert not other.is_ok
    assert str(other).endswith("expected unknown, got unknown, settled by aws:username (R42: everything is allowed)")


def run_files(*paths: Path | str, as_json: bool = False) -> tuple[int, list[str], list[str]]:
    """Run files against the reference; return the exit status, the output and the error output."""
    out, err = io.StringIO(), io.StringIO()
    status = run_test([str(path) for path in paths], as_json=as_json, out=out, err=err, decide=decide_by_reference)
    return status, out.getvalue().splitlines(), err.getvalue().splitlines()


def test_counts_stand_last_and_decide_the_status(tmp_path: Path) -> None:
    """The last line on standard error counts every vector; the status is 0 only if all are ok."""
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(f"{json.dumps(vector())}\n\n{json.dumps(vector(certain=False))}\n")
    bad.write_text(f"{json.dumps(vector(expect='unknown'))}\n{{\n{json.dumps(vector(certain=False, ec2=7))}\n")
    ok = "1 ok, 0 mismatches, 0 errors"
    assert run_files(good) == (0, [], [f"2 vectors: {ok}; 1 of them uncertain: {ok}"])
    status, out, err = run_files(good, bad)
    assert status == 1
    assert [line.split(": ")[0] for line in out] == [f"{bad}:1", f"{bad}:2", f"{bad}:3"]
    assert err == [
        "5 vectors: 1 ok, 1 mismatches, 1 errors; 2 of them uncertain: 1 ok, 0 mismatches, 1 errors",
    ]


def test_json_has_one_object_a_line(tmp_path: Path) -> None:
    """With JSON every vector gives one object with the same members, also an error and a mismatch."""
    file = tmp_path / "v.jsonl"
    file.write_text(f"{json.dumps(vector())}\n{json.dumps(vector(expect='unknown'))}\n{{\n")
    status, out, _ = run_files(file, as_json=True)
    results = [json.loads(line) for line in out]
    assert status == 1
    assert [(r["id"], r["expect"], r["got"], r["ok"], r["error"] is None) for r in results] == [
        ("T-1", "allow", "allow", True, True),
        ("T-1", "unknown", "allow", False, True),
        (None, None, None, False, False),
    ]
    assert all(list(r) == ["id", "expect", "got", "ok", "layer", "statements", "error"] for r in results)
    assert results[0]["layer"] == "identity" and len(results[0]["statements"]) == 1


def test_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A file that is not there is an error of its own with a message; a run without a vector is none that is ok."""
    status, out, err = run_files(tmp_path / "none.jsonl")
    assert (status, out) == (2, [])
    assert err == [
        f"{tmp_path}/none.jsonl: error: cannot read the file; no such file or directory",
        "0 vectors: 0 ok, 0 mismatches, 0 errors; 1 files not read",
    ]
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    assert run_files(empty)[0] == 1


def test_reader_that_goes_away_is_no_unreadable_file(tmp_path: Path) -> None:
    """A broken pipe behind the output ends the run as itself."""

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    file = tmp_path / "v.jsonl"
    file.write_text(json.dumps(vector()))
    with pytest.raises(BrokenPipeError):
        run_test([str(file)], as_json=True, out=Closed(), err=io.StringIO(), decide=decide_by_reference)


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file name `-` stands for standard input."""
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(vector()).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run_files("-") == (0, [], ["1 vectors: 1 ok, 0 mismatches, 0 errors"])


def test_long_line_does_not_hide_the_next(tmp_path: Path) -> None:
    """A line over the limit is one error; the vector after it is run."""
    file = tmp_path / "v.jsonl"
    file.write_text(" " * (9 << 20) + "x\n" + json.dumps(vector()))
    status, out, err = run_files(file)
    assert (status, len(out)) == (1, 1)
    assert err == ["2 vectors: 1 ok, 0 mismatches, 1 errors"]


def test_every_line_of_our_vectors_gives_a_result() -> None:
    """Each vector of the repository gives exactly one result under its own id."""
    for file in DECISION_FILES:
        lines = file.read_text(encoding="utf-8").splitlines()
        results = list(run_vectors(lines, file.name, decide=decide_by_reference))
        assert [result.id for result in results] == [json.loads(line)["id"] for line in lines]
