"""One version of a policy set after the other."""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest

from gatewright.compiler import Compiler, compile_policies, fit, flatten, incremental, write
from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Finding, PolicyError
from gatewright.compiler.policyset import Endpoint, PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind
from gatewright.runtime import Table

ACTIONS = ["s3:*", "s3:Get*", "s3:GetObject", "ec2:*Image*", "ec2:*Vpc*", "ec2:Run?nstances", "iam:PassRole", "*"]
ACTIONS += [
    "ec2:RunInstances",
    "s3:PutObject",
    "s3:ListBucket",
    "sts:AssumeRole",
    "sts:SetSourceIdentity",
    "Ec2:RunFleet",
]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:ec2:*:*:image/*"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.1"]}},
    {"StringLike": {"aws:UserAgent": "*aws*"}},
    {"NumericLessThan": {"s3:max-keys": "100"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}},
]


def random_statement(rng: random.Random) -> dict[str, Any]:
    return {
        "Effect": rng.choice(["Allow", "Allow", "Deny"]),
        "Action": rng.sample(ACTIONS, rng.randint(1, 3)),
        "Resource": rng.choice(RESOURCES),
        "Condition": rng.choice(CONDITIONS),
    }


def policy_set(
    documents: list[list[dict[str, Any]]], principals: list[tuple[int, ...]], *, has_own_names: bool = False
) -> PolicySet:
    """Return a policy set whose documents have the names of their places, or names of their own, which move along."""
    texts = [json.dumps({"Version": "2012-10-17", "Statement": statements}) for statements in documents]
    names = [zlib.crc32(text.encode()) if has_own_names else number for number, text in enumerate(texts)]
    return PolicySet(
        tuple(
            Document(f"policy {name}", PolicyKind.IDENTITY, Source(text, f"{name}.json"))
            for name, text in zip(names, texts, strict=True)
        ),
        tuple(
            Principal(
                f"arn:aws:iam::111122223333:{kind}/u{number}",
                kind,
                policies,
                groups=(policies[:2],) if number % 3 else (),
                scps=((policies[0],),) if policies and number % 4 == 0 else None,
            )
            for number, policies in enumerate(principals)
            for kind in [PrincipalKind.ROLE if number % 5 == 0 else PrincipalKind.USER]
        ),
    )


def to_bytes(table: Table, folder: Path) -> bytes:
    table.save(folder / "table")
    return (folder / "table").read_bytes()


def edit(rng: random.Random, documents: list[list[dict[str, Any]]], principals: list[tuple[int, ...]]) -> None:
    """Change, add or remove a statement, a document, or what a principal is under."""
    number = rng.randrange(len(documents))
    how = rng.randrange(8)
    if how == 0:
        documents[number].append(random_statement(rng))
    elif how == 1 and len(documents[number]) > 1:
        documents[number].pop(rng.randrange(len(documents[number])))
    elif how == 2:
        documents.append([random_statement(rng)])
    elif how == 3:
        documents.insert(0, documents.pop(number))
    elif how == 4 and len(documents) > 2:
        documents.pop(number)
        for place, policies in enumerate(principals):
            principals[place] = tuple(policy - (policy > number) for policy in policies if policy != number)
    elif how == 5:
        principals.insert(rng.randrange(len(principals)), tuple(rng.sample(range(len(documents)), 2)))
    elif how == 6:
        principals[rng.randrange(len(principals))] = tuple(rng.sample(range(len(documents)), 2))
    else:
        documents[number][0] = random_statement(rng)


@pytest.mark.parametrize("seed", range(24))
def test_a_table_does_not_depend_on_what_was_compiled_before(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of many edits the table is the same, byte for byte, as one compiled from nothing."""
    rng = random.Random(seed)
    if seed % 3:  # members of groups share rows; those of their own have cells or none
        monkeypatch.setattr(fit, "FLAT_CELLS", 0)
        monkeypatch.setattr(flatten, "OWN_CELLS", rng.choice((0, 60, 1 << 20)))
    if seed % 2:  # nothing is kept for longer than it must be
        monkeypatch.setattr(flatten, "SPARE_WORDS", -(1 << 30))
        monkeypatch.setattr(write, "SPARE_NOTES", -(1 << 30))
        monkeypatch.setattr(incremental, "SPARE_DOCUMENTS", -(1 << 30))
    if seed % 4 == 3:
        monkeypatch.setattr(flatten, "SPARE_NUMBERS", rng.choice((-(1 << 30), -60)))
        monkeypatch.setattr(incremental, "SPARE_RUNS", rng.choice((-(1 << 30), -60)))
    documents = [[random_statement(rng) for _ in range(rng.randint(1, 4))] for _ in range(6)]
    principals = [tuple(rng.sample(range(6), rng.randint(1, 3))) for _ in range(8)]
    compiler = Compiler()
    for _ in range(16):
        current = policy_set(documents, principals, has_own_names=seed % 8 < 4)
        assert to_bytes(compiler.compile(current), tmp_path) == to_bytes(compile_policies(current), tmp_path)
        edit(rng, documents, principals)


def test_only_changed_documents_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document whose text, name, kind and place are the same is not checked again."""
    read: list[str] = []

    def count(document: Document) -> tuple[Policy | None, tuple[Finding, ...]]:
        read.append(document.name)
        return check_document(document)

    monkeypatch.setattr("gatewright.compiler.incremental.check_document", count)
    rng = random.Random(1)
    documents = [[random_statement(rng)] for _ in range(5)]
    compiler = Compiler()
    compiler.compile(policy_set(documents, [(0, 1)]))
    assert len(read) == 5
    read.clear()
    documents[3].append(random_statement(rng))
    compiler.compile(policy_set(documents, [(0, 1)]))
    assert read == ["policy 3"]


def test_what_has_not_changed_is_not_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A policy set read anew needs no normal form and no automaton a second time, nor a third; a changed one does."""
    rng = random.Random(4)
    documents = [[random_statement(rng) for _ in range(3)] for _ in range(4)]
    compiler = Compiler()
    expected = to_bytes(compiler.compile(policy_set(documents, [(0, 1)])), tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was known")

    with monkeypatch.context() as patch:
        patch.setattr("gatewright.compiler.normalize._normalize_policy", refuse)
        patch.setattr("gatewright.compiler.automaton.build_groups", refuse)
        for _ in range(2):
            assert to_bytes(compiler.compile(policy_set(documents, [(0, 1)])), tmp_path) == expected
    documents[2][0]["Action"] = ["s3:Delete*", "s3:*Acl"]
    for name in ("gatewright.compiler.normalize._normalize_policy", "gatewright.compiler.automaton.build_groups"):
        with monkeypatch.context() as patch:
            patch.setattr(name, refuse)
            with pytest.raises(AssertionError, match="known"):
                Compiler().compile(policy_set(documents, [(0, 1)]))
            with pytest.raises(AssertionError, match="known"):
                compiler.compile(policy_set(documents, [(0, 1)]))


def test_findings_are_reported_every_time() -> None:
    """What is said of a document that has not changed is said again."""
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
    compiler = Compiler()
    reported: list[list[str]] = []
    for _ in range(2):
        findings: list[Finding] = []
        document = Document("d", PolicyKind.IDENTITY, Source(text, "d.json"))
        compiler.compile(PolicySet((document,), ()), report=findings.append)
        reported.append([finding.code for finding in findings])
    assert reported[0] == reported[1] != []


def test_a_refused_set_leaves_the_compiler_usable(tmp_path: Path) -> None:
    """After an error the next compilation is what it would have been without."""
    rng = random.Random(2)
    documents = [[random_statement(rng)] for _ in range(3)]
    compiler = Compiler()
    with pytest.raises(PolicyError):
        compiler.compile(policy_set([*documents, [{"Effect": "Perhaps"}]], [(0, 1)]))
    current = policy_set(documents, [(0, 1)])
    assert to_bytes(compiler.compile(current), tmp_path) == to_bytes(compile_policies(current), tmp_path)


def test_a_policy_is_read_anew_for_another_kind_of_endpoint(tmp_path: Path) -> None:
    """The same document under an endpoint that becomes a gateway means something else (R38)."""
    text = json.dumps(
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}}
    )
    compiler = Compiler()
    tables = []
    for is_gateway in (False, True):
        document = Document("d", PolicyKind.VPC_ENDPOINT, Source(text, "d.json"))
        current = PolicySet((document,), (), endpoints=(Endpoint("vpce-1", 0, is_gateway),))
        tables.append(to_bytes(compiler.compile(current), tmp_path))
        assert tables[-1] == to_bytes(compile_policies(current), tmp_path)
    assert tables[0] != tables[1]


def test_progress_is_told_pass_by_pass() -> None:
    """Passes are named in their order, and none is said to have done more than there is."""
    told: list[tuple[str, int, int]] = []
    rng = random.Random(3)
    documents = [[random_statement(rng)] for _ in range(3)]
    compile_policies(policy_set(documents, [(0, 1)]), progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(name for name, _, _ in told)) == ["check", "normalize", "lower", "flatten", "write"]
    assert all(0 <= done <= total for _, done, total in told)


def test_only_rows_of_changed_policies_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are made anew for whom a change reaches: not for another condition, nor for other numbers of policies."""
    rng = random.Random(5)
    documents = [[random_statement(rng) for _ in range(2)] for _ in range(6)]
    for statement, other in zip(documents[2], documents[0], strict=True):
        statement["Action"] = other["Action"]  # so that without it there are the same actions
    documents[3][0] |= {"Resource": "*", "Condition": CONDITIONS[1]}
    principals = [(0, 1), (2, 3), (4, 5)]
    compiler = Compiler()
    compiler.compile(policy_set(documents, principals))
    asked: list[list[int]] = []
    match_actions = flatten._match_actions

    def note(lowered: Any, firsts: Any, policies: Any, row_count: int) -> Any:
        asked.append(list(policies))
        return match_actions(lowered, firsts, policies, row_count)

    monkeypatch.setattr(flatten, "_match_actions", note)
    documents[3][0]["Condition"] = CONDITIONS[3]
    compiler.compile(policy_set(documents, principals))
    documents[3][0]["Effect"] = "Deny" if documents[3][0]["Effect"] == "Allow" else "Allow"
    compiler.compile(policy_set(documents, principals))
    del documents[2]
    compiler.compile(policy_set(documents, [(0, 1), (2,), (3, 4)]))
    # Policy 3 is of the second principal, and is without company as policy 2.
    assert asked[0] == [] and asked[1] == [2, 3] and 2 in asked[2] and not {1, 3, 4} & set(asked[2])


def test_what_is_known_is_bounded() -> None:
    """However many versions are compiled, as much is kept as for a few of them."""
    rng = random.Random(6)
    compiler = Compiler()
    documents = [[random_statement(rng)] for _ in range(4)]
    sizes = []
    for number in range(40):
        documents[0] = [
            {"Effect": "Allow", "Action": f"s3:Action{n}", "Resource": "*"}
            for n in range(900 * number, 900 * number + 900)
        ]
        compiler.compile(policy_set(documents, [(0, 1), (2, 3)]))
        sizes.append(len(compiler._interned))
    assert max(sizes) < 60_000 and 0 in sizes
