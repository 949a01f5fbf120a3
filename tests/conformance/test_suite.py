"""The conformance suite: well-formed, complete, made by its generator; decided as expected by reference and engine."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from reference_kinds import decide_vector

from conformance.generate import generate, lines_of
from conformance.generate.coverage import fill_table
from conformance.generate.rules import CHAPTERS, NOT_DECIDED, RULES, chapter_of
from conformance.suite import VECTORS, read_lines, read_vectors
from gatewright.compiler.check import check_document
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import Target
from gatewright.vectors import Outcome, Vector, VectorResult, decide_compiled, run_vectors

LINES: Final = [line for _, line in read_lines()]
ALL: Final = read_vectors()

KINDS: Final = {
    "identity": PolicyKind.IDENTITY,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "resource": PolicyKind.RESOURCE,
    "scps": PolicyKind.SCP,
    "rcps": PolicyKind.RCP,
    "vpce": PolicyKind.VPC_ENDPOINT,
}
CALLERS_OWN: Final = {"identity", "boundary", "session", "scps"}
MEMBERS: Final = {"id", "rule", "why", "policies", "request", "ec2", "expect", "expect_reason", "expect_unknown"}
MEMBERS_ON_DOUBT: Final = {"certain", "uncertain_reason", "refusable"}
REQUEST: Final = {
    "principal",
    "action",
    "resource",
    "resource_account",
    "context",
    "unknown",
    "facts",
    "authorizations",
}
FACTS: Final = {
    "credentials",
    "role_arn",
    "federating_user",
    "canonical_user",
    "resource_kind",
    "principal_in_management_account",
    "resource_in_management_account",
    "service_linked_role",
    "service_linked_role_resource",
    "aws_managed_key",
    "vpce_type",
    "image_state",
}
LAYERS: Final = {
    "authentication",
    "identity",
    "boundary",
    "resource",
    "trust",
    "session",
    "scp",
    "rcp",
    "vpc-endpoint",
    "ec2-attribute",
}

# --- the files --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> dict[str, list[dict[str, Any]]]:
    """Return what the generator makes."""
    return generate()


def test_files_are_what_the_generator_makes(files: dict[str, list[dict[str, Any]]]) -> None:
    """The committed vectors are, byte for byte, what `python -m conformance.generate` writes."""
    assert {file.name for file in VECTORS.iterdir()} == set(files)
    for name, vectors in files.items():
        assert (VECTORS / name).read_bytes() == lines_of(vectors).encode("utf-8"), name


def test_generator_is_deterministic(files: dict[str, list[dict[str, Any]]]) -> None:
    """Two runs make the same."""
    assert generate() == files


def test_readme_tells_what_is_covered(files: dict[str, list[dict[str, Any]]]) -> None:
    """The table of coverage in README.md is up to date."""
    text = (VECTORS.parent / "README.md").read_text(encoding="utf-8")
    assert fill_table(text, files) == text


def test_size() -> None:
    """There are at least 10,000 vectors, in less than 12 MB."""
    assert len(ALL) >= 10_000
    assert sum(file.stat().st_size for file in VECTORS.iterdir()) < 12_000_000


def test_vectors_have_the_form_that_the_readme_describes() -> None:
    """Every vector has an id of its own, its members and no others, and a reason that fits its decision."""
    assert not [name for name, count in Counter(vector["id"] for vector in ALL).items() if count > 1]
    for vector in ALL:
        name = vector["id"]
        assert re.fullmatch(rf"{vector['rule']}-[a-z0-9-]+-[0-9]{{3,}}", name), name
        assert vector.keys() <= MEMBERS | MEMBERS_ON_DOUBT, name
        assert vector["policies"].keys() <= {*KINDS, "candidates"} and "identity" in vector["policies"], name
        assert vector["request"].keys() <= REQUEST, name
        assert vector["request"].get("facts", {}).keys() <= FACTS, name
        assert len(vector["why"]) >= 10, name
        assert ("certain" in vector) == ("uncertain_reason" in vector), name
        assert vector.get("certain", False) is False, name
        reason = vector.get("expect_reason", {})
        assert reason.get("layer", "identity") in LAYERS, name
        assert vector["expect"] != "explicit_deny" or "statement" in reason, name
        assert vector["expect"] != "implicit_deny" or reason.keys() == {"layer"}, name
        assert (vector["expect"] == "unknown") == ("expect_unknown" in vector), name
        if vector["expect"] == "unknown":
            unknown = {key.lower() for key in vector["request"].get("unknown", [])}
            unknown |= {"resource"} if vector["request"]["resource"] is None else set()
            assert not reason and set(vector["expect_unknown"]) <= unknown and vector["expect_unknown"], name


def test_no_question_is_asked_twice() -> None:
    """No two vectors have the same policies and request."""
    questions = defaultdict(list)
    for vector in ALL:
        questions[json.dumps([vector["policies"], vector["request"], vector.get("ec2")])].append(vector["id"])
    assert not [names for names in questions.values() if len(names) > 1]


def test_every_rule_is_covered_on_both_sides() -> None:
    """Every rule that a decision can show has a vector that allows and one that does not, in its chapter's file."""
    decisions = defaultdict(set)
    for name, line in read_lines():
        vector = json.loads(line)
        assert chapter_of(vector["rule"]).file == name
        decisions[vector["rule"]].add(vector["expect"])
    assert decisions.keys() == RULES.keys()
    assert not RULES.keys() & NOT_DECIDED.keys()
    assert [chapter.file for chapter in CHAPTERS] == sorted(file.name for file in VECTORS.iterdir())
    one_sided = {rule: found for rule, found in decisions.items() if "allow" not in found or len(found) < 2}
    assert not one_sided


