"""Check of a whole document: its members, version, size, and the statements' shape (R1-R9, R29)."""

from __future__ import annotations

import re

from .check_conditions import check_conditions
from .check_elements import check_actions, check_effect, check_resources
from .check_principals import check_principals
from .check_report import IAM_KINDS, WITHOUT_PRINCIPAL, Report, describe, is_text
from .check_risks import lint_risks
from .check_statement import lint_services, lint_session_keys, lint_statement
from .diagnostic_entry import Profile
from .errors import Path, Span
from .messages import quote
from .source import JsonNumber
from .syntax import Document, Policy, PolicyKind, Statement

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"

MEMBERS = ("Version", "Id", "Statement")
STATEMENT_MEMBERS = (
    "Sid", "Principal", "NotPrincipal", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip

_SIZES = {
    PolicyKind.IDENTITY: ("GW111", 6144),
    PolicyKind.BOUNDARY: ("GW111", 6144),
    PolicyKind.SESSION: ("GW116", 2048),
    PolicyKind.TRUST: ("GW113", 2048),
    PolicyKind.RESOURCE: ("GW112", 20480),
    PolicyKind.SCP: ("GW114", 10240),
    PolicyKind.RCP: ("GW115", 5120),
    PolicyKind.VPC_ENDPOINT: ("GW117", 20480),
}
"""Code and greatest number of characters per kind (R29, R38); an identity policy may be a managed one, and what EC2
attributes permit is no text that anybody stores."""

_NOT_API_TEXT = re.compile(r"[^\t\n\r\x20-\xff]")
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)


def check_members(report: Report, quota: int | None) -> Policy | None:
    """Check the document as a whole; None where no policy could be read."""
    document = report.document
    value = document.value
    if not isinstance(value, dict):
        report.add("GW100", (), f"a policy document is a JSON object, not {describe(value)}")
        return None
    for name in value:
        if name not in MEMBERS:
            hint = report.suggest(name, MEMBERS)
            report.add("GW101", (name,), f"unknown member {quote(name)} in the document", hint, is_key=True)
    version = _check_version(report, value)
    report.has_variables = version == CURRENT_VERSION
    if "Id" in value:
        _check_id(report, value["Id"])
    _check_characters(report)
    _check_size(report, value, quota)
    statements = _check_statements(report, value)
    return Policy(document, version, tuple(statements))


def _check_version(report: Report, value: dict[str, object]) -> str:
    is_organization = report.kind in (PolicyKind.SCP, PolicyKind.RCP)
    if "Version" not in value:
        if is_organization:
            report.add("GW342", (), "the organization policy has no `Version`")
        elif report.profile is Profile.CURRENT:
            report.add("GW104", (), "the document has no `Version`, so it is read at the level 2008-10-17")
        return OLD_VERSION
    version = value["Version"]
    if not is_text(version):
        report.add("GW102", ("Version",), f"`Version` is text, not {describe(version)}", f"write `{CURRENT_VERSION}`")
    elif version == OLD_VERSION:
        if is_organization:
            report.add("GW341", ("Version",), "the organization policy has the old version 2008-10-17")
        elif report.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY):
            report.add("GW105", ("Version",), "the document has the old version 2008-10-17")
        return OLD_VERSION
    elif version != CURRENT_VERSION:
        report.add("GW103", ("Version",), f"unknown version {describe(version)}")
    return CURRENT_VERSION


def _check_id(report: Report, value: object) -> None:
    if not is_text(value):
        report.add("GW102", ("Id",), f"`Id` is text, not {describe(value)}", "write text or remove `Id`")
    elif report.kind in WITHOUT_PRINCIPAL:
        report.add("GW106", ("Id",), "`Id` has no meaning in this kind of policy", is_key=True)


def _check_characters(report: Report) -> None:
    """Find the first character that IAM's API refuses (R1); a document inside a greater text was stored before."""
    text = report.document.source.text
    if report.document.path or report.kind not in IAM_KINDS or text.isascii():
        return
    match = _NOT_API_TEXT.search(text)
    if match is None:
        return
    at = match.start()
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    span = Span(line, column, line, column + 1)
    report.add("GW110", (), f"the character U+{ord(match[0]):04X} is not taken by IAM's API", span=span)


def _check_size(report: Report, value: object, quota: int | None) -> None:
    if report.kind not in _SIZES:
        return
    code, limit = _SIZES[report.kind]
    limit = quota or limit
    if len(report.document.source.text) <= limit:
        return
    # Organizations takes a text as it is sent, white space included (R29).
    is_whole = report.is_save and report.kind in (PolicyKind.SCP, PolicyKind.RCP) and not report.document.path
    size = len(report.document.source.text) if is_whole else _measure(report.document, value)
    if size > limit:
        report.add(code, (), f"the policy has {size:,} characters, and {limit:,} are allowed")


