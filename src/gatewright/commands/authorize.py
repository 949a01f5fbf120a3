"""Answer one request: may this principal do this action on this resource, in this context?

A context key that is not named is absent.  `--unknown KEY` says that it is not known whether the key is there and
what it holds; `--unknown '*'` says so of every key that `--context` does not name, and `--unknown resource` of the
resource.  Exit code 0: allowed; 1: denied; 2: could not decide, because of what is unknown or because of an error.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from gatewright.arguments import UsageError, context_entry, context_of

if TYPE_CHECKING:
    from gatewright.runtime import Answer, Authorizer
    from gatewright.terminal import Terminal

NAME = "authorize"
SUMMARY = "answer one request"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    policies = parser.add_mutually_exclusive_group(required=True)
    policies.add_argument("--store", metavar="STORE", help="a policy store")
    policies.add_argument("--table", metavar="TABLE", help="a table that `gatewright compile` wrote")
    policies.add_argument("--policy", metavar="FILE", help="one policy document, under which the principal is")
    parser.add_argument("--principal", required=True, metavar="ARN", help="who asks")
    parser.add_argument("--action", required=True, metavar="ACTION", help="what for, such as s3:GetObject")
    parser.add_argument("--resource", default="*", metavar="ARN", help="on what (default: *)")
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        type=context_entry,
        metavar="KEY=VALUE",
        help="a context key; given several times, the key has several values; KEY= is empty text",
    )
    parser.add_argument("--unknown", action="append", default=[], metavar="KEY", help="a context key that is unknown")
    parser.add_argument("--explain", action="store_true", help="show every statement and why it applies or not")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.runtime import OTHERS, Decision

    context: dict[str, str | list[str] | None] = {**context_of(args.context)}
    unknown = args.unknown
    both = {key.lower() for key in context} & {key.lower() for key in unknown}
    if both:
        raise UsageError(f"`{min(both)}` is given and unknown", "drop `--context` or `--unknown`")
    resource = None if "resource" in unknown else args.resource
    keys: Any = OTHERS if "*" in unknown else [key for key in unknown if key != "resource"]
    authorizer = _open(args, terminal)
    if not authorizer.knows(args.principal):
        raise UsageError(f"nothing is known of the principal `{args.principal}`", _near_principals(authorizer, args))
    request = (args.principal, args.action, resource, context)
    answer = authorizer.authorize(*request, unknown=keys)
    explanation = authorizer.explain(*request, unknown=keys) if args.explain else None
    if args.json:
        _write_json(answer, explanation, terminal)
    else:
        _write_text(args, answer, explanation, terminal)
    if answer.decision == Decision.UNKNOWN:
        return 2
    return 0 if answer.allowed else 1


def _open(args: Namespace, terminal: Terminal) -> Authorizer:
    from gatewright.runtime import Authorizer

    if args.table is not None:
        return Authorizer.open(args.table)
    import gatewright
    from gatewright.store import PolicyStore

    with terminal.working("compiling"):
        store = PolicyStore.load(args.store) if args.store else PolicyStore.from_policy(args.policy, args.principal)
        return Authorizer(gatewright.compile(store))


def _write_text(args: Namespace, answer: Answer, explanation: Any, terminal: Terminal) -> None:
    word, style = WORDS[answer.decision.name]
    resource = "an unknown resource" if "resource" in args.unknown else args.resource
    terminal.say((word, style), f": {args.principal} {args.action} on {resource}")
    for statement in answer.statements:
        terminal.say(f"  {describe_statement(statement)}")
    if answer.decision.name == "IMPLICIT_DENY":
        terminal.say(f"  {_why_implicit(explanation)}")
    if answer.unknown_keys:
        terminal.say(f"  it depends on {', '.join(f'`{key}`' for key in answer.unknown_keys)}")
