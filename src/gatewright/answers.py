"""Answers -> what ``gatewright authorize`` prints: text, or JSON values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatewright.runtime import Decision, Explanation, StatementInfo, Truth

if TYPE_CHECKING:
    from gatewright.compiler.source import Source
    from gatewright.runtime.authorizer import StatementTrace
    from gatewright.terminal import Terminal

Sources = Mapping[str, "Source"]

WORDS = {
    Decision.ALLOW: ("allowed", "bold green"),
    Decision.EXPLICIT_DENY: ("explicitly denied", "bold red"),
    Decision.IMPLICIT_DENY: ("implicitly denied", "bold red"),
    Decision.UNKNOWN: ("unknown", "bold yellow"),
}
MISSING = {
    "identity": "no identity policy allows it",
    "boundary": "an identity policy allows it, the permissions boundary does not",
    "session": "no session policy allows it",
    "scp": "no service control policy of some level allows it",
    "vpc-endpoint": "the policy of a VPC endpoint on the way does not allow it",
    "resource": "the policy of the resource does not grant it, and it has to",
    "trust": "the role's trust policy does not let the caller in",
    "ec2-attribute": "the image or a snapshot is not shared with the caller's account",
    "authentication": "it is refused before policies are read: such a caller may not make this call",
}
"""By the kind of policy that allows nothing: the first of them, in the order of R150."""
KINDS = {
    "session": "a session policy",
    "scp": "a service control policy",
    "rcp": "a resource control policy",
    "vpc-endpoint": "a VPC endpoint policy",
    "resource": "a resource policy",
    "trust": "a trust policy",
    "ec2-attribute": "what the owner permits",
}
"""What a policy is, behind its name; identity policies and boundaries go without."""
TRUTHS = {Truth.FALSE: "no", Truth.UNSURE: "unknown", Truth.TRUE: "yes"}
LONGEST = 200  # characters of a value that are shown; it may be megabytes long
STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def write_answer(explanation: Explanation, what: str, sources: Sources, is_full: bool, terminal: Terminal) -> None:
    """Write the decision and what it rests on; with ``is_full`` every statement that was considered."""
    answer = explanation.answer
    terminal.say(WORDS[answer.decision], f": {what}")
    for statement in answer.statements:
        terminal.say("  by ", _describe(statement, sources))
    if not answer.statements:
        terminal.say("  ", _reason(explanation))
    if is_full:
        _write_traces(explanation, sources, terminal)


def _write_traces(explanation: Explanation, sources: Sources, terminal: Terminal) -> None:
    terminal.say("")
    for trace in explanation.statements:
        verdict = {Truth.FALSE: "does not apply", Truth.UNSURE: "may apply", Truth.TRUE: "applies"}[trace.truth]
        style = {Truth.FALSE: "dim", Truth.UNSURE: "yellow", Truth.TRUE: "bold"}[trace.truth]
        terminal.say((verdict, style), f": {_describe(trace.statement, sources)}")
        for test in trace.tests:
            values = ", ".join(f"`{_cut(value)}`" for value in test.values[:8])
            more = f", ... ({len(test.values)} in all)" if len(test.values) > 8 else ""
            key = f" `{test.key}`" if test.key else ""
            terminal.say(f"  {TRUTHS[test.truth]:7}  {test.name}{key}: {values}{more}")
    if not explanation.statements:
        terminal.say("no statement was considered")


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 3]}..."


def _reason(explanation: Explanation) -> str:
    """Say why no statement determined the decision."""
    answer = explanation.answer
    if answer.decision is Decision.UNKNOWN and not answer.unknown_keys:
        return "a pattern with variables would take too long to match, so nothing is decided"
    if answer.decision is Decision.UNKNOWN:
        return f"it depends on {', '.join(f'`{key}`' for key in answer.unknown_keys)}"
    if answer.decision is Decision.ALLOW:
        return "no statement is needed: the root user of an account, or an action that takes no permission"
    return MISSING[explanation.missing or "identity"]


def _describe(statement: StatementInfo, sources: Sources) -> str:
    name = f"`{statement.sid}`" if statement.sid else f"{statement.position + 1}"
    policy = f"boundary {statement.policy}" if statement.kind == "boundary" else statement.policy
    kind = KINDS.get(statement.kind, "")
    if kind and not policy.endswith(kind.removeprefix("a ")):
        policy = f"{policy}, {kind}"
    return f"{statement.effect} statement {name} of {policy} ({_place(statement, sources)})"


def _place(statement: StatementInfo, sources: Sources) -> str:
    """Return ``file:line:column`` where the text is at hand, else the file and the place in it."""
    source = sources.get(statement.source)
    if source is None:
        return f"{statement.source} {statement.path}"
    steps = [int(index) if index else name for name, index in STEP.findall(statement.path)]
    span = source.locate(tuple(steps))
    return f"{statement.source}:{span.line}:{span.column}"


def answer_members(explanation: Explanation, sources: Sources, is_full: bool) -> dict[str, object]:
    """Return an answer as JSON values."""
    answer = explanation.answer
    members: dict[str, object] = {
        "decision": answer.decision.name.lower(),
        "allowed": answer.allowed,
        "statements": [_statement_members(statement, sources) for statement in answer.statements],
        "unknown_keys": list(answer.unknown_keys),
        "missing": explanation.missing,
    }
    if not answer.statements:
        members["reason"] = _reason(explanation)
    if is_full:
        members["considered"] = [_trace_members(trace, sources) for trace in explanation.statements]
    return members


def _statement_members(statement: StatementInfo, sources: Sources) -> dict[str, object]:
    return {
        "policy": statement.policy,
        "kind": statement.kind,
        "effect": statement.effect,
        "sid": statement.sid,
        "source": statement.source,
        "path": statement.path,
        "place": _place(statement, sources),
    }


def _trace_members(trace: StatementTrace, sources: Sources) -> dict[str, object]:
    tests = [
        {"name": test.name, "key": test.key, "values": list(test.values), "truth": test.truth.name.lower()}
        for test in trace.tests
    ]
    return {
        "statement": _statement_members(trace.statement, sources),
        "truth": trace.truth.name.lower(),
        "tests": tests,
    }
