"""Answer one request: may this principal do this action on this resource, in this context?

A context key that is not named is absent.  `--unknown KEY` says that it is not known whether the key is there and
what it holds; `--unknown '*'` says so of every key that `--context` does not name, and `--unknown resource` of the
resource.  Who asks is the ARN of a user, a role, a session or a root user; the name of an AWS service, such as
ec2.amazonaws.com; an identity provider; or `anonymous`.  Exit code 0: allowed; 1: denied; 2: could not decide, because
of what is unknown or because of an error.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, account_id, context_entry, context_of, suggest

if TYPE_CHECKING:
    from gatewright.compiler.source import Source
    from gatewright.runtime import Table
    from gatewright.runtime.requests import Others
    from gatewright.terminal import Terminal

NAME = "authorize"
SUMMARY = "answer one request"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    policies = parser.add_mutually_exclusive_group(required=True)
    policies.add_argument("--store", metavar="STORE", help="a policy store")
    policies.add_argument("--table", metavar="TABLE", help="a table that `gatewright compile` wrote")
    policies.add_argument("--policy", metavar="FILE", help="one policy document, under which the principal is")
    parser.add_argument("--principal", required=True, metavar="ARN", help="who asks: an ARN, a service, or `anonymous`")
    parser.add_argument("--action", required=True, metavar="ACTION", help="what for, such as s3:GetObject")
    parser.add_argument("--resource", default="*", metavar="ARN", help="on what (default: *)")
    parser.add_argument(
        "--resource-account", type=account_id, metavar="ID", help="whose the resource is, where its ARN does not tell"
    )
    parser.add_argument(
        "--endpoint", action="append", metavar="ID", help="a VPC endpoint that the request passes; may be given again"
    )
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
    from gatewright.answers import answer_members, write_answer
    from gatewright.runtime import OTHERS, Authorizer, Decision
    from gatewright.runtime.requests import Target

    if not all(args.action.partition(":")):
        raise UsageError(f"`{args.action}` is not an action", "write `service:Name`, such as `s3:GetObject`")
    context = context_of(args.context)
    both = {key.lower() for key in context} & {key.lower() for key in args.unknown}
    if both:
        raise UsageError(f"`{min(both)}` is given and unknown", "drop `--context` or `--unknown`")
    resource = None if "resource" in args.unknown else args.resource
    unknown: list[str] | Others = [key for key in args.unknown if key != "resource"]
    if "*" in args.unknown:
        unknown = OTHERS
    table, sources = _load(args, terminal)
    authorizer = Authorizer(table)
    if not authorizer.knows(args.principal):
        named = [arn for arn in table.principals if arn.endswith(f"/{args.principal}")]
        hint = suggest(args.principal, table.principals, "the principals with `gatewright listing`")
        if named:
            hint = f"did you mean `{named[0]}`?"
        raise UsageError(f"nothing is known of the principal `{args.principal}`", hint)
    target = Target(args.resource_account, endpoints=tuple(args.endpoint) if args.endpoint else None)
    explanation = authorizer.explain(args.principal, args.action, resource, context, unknown=unknown, target=target)
    if args.json:
        terminal.json(answer_members(explanation, sources, args.explain))
    else:
        what = f"{args.principal} {args.action} on {'an unknown resource' if resource is None else resource}"
        write_answer(explanation, what, sources, args.explain, terminal)
    if explanation.answer.decision is Decision.UNKNOWN:
        return 2
    return 0 if explanation.answer.allowed else 1


def _load(args: Namespace, terminal: Terminal) -> tuple[Table, dict[str, Source]]:
    """Return the table to ask, and the texts of its policies where they are at hand."""
    import gatewright
    from gatewright.tables import open_table

    if args.table is not None:
        return open_table(args.table), {}
    from gatewright.store import PolicyStore

    with terminal.working("compiling"):
        store = PolicyStore.load(args.store) if args.store else PolicyStore.from_policy(args.policy, args.principal)
        sources = {document.source.name: document.source for document in store.policy_set.documents}
        return gatewright.compile(store), sources
