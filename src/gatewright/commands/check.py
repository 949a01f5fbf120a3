"""Check policies and say what is wrong with them, where, and how to mend it.

Each argument is a store (a folder), the details of one account (a file), a policy document, or `-` for standard
input.  Exit code 0: no errors; 1: errors; 2: something cannot be read.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, one_of

if TYPE_CHECKING:
    from gatewright.store import StoreReading
    from gatewright.terminal import Terminal

NAME = "check"
SUMMARY = "check policies and say what is wrong with them"

KINDS = ("identity", "boundary", "session", "resource", "trust", "scp", "rcp", "vpc-endpoint")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("inputs", nargs="*", metavar="STORE|POLICY", help="what to check")
    parser.add_argument(
        "--kind",
        type=one_of(*KINDS),
        default="identity",
        metavar="KIND",
        help=f"kind of the policy documents: {', '.join(KINDS)} (default: identity)",
    )
    parser.add_argument("--principal", metavar="ARN", help="user or role that a policy document is for")
    parser.add_argument(
        "--profile",
        type=one_of("current", "ec2-2011"),
        default="current",
        metavar="PROFILE",
        help="language to check against: current, or ec2-2011, that of EC2's API of May 2011",
    )
    parser.add_argument(
        "--format",
        type=one_of("text", "json", "sarif"),
        metavar="FORMAT",
        help="text (default), json, or sarif (version 2.1.0, for code scanning)",
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument(
        "--vectors", metavar="FILE", help="check the documents of a vector file, one JSON object a line"
    )


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    if args.json and args.format not in (None, "json"):
        raise UsageError("`--json` and `--format` disagree", "give one of them")
    output = args.format or ("json" if args.json else "text")
    if args.vectors is not None:
        if args.inputs or output == "sarif":
            raise UsageError("`--vectors` takes no other input and prints text or JSON")
        from gatewright.invalid_vectors import check_vectors

        code = check_vectors(args.vectors, args.profile, terminal, as_json=output == "json")
        _note_unchecked(args, terminal)
        return code
    if not args.inputs:
        raise UsageError("nothing to check", "name a store, a policy document, or `-` for standard input")
    if args.inputs.count("-") > 1:
        raise UsageError("standard input can be read only once")

    from gatewright.compiler.errors import Severity
    from gatewright.report import Report, write_json, write_text
    from gatewright.sarif import write_sarif

    report = Report()
    with terminal.working("checking"):
        for path in args.inputs:
            report.add(_check(path, args))
    write = {"text": write_text, "json": write_json, "sarif": write_sarif}[output]
    write(report, terminal)
    _note_unchecked(args, terminal)
    if report.is_unreadable:
        return 2
    return 1 if report.count(Severity.ERROR) else 0


def _note_unchecked(args: Namespace, terminal: Terminal) -> None:
    from gatewright.services import describe_unchecked

    if args.profile == "current" and (unchecked := describe_unchecked()):
        terminal.warn(f"gatewright: note: {unchecked}")


def _check(path: str, args: Namespace) -> StoreReading:
    from gatewright.compiler.check import Profile
    from gatewright.compiler.normalize import normalize_policies
    from gatewright.compiler.syntax import PolicyKind
    from gatewright.details import AWS_MANAGED
    from gatewright.services import check_services
    from gatewright.store import check_reading, order_findings, read_any

    if os.path.isdir(path) and args.principal:
        raise UsageError("`--principal` goes with a policy document, not with a store")
    reading = check_reading(read_any(path, PolicyKind(args.kind), args.principal), Profile(args.profile))
    if args.profile == "current":
        for policy in reading.policies:
            if not AWS_MANAGED.match(policy.document.name):
                reading.findings.extend(check_services(policy, policy.document))
        reading.findings.sort(key=order_findings)
    if reading.principals and not reading.is_refused:
        # Sound policies of a store may still say what the table cannot hold.
        compiled = set(reading.documents)
        _, findings = normalize_policies([policy for policy in reading.policies if policy.document in compiled])
        reading.findings.extend(findings)
    return reading
