"""Decisions against the log, and against the decisions of a proposed store."""

from __future__ import annotations

from enum import StrEnum

from .outcome import Outcome, Recorded


class Decision(StrEnum):
    """Decisions in the order of their numbers in the engine: 0, 1, 2, 3."""

    IMPLICIT_DENY = "implicit-deny"
    ALLOW = "allow"
    EXPLICIT_DENY = "explicit-deny"
    UNKNOWN = "unknown"


DECISIONS = tuple(Decision)


class Change(StrEnum):
    """How access changes under the proposed store (the classes of Google's policy simulator)."""

    UNCHANGED = "unchanged"
    REVOKED = "access revoked"
    GAINED = "access gained"
    MAYBE_REVOKED = "maybe revoked"
    MAYBE_GAINED = "maybe gained"
    UNKNOWN = "unknown"


# Now (rows) and proposed (columns); the two kinds of denial are the same access.
_NO, _YES, _OPEN = 0, 1, 2
_STATE = {Decision.IMPLICIT_DENY: _NO, Decision.EXPLICIT_DENY: _NO, Decision.ALLOW: _YES, Decision.UNKNOWN: _OPEN}
_CHANGES = (
    # no                    yes                     open
    (Change.UNCHANGED, Change.GAINED, Change.MAYBE_GAINED),  # no
    (Change.REVOKED, Change.UNCHANGED, Change.MAYBE_REVOKED),  # yes
    (Change.MAYBE_REVOKED, Change.MAYBE_GAINED, Change.UNKNOWN),  # open
)


def change_of(now: Decision, proposed: Decision) -> Change:
    """Return the class of change between two decisions of one event."""
    return _CHANGES[_STATE[now]][_STATE[proposed]]


class Agreement(StrEnum):
    """How a decision stands to what the log recorded."""

    AGREES = "agrees"
    ALLOWED_BUT_DENIED = "decided allow, recorded denied"
    DENIED_BUT_ALLOWED = "decided deny, recorded allowed"
    OTHER_POLICY = "decided allow, denied by a policy that is not in the store"
    UNDECIDED = "undecided"
    NOT_TOLD = "outcome not told"


# Kinds of policy that every store has, if only by having none.
IN_EVERY_STORE = frozenset({"identity", "boundary"})


def agreement_of(decision: Decision, recorded: Recorded, kinds_in_store: frozenset[str] = IN_EVERY_STORE) -> Agreement:
    """Compare a decision with the recorded outcome; a denial by a kind that is not in the store is no contradiction."""
    if recorded.outcome is Outcome.NOT_TOLD:
        return Agreement.NOT_TOLD
    if decision is Decision.UNKNOWN:
        return Agreement.UNDECIDED
    if (decision is Decision.ALLOW) == (recorded.outcome is Outcome.ALLOWED):
        return Agreement.AGREES
    if recorded.outcome is Outcome.ALLOWED:
        return Agreement.DENIED_BUT_ALLOWED
    if recorded.layer is not None and recorded.layer not in kinds_in_store:
        return Agreement.OTHER_POLICY
    return Agreement.ALLOWED_BUT_DENIED


_WEIGHT = {Decision.EXPLICIT_DENY: 0, Decision.IMPLICIT_DENY: 1, Decision.UNKNOWN: 2, Decision.ALLOW: 3}


def combine(decisions: list[Decision]) -> int:
    """Return the index of the decision that decides a call of several authorizations.

    A call is denied if one of them is, else unknown if one is, else allowed; of equals the first counts.
    """
    if len(decisions) == 1:
        return 0
    return min(range(len(decisions)), key=lambda index: _WEIGHT[decisions[index]])
