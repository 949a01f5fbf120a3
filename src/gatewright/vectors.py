"""Decision vectors -> results: compile each vector's documents, decide its request, compare.

A vector is one JSON object on a line: policies, a request, the expected decision (docs/language.md, section
"Vectors").  A vector that cannot be run is an error with the reason, never skipped.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from gatewright.compiler.diagnostics import raise_severity
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.policyset import PolicySet
from gatewright.compiler.source import Source
from gatewright.runtime import Authorization, Authorizer, RequestError, Table, Target
from gatewright.runtime.requests import merge_contexts
from gatewright.vector_ec2 import sharing_context
from gatewright.vector_members import (
    VectorError,
    check_facts,
    check_names,
    is_text,
    member_of,
    optional_account,
    optional_member,
)
from gatewright.vector_policies import NO_ACCOUNT, THE_RESOURCE, account_of, read_policies

LONGEST_LINE = 4 << 20
"""Bytes of the longest line that is read; the longest real vectors have some 10 KiB."""

DECISIONS = ("allow", "explicit_deny", "implicit_deny", "unknown")

BAD_CREDENTIALS = ("expired", "invalid-signature", "missing-token")
"""Callers that are refused before any policy is read (R162); who the others are has been verified."""

REQUEST = ("principal", "action", "resource", "resource_account", "context", "unknown", "facts", "authorizations")

Context = Mapping[str, str | list[str] | None]


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector: documents in the text of its line, a request, the expected decision.

    ``principal`` is who calls; ``has_bad_credentials`` tells that it is refused before policies are read.  A vector
    without authorizations of its own has one, for its resource; ``expect_unknown`` is None where the vector does not
    name the keys that would settle the decision.
    """

    source: Source
    id: str
    rule: str
    why: str
    is_certain: bool
    policy_set: PolicySet
    principal: str
    target: Target
    has_bad_credentials: bool
    action: str
    authorizations: tuple[Authorization, ...]
    context: Context
    unknown: tuple[str, ...]
    expect: str
    expect_unknown: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine answers to a vector: the decision, and the statements that determined it."""

    decision: str
    layer: str | None = None
    statements: tuple[Mapping[str, object], ...] = ()
    unknown_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VectorResult:
    """One vector's result; ``outcome`` is None exactly if there is an ``error``."""

    place: str
    id: str | None
    why: str
    is_certain: bool
    expect: str | None
    outcome: Outcome | None
    is_ok: bool
    error: str | None = None

    def to_json(self) -> str:
        """Return the result as one line of JSON."""
        outcome = self.outcome
        return json.dumps(
            {
                "id": self.id,
                "expect": self.expect,
                "got": outcome.decision if outcome else None,
                "ok": self.is_ok,
                "layer": outcome.layer if outcome else None,
                "statements": list(outcome.statements) if outcome else [],
                "error": self.error,
            }
        )

    def __str__(self) -> str:
        name = f"{self.place}: {self.id}" if self.id else self.place
        if self.outcome is None:
            return f"{name}: error: {self.error}"
        keys = f", settled by {', '.join(sorted(self.outcome.unknown_keys))}" if self.outcome.unknown_keys else ""
        return f"{name}: expected {self.expect}, got {self.outcome.decision}{keys} ({self.why})"


def run_test(
    paths: Sequence[str],
    *,
    as_json: bool,
    out: TextIO,
    err: TextIO,
    decide: Callable[[Vector], Outcome] | None = None,
) -> int:
    """Run the vectors of some files; ``-`` is standard input.

    Returns
    -------
    int
        0 if every vector is as expected; 1 if one is not, cannot be run, or there is none at all; 2 if a file cannot be
        read.
    """
    counts: Counter[str] = Counter()
    for path in paths:
        try:
            with _open(path) as file:
                for result in run_vectors(_lines(file), "<stdin>" if path == "-" else path, decide=decide):
                    counts[_outcome_of(result)] += 1
                    if as_json:
                        print(result.to_json(), file=out)
                    elif not result.is_ok:
                        print(result, file=out)
        except BrokenPipeError:
            raise  # nobody reads the results: not the file's fault
        except OSError as error:
            counts["unreadable"] += 1
            print(f"{path}: error: cannot read the file; {(error.strerror or 'unreadable').lower()}", file=err)
    print(_summary(counts), file=err)
    if counts["unreadable"]:
        return 2
    return 0 if counts["ok"] + counts["uncertain ok"] == counts.total() > 0 else 1


