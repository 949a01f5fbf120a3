"""A world in which an answer differs -> a small one in which it still does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from reference import Others, statements_of

from .compare import Difference, compare_world
from .conditions import NO_KEYS
from .world import Question, World

MOST_TRIES = 4000


class Shrinker:
    """Takes away from a world whatever the difference does not need, until nothing more can go."""

    def __init__(self, world: World, difference: Difference) -> None:
        self.kind = difference.kind
        self.tries = MOST_TRIES
        self.world = world
        if difference.number >= 0 and difference.path != "call":
            self.take(replace(world, questions=(world.questions[difference.number],), calls=()))
        elif difference.path == "call":
            call = world.calls[difference.number]
            questions = tuple(world.questions[number] for number in call)
            self.take(replace(world, questions=questions, calls=(tuple(range(len(call))),)))

    def differs(self, world: World) -> bool:
        """Tell whether a difference of the kind is still there."""
        self.tries -= 1
        try:
            return any(difference.kind == self.kind for difference in compare_world(world).differences)
        except (ValueError, IndexError, KeyError):  # no world any more
            return False

    def take(self, world: World) -> bool:
        """Go on with a smaller world if the difference is still there."""
        if self.tries <= 0 or not self.differs(world):
            return False
        self.world = world
        return True

    def shrink(self) -> World:
        """Return the smallest world found."""
        steps: tuple[Callable[[World], Iterator[World]], ...] = (
            fewer_questions, fewer_documents, fewer_owners, simpler_principals, fewer_statements, simpler_statements,
            simpler_questions,
        )  # fmt: skip
        changed = True
        while changed and self.tries > 0:
            changed = False
            for step in steps:
                while any(self.take(smaller) for smaller in step(self.world)):
                    changed = True
        return self.world


def fewer_questions(world: World) -> Iterator[World]:
    """Leave out a request, halves first; only where no call numbers them."""
    if world.calls:
        if len(world.questions) > 1:
            yield replace(world, calls=())
        return
    count = len(world.questions)
    if count > 2:
        yield replace(world, questions=world.questions[: count // 2])
        yield replace(world, questions=world.questions[count // 2 :])
    if count > 1:
        for number in range(count):
            yield replace(world, questions=world.questions[:number] + world.questions[number + 1 :])


def fewer_documents(world: World) -> Iterator[World]:
    """Leave out a document, the last first."""
    for number in reversed(range(len(world.documents))):
        yield world.without_document(number)


def fewer_owners(world: World) -> Iterator[World]:
    """Leave out a principal, a resource, an account, an endpoint."""
    for member in ("principals", "resources", "accounts", "endpoints"):
        items = getattr(world, member)
        for number in range(len(items)):
            left = items[:number] + items[number + 1 :]
            smaller = World(**{**vars(world), member: left})
            names = {resource.name for resource in smaller.resources}
            yield replace(
                smaller, attributes={name: world.attributes[name] for name in world.attributes if name in names}
            )


def simpler_principals(world: World) -> Iterator[World]:
    """Leave out a boundary, session policies or levels."""
    for number, principal in enumerate(world.principals):
        simpler = []
        if principal.boundary is not None:
            simpler.append(replace(principal, boundary=None))
        if principal.session is not None:
            simpler.append(replace(principal, session=None))
        if principal.scps is not None:
            simpler.append(replace(principal, scps=None))
            simpler += [
                replace(principal, scps=principal.scps[:level] + principal.scps[level + 1 :])
                for level in range(len(principal.scps))
            ]
        if principal.is_service_linked:
            simpler.append(replace(principal, is_service_linked=False))
        simpler += [
            replace(principal, identity=principal.identity[:at] + principal.identity[at + 1 :])
            for at in range(len(principal.identity))
        ]
        for item in simpler:
            yield replace(world, principals=(*world.principals[:number], item, *world.principals[number + 1 :]))


def fewer_statements(world: World) -> Iterator[World]:
    """Leave out a statement of a document that has several."""
    for number, (kind, document) in enumerate(world.documents):
        statements = statements_of(document)
        if len(statements) > 1 and kind != "ec2-attribute":
            for at in range(len(statements)):
                yield world.with_document(number, {**document, "Statement": statements[:at] + statements[at + 1 :]})


def simpler_statements(world: World) -> Iterator[World]:
    """Make an element of a statement simpler."""
    for number, (kind, document) in enumerate(world.documents):
        if kind == "ec2-attribute":
            continue  # it says what the attributes say
        statements = list(statements_of(document))
        for at, statement in enumerate(statements):
            for simpler in simplify(statement):
                body = [*statements[:at], simpler, *statements[at + 1 :]]
                yield world.with_document(number, {**document, "Statement": body})


def simplify(statement: Any) -> Iterator[dict[str, Any]]:
    """Make a statement simpler: fewer conditions, everything in place of lists, fewer entries of lists."""
    conditions = statement.get("Condition")
    if conditions is not None:
        yield {member: value for member, value in statement.items() if member != "Condition"}
        for operator, tests in conditions.items():
            if len(conditions) > 1:
                yield {
                    **statement,
                    "Condition": {other: conditions[other] for other in conditions if other != operator},
                }
            for key, values in tests.items():
                if len(tests) > 1:
                    rest = {other: tests[other] for other in tests if other != key}
                    yield {**statement, "Condition": {**conditions, operator: rest}}
                for fewer in fewer_entries(values):
                    yield {**statement, "Condition": {**conditions, operator: {**tests, key: fewer}}}
    for member in ("Action", "Resource", "Principal"):
        rest = {name: value for name, value in statement.items() if name not in (member, f"Not{member}")}
        if (member in statement or f"Not{member}" in statement) and statement.get(member) != "*":
            yield {**rest, member: "*"}
        for name in (member, f"Not{member}"):
            value = statement.get(name)
            if isinstance(value, dict):
                for kind, texts in value.items():
                    if len(value) > 1:
                        yield {**rest, name: {other: value[other] for other in value if other != kind}}
                    for fewer in fewer_entries(texts):
                        yield {**rest, name: {**value, kind: fewer}}
            elif value is not None:
                for fewer in fewer_entries(value):
                    yield {**rest, name: fewer}


def fewer_entries(values: Any) -> Iterator[Any]:
    """Leave out an entry of a list, or the list around a single one."""
    if isinstance(values, list):
        if len(values) == 1:
            yield values[0]
        elif len(values) > 1:
            for at in range(len(values)):
                yield values[:at] + values[at + 1 :]


def simpler_questions(world: World) -> Iterator[World]:
    """Leave out parts of a request."""
    for number, question in enumerate(world.questions):
        for simpler in simplify_question(question):
            yield replace(world, questions=(*world.questions[:number], simpler, *world.questions[number + 1 :]))


def simplify_question(question: Question) -> Iterator[Question]:
    """Make a request simpler: no target, fewer keys, less unknown."""
    if question.target is not None:
        yield replace(question, target=None)
        for member in ("account", "policy", "endpoints"):
            if getattr(question.target, member) is not None:
                yield replace(question, target=replace(question.target, **{member: None}))
    for key in question.context:
        yield replace(question, context={name: value for name, value in question.context.items() if name != key})
    if isinstance(question.unknown, Others):
        yield replace(question, unknown=NO_KEYS)
    else:
        for key in sorted(question.unknown):
            yield replace(question, unknown=question.unknown - {key})