def test_every_layer_is_named() -> None:
    """Some vector names each layer as lacking an Allow or refusing, and each kind of policy as denying and allowing."""
    named = {(vector["expect"], vector.get("expect_reason", {}).get("layer")) for vector in ALL}
    assert {layer for expect, layer in named if expect == "implicit_deny"} == LAYERS - {"rcp"}
    assert {layer for expect, layer in named if expect == "explicit_deny"} == LAYERS - {
        "authentication",
        "ec2-attribute",
    }
    assert {layer for expect, layer in named if expect == "allow"} == {None, "identity", "resource", "trust"}


# --- the documents ----------------------------------------------------------------------------------------------------


def paths_in(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield where the documents stand in lists and lists of lists."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_in(item, (*path, index))
    elif value is not None:
        yield path


def is_refused(vector: dict[str, Any], line: str) -> bool:
    """Tell whether the checker refuses a document of a vector."""
    source = Source(line, vector["id"])
    is_trust = vector["request"].get("facts", {}).get("resource_kind") == "role-trust"
    candidates = vector["policies"].get("candidates", [])
    for number, candidate in enumerate(candidates):
        kind = PolicyKind.TRUST if candidate.get("kind") == "role-trust" else PolicyKind.RESOURCE
        path = ("policies", "candidates", number, "policy")
        if candidate.get("policy") is not None and check_document(Document("vector", kind, source, path))[0] is None:
            return True
    for member, value in vector["policies"].items():
        if member == "candidates":
            continue
        kind = PolicyKind.TRUST if is_trust and member == "resource" else KINDS[member]
        for path in paths_in(value, ("policies", member)):
            policy, _ = check_document(Document("vector", kind, source, path))
            if policy is None:
                return True
    return False


def test_documents_are_accepted_or_said_to_be_refusable() -> None:
    """What the checker refuses is said to be refusable, and most of what is said to be is refused."""
    refused = {vector["id"] for vector, line in zip(ALL, LINES, strict=True) if is_refused(vector, line)}
    refusable = {vector["id"] for vector in ALL if "refusable" in vector}
    assert refused <= refusable
    assert len(refused) > len(refusable) / 2


# --- the reference ----------------------------------------------------------------------------------------------------


def test_reference_agrees() -> None:
    """The reference decides every vector as expected: decision, layer, determining statement, unknown keys."""
    wrong = []
    for vector in ALL:
        decision = decide_vector(vector)
        place = decision.determining
        got = (
            decision.effect,
            decision.layer,
            [place.document, place.statement] if place else None,
            sorted(decision.unknown_keys),
        )
        reason = vector.get("expect_reason", {})
        expected = (
            vector["expect"],
            reason.get("layer"),
            reason.get("statement"),
            vector.get("expect_unknown", []),
        )
        if got != expected:
            wrong.append((vector["id"], expected, got))
    assert not wrong, wrong[:20]


# --- the engine -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results() -> list[VectorResult]:
    """Return what the engine answers to every vector."""
    return list(run_vectors(LINES, "conformance"))


def members_of(vector: dict[str, Any]) -> set[str]:
    """Return which members a vector makes use of, those with the most usual contents left out."""
    request = vector["request"]
    members = set(vector["policies"]) | set(vector) & {"ec2"} | set(request) & {"facts"}
    if not re.fullmatch(r"arn:aws:(iam::[0-9]+:(user/.+|root)|sts::[0-9]+:assumed-role/.+)", request["principal"]):
        members.add("principal")
    if f":{request['resource_account']}:" not in request["principal"]:
        members.add("resource_account")
    return members


def statement_of(vector: dict[str, Any], result: VectorResult) -> list[int] | None:
    """Return the determining statement that the engine names, as a vector would."""
    if result.outcome is None or not result.outcome.statements:
        return None
    path = re.fullmatch(
        r"\$\.policies\.([a-z]+)((?:\[[0-9]+\])*)\.Statement(?:\[([0-9]+)\])?",
        str(result.outcome.statements[0]["path"]),
    )
    assert path is not None, vector["id"]
    indexes = [int(text) for text in re.findall("[0-9]+", path[2])]
    if len(indexes) == 2:  # documents of all levels are numbered through
        levels = vector["policies"][path[1]]
        indexes = [sum(len(level) for level in levels[: indexes[0]]) + indexes[1]]
    return [*(indexes or [0]), int(path[3] or 0)]


def test_engine_decides_as_expected(results: list[VectorResult]) -> None:
    """The engine decides every vector as expected, or refuses documents that may be refused."""
    wrong = []
    for vector, result in zip(ALL, results, strict=True):
        if result.outcome is None:
            is_refusal = "refusable" in vector and re.search(r"\[GW[0-9]{3}\]", str(result.error)) is not None
            if not is_refusal:
                wrong.append(str(result))
        elif not result.is_ok:
            wrong.append(str(result))
    assert not wrong, wrong[:20]


def test_engine_names_layer_and_statement(results: list[VectorResult]) -> None:
    """Where the engine decides, it names the layer, the determining statement and the keys that the vector names."""
    wrong = []
    for vector, result in zip(ALL, results, strict=True):
        outcome, reason = result.outcome, vector.get("expect_reason", {})
        if outcome is None:
            continue
        got = (outcome.layer, statement_of(vector, result), sorted(outcome.unknown_keys))
        expected = (reason.get("layer"), reason.get("statement"), vector.get("expect_unknown", []))
        if got != expected:
            wrong.append((vector["id"], expected, got))
    assert not wrong, wrong[:20]


def is_of_the_caller_alone(vector: dict[str, Any]) -> bool:
    """Tell whether a vector has policies of the caller's side only, and a resource of no kind of its own."""
    facts = vector["request"].get("facts", {})
    return vector["policies"].keys() <= CALLERS_OWN and "ec2" not in vector and "resource_kind" not in facts


def decide_without_an_entry(vector: Vector) -> Outcome:
    """Decide a vector by a table that knows nothing of the resource."""
    policy_set = replace(vector.policy_set, resources=())
    return decide_compiled(replace(vector, policy_set=policy_set, target=Target(vector.target.account)))


def test_engine_needs_no_entry_for_the_resource(results: list[VectorResult]) -> None:
    """Under policies of the caller alone it decides alike, be there an entry without a policy or none (R130)."""
    chosen = [place for place, vector in enumerate(ALL) if is_of_the_caller_alone(vector)]
    again = run_vectors((LINES[place] for place in chosen), "conformance", decide=decide_without_an_entry)
    wrong = [
        (results[place].id, results[place].outcome, result.outcome)
        for place, result in zip(chosen, again, strict=True)
        if results[place].outcome != result.outcome
    ]
    assert len(chosen) > 9_000
    assert not wrong, wrong[:20]


def test_engine_decides_most(results: list[VectorResult]) -> None:
    """Vectors are really decided, with each of the decisions."""
    decided = Counter(result.expect for result in results if result.is_ok)
    assert decided.total() > 9_000
    assert decided.keys() == {"allow", "explicit_deny", "implicit_deny", "unknown"}
