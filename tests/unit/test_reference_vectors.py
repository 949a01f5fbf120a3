"""The reference decides every decision vector, and stays consistent when a key or the resource is unknown."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import reference
from reference import Place
from reference_kinds import decide_vector

from gatewright.compiler.source import Source
from gatewright.vectors import read_vector

VECTORS = Path(__file__).parents[1] / "vectors"

# Vectors marked uncertain with which the reference disagrees, and why.
DELIBERATE = {
    "VA-057": "the other values of a list count beside one whose variable has no value, as in a Resource list (R104)",
    "CM-069": "ForAnyValue asks for a value, with IfExists too (R77)",
    "RB-063": "ForAnyValue asks for a value, with IfExists too (R77)",
}


def lines() -> list[str]:
    """Return the lines of all files of decision vectors."""
    return [
        line
        for file in sorted(VECTORS.glob("[0-9]*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


ALL = [json.loads(line) for line in lines()]


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """The reference decides as the vector expects, in the layer that it names; or deliberately otherwise."""
    decision = decide_vector(vector)
    if vector["id"] in DELIBERATE:
        assert vector["certain"] is False
        assert decision.effect != vector["expect"]
        return
    assert decision.effect == vector["expect"], vector["why"]
    layer = vector.get("expect_reason", {}).get("layer")
    assert layer is None or decision.layer == layer, vector["why"]
    assert decision.unknown_keys == frozenset(vector.get("expect_unknown", ()))


def test_vectors_are_there() -> None:
    """The parametrized tests run over the whole set, and it names every layer that can be missing or deny."""
    assert len(ALL) > 1300
    assert {vector["expect"] for vector in ALL} >= {"allow", "explicit_deny", "implicit_deny"}
    layers = {vector.get("expect_reason", {}).get("layer") for vector in ALL}
    assert layers >= {"authentication", "identity", "resource", "boundary", "session", "scp", "trust", "ec2-attribute"}


def test_every_denial_names_its_layer() -> None:
    """A denial names its layer, an explicit one its Deny, an allow an Allow if a statement made it (R147)."""
    for vector in ALL:
        decision = decide_vector(vector)
        place = decision.determining
        if decision.effect == "implicit_deny":
            assert decision.layer is not None and place is None, vector["id"]
        else:
            assert decision.effect != "explicit_deny" or place is not None, vector["id"]
            assert decision.layer == (place.layer if place else None), vector["id"]
        if place is not None:
            effect = "Allow" if decision.effect == "allow" else "Deny"
            assert statement_at(vector["policies"], place)["Effect"] == effect, vector["id"]


def statement_at(policies: dict[str, Any], place: Place) -> Mapping[str, Any]:
    """Return the statement at a place."""
    member = {"trust": "resource", "scp": "scps", "rcp": "rcps", "vpc-endpoint": "vpce"}.get(place.layer, place.layer)
    documents = policies[member]
    if member in ("scps", "rcps"):
        documents = [document for level in documents for document in level]
    document = documents[place.document] if isinstance(documents, list) else documents
    return reference.statements_of(document)[place.statement]


def test_both_ways_of_deciding_agree() -> None:
    """Where identity policies and a boundary are all there is, `decide` of the reference says the same."""
    count = 0
    for vector in ALL:
        given, request = vector["policies"], vector["request"]
        others = [given.get(name) for name in ("resource", "session", "scps", "rcps", "vpce")]
        if (
            any(others)
            or given.get("scps") == []
            or "authorizations" in request
            or "facts" in request
            or "ec2" in vector
        ):
            continue
        principal = request["principal"]
        if ":user/" not in principal or request["resource_account"] != principal.split(":")[4]:
            continue
        count += 1
        asked = (principal, request["action"], request["resource"], request["context"], request.get("unknown", ()))
        narrow, wide = reference.decide(given["identity"], given.get("boundary"), *asked), decide_vector(vector)
        assert (narrow.effect, narrow.determining) == (wide.effect, wide.determining), vector["id"]
    assert count > 650


def test_every_vector_is_read() -> None:
    """No vector of the repository is refused by the reader, and its policies are all in the policy set."""
    for line in lines():
        vector = read_vector(Source(line, "vectors"))
        given = json.loads(line)["policies"]
        session = given.get("session") or []
        count = len(given["identity"]) + (len(session) if isinstance(session, list) else 1)
        count += sum(given.get(name) is not None for name in ("boundary", "resource"))
        count += sum(len(level) for name in ("scps", "rcps") for level in given.get(name) or [])
        count += len(given.get("vpce") or []) + ("ec2" in json.loads(line))
        assert len(vector.policy_set.documents) == count, vector.id


# --- unknown keys -----------------------------------------------------------------------------------------------------


def contexts(vector: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every context of a vector's request."""
    request = vector["request"]
    yield request["context"]
    for authorization in request.get("authorizations", []):
        yield authorization["context"]


def variants(vector: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Yield the vector with one key unknown, with the same key absent, and the key."""
    for key in sorted({name.lower() for context in contexts(vector) for name in context}):
        absent = copy.deepcopy(vector)
        for context in contexts(absent):
            for name in [name for name in context if name.lower() == key]:
                del context[name]
        unknown = copy.deepcopy(vector)
        unknown["request"]["unknown"] = [key.upper()]
        yield unknown, absent, key


def is_resolution(answer: str, resolved: str) -> bool:
    """Tell whether what a known request is answered may follow on an answer with something unknown (R190).

    Where nothing allows, only what is known tells whether a Deny applies.
    """
    return answer == "unknown" or answer == resolved or (answer == "implicit_deny" and resolved == "explicit_deny")


def test_an_unknown_key_never_contradicts_a_resolution() -> None:
    """With a key unknown the answer is definite only if the key's value and its absence lead there (R190, R194)."""
    effects = set()
    for vector in ALL:
        known = decide_vector(vector).effect
        for unknown, absent, key in variants(vector):
            decision = decide_vector(unknown)
            effects.add(decision.effect)
            if decision.effect == "unknown":
                assert decision.unknown_keys == {key}, vector["id"]
            else:
                assert not decision.unknown_keys, vector["id"]
            for resolved in (known, decide_vector(absent).effect):
                assert is_resolution(decision.effect, resolved), (vector["id"], key)
    assert effects == {"allow", "explicit_deny", "implicit_deny", "unknown"}


def test_an_unknown_resource_never_contradicts_the_known_one() -> None:
    """With the resource unknown the answer is that for the resource, or unknown (R190)."""
    effects = set()
    for vector in ALL:
        unknown = copy.deepcopy(vector)
        for item in [unknown["request"], *unknown["request"].get("authorizations", [])]:
            item["resource"] = None
        decision = decide_vector(unknown)
        effects.add(decision.effect)
        assert is_resolution(decision.effect, decide_vector(vector).effect), vector["id"]
        if decision.effect == "unknown":
            assert "resource" in decision.unknown_keys, vector["id"]
    assert effects == {"allow", "explicit_deny", "implicit_deny", "unknown"}