def _measure(document: Document, value: object) -> int:
    if not document.path:
        return sum(map(len, document.source.text.split()))
    # Inside a greater text there is no text of the document alone: count what the shortest one would have.
    size = 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            size += 1 + max(2 * len(item), 1) + sum(sum(map(len, name.split())) + 2 for name in item)
            pending.extend(item.values())
        elif isinstance(item, list):
            size += 1 + max(len(item), 1)
            pending.extend(item)
        elif isinstance(item, str):
            size += sum(map(len, item.split())) + (0 if isinstance(item, JsonNumber) else 2)
        else:
            size += 5 if item is False else 4
    return size


def _check_statements(report: Report, value: dict[str, object]) -> list[Statement]:
    if "Statement" not in value:
        report.add("GW107", (), "the document has no `Statement`")
        return []
    statements = value["Statement"]
    if isinstance(statements, list):
        if not statements:
            report.add("GW107", ("Statement",), "`Statement` is an empty list")
        entries: list[tuple[Path, object]] = [(("Statement", i), entry) for i, entry in enumerate(statements)]
    else:
        entries = [(("Statement",), statements)]
    checked = []
    sids: dict[str, Path] = {}
    for path, entry in entries:
        if isinstance(entry, dict):
            _check_sid(report, entry, path, sids)
            statement = _check_statement(report, entry, path)
            if statement is not None:
                checked.append(statement)
        else:
            report.add("GW108", path, f"a statement is an object, not {describe(entry)}")
    if len(checked) > 1:
        _find_repeated(report, checked)
    if report.kind is PolicyKind.TRUST:
        lint_session_keys(report, checked)
    elif report.kind is PolicyKind.RESOURCE:
        lint_services(report, checked)
    elif report.kind is PolicyKind.IDENTITY:
        lint_risks(report, checked)
    return checked


def _check_sid(report: Report, entry: dict[str, object], path: Path, sids: dict[str, Path]) -> None:
    if "Sid" not in entry:
        return
    sid = entry["Sid"]
    path = (*path, "Sid")
    if not isinstance(sid, str) or not is_text(sid):
        report.add("GW102", path, f"`Sid` is text, not {describe(sid)}", "write text or remove `Sid`")
        return
    if not sid:
        report.add("GW125", path, "`Sid` is empty")
        return
    if report.kind in IAM_KINDS and not _SID.fullmatch(sid):
        report.add("GW122", path, f"the Sid {quote(sid)} holds characters that IAM does not take")
    if sid in sids:
        is_advice = report.kind in (PolicyKind.RESOURCE, PolicyKind.VPC_ENDPOINT)
        report.add("GW124" if is_advice else "GW123", path, f"the Sid {quote(sid)} is used twice")
    sids[sid] = path


def _check_statement(report: Report, entry: dict[str, object], path: Path) -> Statement | None:
    for name in entry:
        if name not in STATEMENT_MEMBERS:
            hint = report.suggest(name, STATEMENT_MEMBERS)
            report.add("GW101", (*path, name), f"unknown member {quote(name)} in a statement", hint, is_key=True)
    for name in ("Principal", "Action", "Resource"):
        if name in entry and f"Not{name}" in entry:
            report.add("GW126", (*path, f"Not{name}"), f"`{name}` together with `Not{name}`", is_key=True)
    effect = check_effect(report, entry, path)
    principals = check_principals(report, entry, path)
    actions, is_not_action = check_actions(report, entry, path)
    resources, is_not_resource = check_resources(report, entry, path)
    conditions = check_conditions(report, entry, path)
    if effect is None:
        return None
    sid = entry.get("Sid")
    statement = Statement(
        sid=sid if isinstance(sid, str) else None,
        effect=effect,
        actions=actions,
        is_not_action=is_not_action,
        resources=resources,
        is_not_resource=is_not_resource,
        conditions=conditions,
        principals=principals,
        path=report.document.path + path,
    )
    lint_statement(report, statement, path)
    return statement


def _find_repeated(report: Report, statements: list[Statement]) -> None:
    seen: set[object] = set()
    for statement in statements:
        principals = statement.principals
        content = (
            statement.effect,
            statement.is_not_action,
            statement.actions,
            statement.is_not_resource,
            statement.resources,
            tuple((condition.operator, condition.key, condition.values) for condition in statement.conditions),
            principals and (principals.anyone, principals.is_negated, principals.entries),
        )
        if content in seen:
            report.add("GW127", statement.path[len(report.document.path) :], "the same statement stands here twice")
        seen.add(content)
