"""The engine against the reference: the same decision, the same determining statement, the same unknown keys."""

from __future__ import annotations

from engine import ask_engine, ask_engine_in_batch, ask_reference, compile_world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Request, World, documents, requests, untyped_documents, untyped_requests, worlds

import gatewright as gw


def compare(world: World, authorizer: gw.Authorizer, asked: list[Request]) -> None:
    """Compare the engine's answers, one by one and in a batch, with the reference's."""
    expected = [ask_reference(world, request) for request in asked]
    for request, answer in zip(asked, expected, strict=True):
        assert ask_engine(authorizer, request) == answer
    assert ask_engine_in_batch(authorizer, asked) == expected


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.lists(requests(), min_size=1, max_size=8))
def test_engine_agrees_with_reference(world: World, asked: list[Request]) -> None:
    """Legal documents compile, and every request is decided as the reference decides it."""
    compare(world, compile_world(world), asked)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(documents(variables=True)), st.lists(requests(), min_size=1, max_size=8))
def test_variables_agree_with_reference(world: World, asked: list[Request]) -> None:
    """Documents with variables agree with the reference where they are evaluated (R100 to R111, R192)."""
    compare(world, compile_world(world), asked)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(untyped_documents()), st.lists(untyped_requests(), min_size=1, max_size=8))
def test_engine_agrees_on_any_text(world: World, asked: list[Request]) -> None:
    """Any text in a document is refused with findings or means what the reference says, for any text in a request."""
    try:
        authorizer = compile_world(world)
    except gw.PolicyError as error:
        assert error.findings
        return
    compare(world, authorizer, asked)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.lists(requests(), min_size=1, max_size=4), st.integers(0, 40))
def test_batch_of_any_length_agrees(world: World, asked: list[Request], n: int) -> None:
    """A batch answers request for request, whatever its length, also none."""
    authorizer = compile_world(world)
    batch = [asked[i % len(asked)] for i in range(n)]
    assert ask_engine_in_batch(authorizer, batch) == [ask_reference(world, request) for request in batch]