def run_vectors(
    lines: Iterable[str | bytes], name: str = "<vectors>", *, decide: Callable[[Vector], Outcome] | None = None
) -> Iterator[VectorResult]:
    """Run the vectors of one file, in order; empty lines are passed over.

    Parameters
    ----------
    lines : iterable of str or bytes
        One JSON object each, bytes in UTF-8.
    name : str
        Name of the file, for messages.
    decide : callable, optional
        Decides a vector in place of the engine; raises `VectorError` where it cannot.
    """
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE or line.strip():
            yield _run_line(line, f"{name}:{number}", decide or decide_compiled)


def _run_line(line: str | bytes, place: str, decide: Callable[[Vector], Outcome]) -> VectorResult:
    value: object = None
    try:
        if len(line) > LONGEST_LINE:
            raise VectorError(f"the line is longer than {LONGEST_LINE} bytes; one vector stands on one line")
        source = Source(line, place)
        value = source.value
        vector = read_vector(source)
        outcome = decide(vector)
    except (VectorError, PolicyError) as error:
        members = value if isinstance(value, dict) else {}
        texts = {member: text for member in ("id", "why", "expect") if isinstance(text := members.get(member), str)}
        return VectorResult(
            place,
            texts.get("id"),
            texts.get("why", ""),
            members.get("certain") is not False,
            texts.get("expect"),
            None,
            False,
            _reason(error),
        )
    is_ok = outcome.decision == vector.expect
    if is_ok and vector.expect_unknown is not None:
        is_ok = outcome.unknown_keys == vector.expect_unknown
    why = f"{vector.rule}: {vector.why}"
    return VectorResult(place, vector.id, why, vector.is_certain, vector.expect, outcome, is_ok)


def _reason(error: VectorError | PolicyError) -> str:
    """Return what an error says; a finding's place is a column, since a vector is one line."""
    if isinstance(error, VectorError):
        return str(error)
    errors = [finding for finding in error.findings if finding.severity is Severity.ERROR] or list(error.findings)
    first = errors[0]
    column = f"column {first.span.column}: " if first.span else ""
    hint = f"; {first.hint}" if first.hint else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{column}{first.message}{hint} [{first.code}]{more}"


def read_vector(source: Source) -> Vector:
    """Read one vector.

    Raises
    ------
    PolicyError
        The text is not JSON.
    VectorError
        Ill-formed; the text says where.
    """
    value = source.value
    if not isinstance(value, dict):
        raise VectorError("the line is not a JSON object; a vector has policies, request and expect")
    if "expect_error" in value:
        raise VectorError("a document to be refused, no decision; `gatewright check --vectors` takes such a file")
    member_of(value, "policies", dict)
    request = member_of(value, "request", dict)
    expect = member_of(value, "expect", str)
    if expect not in DECISIONS:
        raise VectorError(f"`expect` is `{expect}`; it can be {', '.join(DECISIONS)}")
    check_names(request, REQUEST, "the member of `request`")
    facts = member_of(request, "facts", dict, {})
    check_facts(facts)
    principal = member_of(request, "principal", str)
    resource = request.get("resource")
    if resource is not None and not is_text(resource):
        raise VectorError("`resource` is not a text")
    owner = optional_account(request, "resource_account") or account_of(principal) or NO_ACCOUNT
    policy_set = read_policies(source, principal, owner, facts)
    policy = next((entry.name for entry in policy_set.resources if entry.name == THE_RESOURCE), None)
    expect_unknown = value.get("expect_unknown")
    return Vector(
        source=source,
        id=member_of(value, "id", str),
        rule=member_of(value, "rule", str, ""),
        why=member_of(value, "why", str, ""),
        is_certain=value.get("certain") is not False,
        policy_set=policy_set,
        principal=principal,
        target=Target(owner, policy, tuple(endpoint.name for endpoint in policy_set.endpoints)),
        has_bad_credentials=facts.get("credentials") in BAD_CREDENTIALS,
        action=member_of(request, "action", str),
        authorizations=_authorizations(request, resource),
        context=_context(
            {**member_of(request, "context", dict, {}), **sharing_context(optional_member(value, "ec2", dict) or {})}
        ),
        unknown=_names(request.get("unknown"), "unknown"),
        expect=expect,
        expect_unknown=None
        if expect_unknown is None
        else frozenset(name.lower() for name in _names(expect_unknown, "expect_unknown")),
    )


