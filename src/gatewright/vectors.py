"""Decision vectors -> results: compile each vector's documents, decide its request, compare.

A vector is one JSON object on a line: policies, a request, the expected decision (docs/language.md, section
"Vectors").  A vector that needs what is not evaluated yet is an error with the reason, never skipped.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, TextIO, TypeGuard, TypeVar

from gatewright.compiler.errors import PolicyError, Severity
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import JsonNumber, Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import Authorization, Authorizer
from gatewright.runtime.requests import merge_contexts

LONGEST_LINE = 4 << 20
"""Bytes of the longest line that is read; the longest real vectors have some 10 KiB."""

DECISIONS = ("allow", "explicit_deny", "implicit_deny", "unknown")

NOT_EVALUATED = {
    "resource": "resource-based policies are",
    "rcps": "resource control policies are",
    "vpce": "VPC endpoint policies are",
}
"""Members of ``policies`` that no decision takes into account so far."""

FACTS = ("role_arn", "principal_in_management_account", "service_linked_role")
"""Facts that are taken into account; the last two exempt the caller from service control policies (R134)."""

PRINCIPAL = re.compile(
    r"arn:(?P<partition>[^:]*):(?:iam::(?P<account>[0-9]{12}):(?:(?P<root>root)|user/.+)"
    r"|sts::(?P<session_account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+)",
    re.DOTALL,
)

Context = Mapping[str, str | list[str] | None]
Kind = TypeVar("Kind")


class VectorError(Exception):
    """A vector that cannot be run, with the reason."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector: documents in the text of its line, a request, the expected decision.

    A vector without authorizations of its own has one, for its resource; ``expect_unknown`` is None where the vector
    does not name the keys that would settle the decision.
    """

    source: Source
    id: str
    rule: str
    why: str
    is_certain: bool
    documents: tuple[Document, ...]
    principal: Principal
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
        Ill-formed, or in need of what is not evaluated yet; the text says which.
    """
    value = source.value
    if not isinstance(value, dict):
        raise VectorError("the line is not a JSON object; a vector has policies, request and expect")
    policies = _member(value, "policies", dict)
    request = _member(value, "request", dict)
    expect = _member(value, "expect", str)
    if expect not in DECISIONS:
        raise VectorError(f"`expect` is `{expect}`; it can be {', '.join(DECISIONS)}")
    for member, what in NOT_EVALUATED.items():
        if policies.get(member) is not None:
            raise VectorError(f"{what} not evaluated yet")
    if "ec2" in value:
        raise VectorError("EC2 attributes are not evaluated yet")
    facts = _member(request, "facts", dict, {})
    for fact in facts:
        if fact not in FACTS:
            raise VectorError(f"the fact `{fact}` is not evaluated yet")
    principal_text = _member(request, "principal", str)
    is_exempt = bool(facts.get("principal_in_management_account") or facts.get("service_linked_role"))
    documents, principal = _principal(source, policies, principal_text, facts.get("role_arn"), is_exempt)
    if _member(request, "resource_account", str, "") not in ("", _account(principal.arn)):
        raise VectorError("requests across accounts are not evaluated yet")
    resource = request.get("resource")
    if resource is not None and not _is_text(resource):
        raise VectorError("`resource` is not a text")
    expect_unknown = value.get("expect_unknown")
    return Vector(
        source=source,
        id=_member(value, "id", str),
        rule=_member(value, "rule", str, ""),
        why=_member(value, "why", str, ""),
        is_certain=value.get("certain") is not False,
        documents=tuple(documents),
        principal=principal,
        action=_member(request, "action", str),
        authorizations=_authorizations(request, resource),
        context=_context(_member(request, "context", dict, {})),
        unknown=_names(request.get("unknown"), "unknown"),
        expect=expect,
        expect_unknown=None
        if expect_unknown is None
        else frozenset(name.lower() for name in _names(expect_unknown, "expect_unknown")),
    )


def _member(value: Mapping[str, object], name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
    member = value.get(name, default)
    if member is None:
        raise VectorError(f"`{name}` is missing; a decision vector needs policies, request and expect")
    if not isinstance(member, kind) or isinstance(member, JsonNumber):
        what: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}
        raise VectorError(f"`{name}` is not {what[kind]}")
    return member


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, JsonNumber)


