"""The differential fuzzer in small: some worlds of fixed and of fresh seeds, all reproductions, and its own parts."""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import reference
from fuzz.differential.ask_reference import Reference
from fuzz.differential.compare import DECISIONS, Difference, compare_world
from fuzz.differential.record import Round, append_round, missing_ranges, read_rounds, summarize
from fuzz.differential.run import REPRODUCTIONS, Task, compare_range, make, replay
from fuzz.differential.shrink import Shrinker
from fuzz.differential.world import KINDS, World

WORLDS = int(os.environ.get("GATEWRIGHT_FUZZ_WORLDS", "120"))
"""Worlds of each seed and generator."""
SEEDS = [1, 2, secrets.randbelow(1 << 32)]


@pytest.mark.parametrize("generator", ["typed", "untyped"])
@pytest.mark.parametrize("seed", SEEDS)
def test_engine_agrees_with_reference_on_all_paths(seed: int, generator: str) -> None:
    """Decision, determining statement, keys to settle and layer are the reference's, on every path, for every world."""
    outcome = compare_range(Task(seed, generator, KINDS, 0, WORLDS))
    assert not outcome.found, f"PYTHONPATH=tests python -m fuzz.differential --seed {seed} --minutes 1; " + "; ".join(
        f"world {number}: {difference}" for number, difference in outcome.found.values()
    )
    assert outcome.done.refused == 0
    assert outcome.done.comparisons > 400 * WORLDS


def test_every_decision_is_frequent() -> None:
    """Each decision is a tenth of all or more, and each layer decides something: the worlds are no trivial ones."""
    decisions: Counter[str] = Counter()
    layers: Counter[str | None] = Counter()
    for number in range(150):
        world = make(1, "typed", number, KINDS)
        answers = [Reference(world).answer(question) for question in world.questions]
        decisions.update(answer.decision for answer in answers)
        layers.update(answer.layer for answer in answers)
    total = sum(decisions.values())
    assert {name for name in DECISIONS if decisions[name] >= 0.1 * total} == set(DECISIONS), decisions
    assert set(layers) == {*KINDS, "authentication", None}


@pytest.mark.parametrize("path", sorted(REPRODUCTIONS.glob("*.json")), ids=lambda path: path.stem)
def test_find_stays_mended(path: Path) -> None:
    """What once differed agrees."""
    assert replay(path) == []


# --- the fuzzer itself ------------------------------------------------------------------------------------------------


def test_equal_seeds_make_equal_worlds() -> None:
    """A world is its seed's, and survives its way through JSON."""
    for generator in ("typed", "untyped"):
        world = make(3, generator, 5, KINDS)
        again = World.from_json(json.loads(json.dumps(world.to_json())))
        assert again.to_json() == world.to_json() == make(3, generator, 5, KINDS).to_json()
        assert again.to_json() != make(3, generator, 6, KINDS).to_json()
        assert again.policy_set().principals == world.principals


def test_documents_are_numbered_as_denies_are_looked_for() -> None:
    """Documents stand in the order of their kinds, in each principal's lists too, so the lowest number is the first."""
    for number in range(20):
        world = make(4, "typed", number, KINDS)
        ranks = [KINDS.index("resource" if kind == "trust" else kind) for kind, _ in world.documents]
        assert ranks == sorted(ranks)
        for principal in world.principals:
            for numbers in (principal.identity, principal.session or (), sum(principal.scps or (), ())):
                assert list(numbers) == sorted(numbers)


def test_kinds_can_be_switched_off() -> None:
    """A world holds documents of the kinds that it is made of, and no others."""
    kinds = ("identity", "scp")
    found = {kind for number in range(10) for kind, _ in make(5, "typed", number, kinds).documents}
    assert found == set(kinds)


def test_planted_difference_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that errs about one operator is caught, and the world shrinks to a statement with this operator."""
    compare = reference.compare

    def wrong(base: str, *rest: object) -> object:
        judged = compare(base, *rest)  # type: ignore[arg-type]
        return judged._replace(truth=reference.negate(judged.truth)) if base == "Bool" else judged

    monkeypatch.setattr(reference, "compare", wrong)
    for number in range(100):
        world = make(6, "typed", number, ("identity",))
        found = compare_world(world).differences
        if found:
            break
    small = Shrinker(world, found[0]).shrink()
    left = compare_world(small).differences
    assert any(difference.kind == found[0].kind for difference in left)
    assert len(small.documents) <= 2
    assert len(small.questions) <= 2
    assert "Bool" in json.dumps(small.to_json())


def test_engine_that_fails_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that raises instead of answering is a find, with the error."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no answer")

    monkeypatch.setattr("gatewright.Authorizer.explain", fail)
    [difference] = compare_world(make(1, "typed", 0, KINDS)).differences
    assert difference == Difference("failure", -1, None, "ZeroDivisionError: no answer")


def test_run_goes_on_where_the_record_ends(tmp_path: Path) -> None:
    """The ranges of worlds that the record lacks come first, those behind its end then; a cut line does not count."""
    record = tmp_path / "record.jsonl"
    kinds = ["identity"]
    for first, count in ((0, 10), (20, 10)):
        append_round(record, Round(7, "typed", kinds, first, count, {"explain": 5}, {"allow": 5}))
    with record.open("a") as file:
        file.write('{"seed": 7, "generator": "typed", "ki')
    known = read_rounds(record)
    assert [asdict(done)["first"] for done in known] == [0, 20]
    ranges = missing_ranges(known, 7, "typed", kinds, 8)
    assert [next(ranges) for _ in range(4)] == [(10, 8), (18, 2), (30, 8), (38, 8)]
    assert next(missing_ranges(known, 7, "untyped", kinds, 8)) == (0, 8)
    assert next(missing_ranges(known, 8, "typed", kinds, 8)) == (0, 8)
    assert summarize(known).startswith("10 comparisons in 20 worlds of 1 seeds")
    assert summarize([]) == "nothing is recorded"


def test_shrinking_keeps_what_is_needed() -> None:
    """Documents that are left out are left out of all who were under them, and nothing else moves."""
    world = make(8, "typed", 1, KINDS)
    last = len(world.documents) - 1
    smaller = world.without_document(0)
    assert smaller.documents == world.documents[1:]
    for before, after in zip(world.principals, smaller.principals, strict=True):
        assert after.identity == tuple(index - 1 for index in before.identity if index)
        assert after.arn == before.arn
    assert world.without_document(last).documents == world.documents[:-1]
    changed = world.with_document(last, {"Statement": []})
    assert replace(changed, documents=world.documents) == world