def _names(value: object, name: str) -> tuple[str, ...]:
    names = [] if value is None else value
    if not isinstance(names, list) or not all(is_text(item) for item in names):
        raise VectorError(f"`{name}` is not a list of key names")
    return tuple(names)


def _context(value: Mapping[str, object]) -> Context:
    context: dict[str, str | list[str] | None] = {}
    for key, item in value.items():
        if is_text(item):
            context[key] = item
        elif isinstance(item, list) and all(is_text(text) for text in item):
            context[key] = item
        else:
            raise VectorError(f"the context key `{key}` is neither a text nor a list of texts")
    return context


def _authorizations(request: Mapping[str, object], resource: str | None) -> tuple[Authorization, ...]:
    """Return what the call needs; an authorization says what differs from the request."""
    found = []
    for item in member_of(request, "authorizations", list, []):
        if not isinstance(item, dict):
            raise VectorError("an entry of `authorizations` is not an object")
        check_names(item, ("resource", "context", "action"), "the member of an authorization")
        own_resource = item.get("resource", resource)
        action = item.get("action")
        if not (own_resource is None or is_text(own_resource)) or not (action is None or is_text(action)):
            raise VectorError("`resource` or `action` of an authorization is not a text")
        found.append(Authorization(own_resource, _context(member_of(item, "context", dict, {})), action))
    return tuple(found) or (Authorization(resource),)


def decide_compiled(vector: Vector) -> Outcome:
    """Compile a vector's documents and let the kernel decide its request.

    Raises
    ------
    PolicyError
        The documents are refused.
    VectorError
        The request is refused.
    """
    if vector.has_bad_credentials:
        return Outcome("implicit_deny", "authentication")
    authorizer = Authorizer(_compile(vector.policy_set))
    try:
        return _ask(authorizer, vector)
    except RequestError as error:
        raise VectorError(str(error)) from None


def _ask(authorizer: Authorizer, vector: Vector) -> Outcome:
    answer = authorizer.authorize_call(
        vector.principal,
        vector.action,
        vector.authorizations,
        vector.context,
        unknown=vector.unknown,
        target=vector.target,
    )
    deciding = vector.authorizations[answer.deciding]
    explanation = authorizer.explain(
        vector.principal,
        vector.action if deciding.action is None else deciding.action,
        deciding.resource,
        merge_contexts(vector.context, deciding.context),
        unknown=vector.unknown,
        target=vector.target,
    )
    statements = tuple(
        {
            "policy": statement.policy,
            "kind": statement.kind,
            "effect": statement.effect,
            "sid": statement.sid,
            "path": statement.path,
        }
        for statement in explanation.answer.statements
    )
    return Outcome(
        answer.decision.name.lower(),
        str(statements[0]["kind"]) if statements else explanation.missing,
        statements,
        frozenset(answer.unknown_keys),
    )


def _compile(policy_set: PolicySet) -> Table:
    """Compile documents in which values may be ill-formed: vectors tell what such a value comes to (R90)."""
    from gatewright.compiler import compile_policies  # here: a caller that decides in another way needs no engine
    from gatewright.compiler.check import check_document

    policies = {}
    findings: list[Finding] = []
    for document in policy_set.documents:
        policy, found = check_document(document, keeps_ill_formed=True)
        findings.extend(found)
        if policy is not None:
            policies[document] = policy
    if len(policies) < len(policy_set.documents):
        raise PolicyError(raise_severity(findings))
    return compile_policies(policy_set, policies=policies)


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Return the lines; of one that is too long only so much that `_parse` sees it."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)


def _outcome_of(result: VectorResult) -> str:
    outcome = "ok" if result.is_ok else "error" if result.outcome is None else "mismatch"
    return outcome if result.is_certain else f"uncertain {outcome}"


def _summary(counts: Counter[str]) -> str:
    uncertain = sum(count for outcome, count in counts.items() if outcome.startswith("uncertain"))
    vectors = counts.total() - counts["unreadable"]
    text = f"{vectors} vectors: {counts['ok']} ok, {counts['mismatch']} mismatches, {counts['error']} errors"
    if uncertain:
        text += (
            f"; {uncertain} of them uncertain: {counts['uncertain ok']} ok, "
            f"{counts['uncertain mismatch']} mismatches, {counts['uncertain error']} errors"
        )
    if counts["unreadable"]:
        text += f"; {counts['unreadable']} files not read"
    return text