def _names(value: object, name: str) -> tuple[str, ...]:
    names = [] if value is None else value
    if not isinstance(names, list) or not all(_is_text(item) for item in names):
        raise VectorError(f"`{name}` is not a list of key names")
    return tuple(names)


def _context(value: Mapping[str, object]) -> Context:
    context: dict[str, str | list[str] | None] = {}
    for key, item in value.items():
        if _is_text(item):
            context[key] = item
        elif isinstance(item, list) and all(_is_text(text) for text in item):
            context[key] = item
        else:
            raise VectorError(f"the context key `{key}` is neither a text nor a list of texts")
    return context


def _authorizations(request: Mapping[str, object], resource: str | None) -> tuple[Authorization, ...]:
    """Return what the call needs; an authorization says what differs from the request."""
    found = []
    for item in _member(request, "authorizations", list, []):
        if not isinstance(item, dict):
            raise VectorError("an entry of `authorizations` is not an object")
        own_resource = item.get("resource", resource)
        action = item.get("action")
        if not (own_resource is None or _is_text(own_resource)) or not (action is None or _is_text(action)):
            raise VectorError("`resource` or `action` of an authorization is not a text")
        found.append(Authorization(own_resource, _context(_member(item, "context", dict, {})), action))
    return tuple(found) or (Authorization(resource),)


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _principal(
    source: Source, policies: Mapping[str, object], text: str, role_arn: object, is_exempt: bool
) -> tuple[list[Document], Principal]:
    """Return the documents and the principal whose policies decide: a session is judged as its role (R56)."""
    match = PRINCIPAL.fullmatch(text)
    if match is None:
        raise VectorError(f"the principal `{text}` is not evaluated yet; users, role sessions and root users are")
    documents: list[Document] = []

    def add(kind: PolicyKind, *paths: tuple[str | int, ...]) -> tuple[int, ...]:
        first = len(documents)
        documents.extend(Document(" ".join(map(str, path)), kind, source, ("policies", *path)) for path in paths)
        return tuple(range(first, len(documents)))

    identity_count = len(_member(policies, "identity", list))
    identity = add(PolicyKind.IDENTITY, *(("identity", index) for index in range(identity_count)))
    boundary = None if policies.get("boundary") is None else add(PolicyKind.BOUNDARY, ("boundary",))[0]
    session = policies.get("session")
    session_paths: list[tuple[str | int, ...]] = [("session",)] if isinstance(session, dict) else []
    if session is not None and not session_paths:
        session_paths = [("session", index) for index in range(len(_member(policies, "session", list)))]
    passed = add(PolicyKind.SESSION, *session_paths) if session_paths else None
    scps = None
    if policies.get("scps") is not None:
        levels = _member(policies, "scps", list)
        if not all(isinstance(level, list) for level in levels):
            raise VectorError("`scps` is not a list of levels, each a list of documents")
        scps = tuple(
            add(PolicyKind.SCP, *(("scps", number, index) for index in range(len(level))))
            for number, level in enumerate(levels)
        )
    if is_exempt:
        scps = None
    if match["root"]:
        return documents, Principal(text, PrincipalKind.ROOT, (), session=passed, scps=scps)
    if not match["role"]:
        return documents, Principal(text, PrincipalKind.USER, identity, boundary, scps=scps)
    arn = f"arn:{match['partition']}:iam::{match['session_account']}:role/{match['role']}"
    if role_arn is not None:
        if not _is_text(role_arn) or role_arn.count(":") != 5:
            raise VectorError("`role_arn` is not a role's ARN")
        arn = role_arn
    return documents, Principal(arn, PrincipalKind.ROLE, identity, boundary, passed, scps)


def decide_compiled(vector: Vector) -> Outcome:
    """Compile a vector's documents and let the kernel decide its request.

    Raises
    ------
    PolicyError
        The documents are refused.
    """
    import gatewright  # here, since a caller that decides vectors in another way needs no engine

    authorizer = Authorizer(gatewright.compile(PolicySet(vector.documents, (vector.principal,))))
    answer = authorizer.authorize_call(
        vector.principal.arn, vector.action, vector.authorizations, vector.context, unknown=vector.unknown
    )
    deciding = vector.authorizations[answer.deciding]
    explanation = authorizer.explain(
        vector.principal.arn,
        deciding.action or vector.action,
        deciding.resource,
        merge_contexts(vector.context, deciding.context),
        unknown=vector.unknown,
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
