"""Check of the principal part of a statement, by policy kind (R15-R21, R31-R38)."""

from __future__ import annotations

import re

from .check_report import WITHOUT_PRINCIPAL, Report, describe, is_text
from .errors import Path
from .messages import quote
from .syntax import PolicyKind, Principals

PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
WEB_PROVIDERS = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)
"""Identity providers that have a name instead of an ARN (R18)."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{12,}")
_SERVICE = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\."
    r"(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov)"
)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:saml|oidc)-provider/.+")
# A principal of IAM or STS (R16): account, and what it is; names may hold blanks, paths and colons.
_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::([0-9]{12}|cloudfront):(.+)", re.DOTALL)
_IAM_PRINCIPAL = re.compile(r"root|(?:user|role)/.+", re.DOTALL)
_STS_PRINCIPAL = re.compile(r"assumed-role/[^/]+/.+|federated-user/.+", re.DOTALL)


def check_principals(report: Report, entry: dict[str, object], path: Path) -> Principals | None:
    """Check ``Principal`` or ``NotPrincipal``; None where there is none or none is allowed."""
    kind = report.kind
    member = "NotPrincipal" if "NotPrincipal" in entry and "Principal" not in entry else "Principal"
    if kind in WITHOUT_PRINCIPAL:
        code = "GW340" if kind is PolicyKind.SCP else "GW300"
        for name in ("Principal", "NotPrincipal"):
            if name in entry:
                report.add(code, (*path, name), f"`{name}` is not allowed in this kind of policy", is_key=True)
        return None
    if member not in entry:
        if kind is PolicyKind.RCP:
            report.add("GW351", path, "the statement has no `Principal`")
        else:
            report.add("GW301", path, "the statement has neither `Principal` nor `NotPrincipal`")
        return None
    value = entry[member]
    is_negated = member == "NotPrincipal"
    path = (*path, member)
    if kind is PolicyKind.RCP:
        if is_negated or value != "*":
            report.add("GW351", path, f"resource control policies are about everybody, not {describe(value)}")
            return None
        return Principals(True, (), False, report.document.path + path)
    if is_negated and kind is PolicyKind.TRUST:
        report.add("GW320", path, "role trust policies take no `NotPrincipal`", is_key=True)
    elif is_negated and entry.get("Effect") == "Allow":
        report.add("GW316", path, "Allow with `NotPrincipal` grants to everybody else", is_key=True)
    if value == "*" and is_text(value):
        if kind is PolicyKind.TRUST:
            report.add("GW322", path, "the role trusts everybody")
        return Principals(True, (), is_negated, report.document.path + path)
    if not isinstance(value, dict):
        report.add("GW302", path, f"a principal is `*` or an object, not {describe(value)}")
        return None
    if not value:
        report.add("GW313", path, "the principal is an empty object and names nobody")
    entries: list[tuple[str, str]] = []
    for name, texts in value.items():
        if name not in PRINCIPAL_TYPES:
            hint = report.suggest(name, PRINCIPAL_TYPES)
            report.add("GW303", (*path, name), f"unknown type of principal {quote(name)}", hint, is_key=True)
            continue
        is_lax = entry.get("Effect") != "Allow"
        entries.extend((name, text) for text in _read_entries(report, name, texts, (*path, name), is_lax=is_lax))
    return Principals(False, tuple(entries), is_negated, report.document.path + path)


def _read_entries(report: Report, kind: str, value: object, path: Path, *, is_lax: bool) -> list[str]:
    places: list[tuple[Path, object]] = [(path, value)]
    if isinstance(value, list):
        places = [((*path, i), item) for i, item in enumerate(value)]
        if not value:
            report.add("GW312", path, "the list of principals is empty and names nobody")
    texts = []
    for place, text in places:
        if not isinstance(text, str) or not is_text(text):
            report.add("GW102", place, f"`{kind}` is text or a list of texts, not {describe(text)}", "write text")
            break
        texts.append(text)
        _check_entry(report, kind, text, place, is_lax=is_lax)
    return texts


def _check_entry(report: Report, kind: str, text: str, path: Path, *, is_lax: bool) -> None:
    """Check one principal.

    AWS does not store an entry that can match nobody, nor would it ever match (R20).  In an Allow that is harmless;
    where it would make a statement lax (``is_lax``), the document is refused.
    """
    if "${" in text:
        report.add("GW128", path, f"the principal {quote(text)} holds a policy variable")
    elif kind == "Federated":
        if report.kind is not PolicyKind.TRUST:
            report.add("GW310", path, f"the identity provider {quote(text)} is a principal in role trust policies only")
        elif text not in WEB_PROVIDERS and not _PROVIDER.fullmatch(text):
            report.add("GW311", path, f"{quote(text)} is no identity provider")
    elif ("*" in text or "?" in text) and not (kind == "AWS" and text == "*"):
        report.add("GW304", path, f"the principal {quote(text)} holds a wildcard", is_error=is_lax)
    elif kind == "Service":
        if not _SERVICE.fullmatch(text):
            hint = f"did you mean `{text}.amazonaws.com`?" if re.fullmatch(r"[a-z0-9-]{1,40}", text) else None
            report.add("GW309", path, f"{quote(text)} is no service principal", hint)
    elif kind == "CanonicalUser":
        if not _CANONICAL.fullmatch(text):
            report.add("GW308", path, f"{quote(text)} is no canonical user id", is_error=is_lax)
    elif text != "*":
        _check_aws_entry(report, text, path, is_lax=is_lax)


def _check_aws_entry(report: Report, text: str, path: Path, *, is_lax: bool) -> None:
    if _ACCOUNT.fullmatch(text):
        return
    unique = _UNIQUE_ID.fullmatch(text)
    if unique:
        what, code = ("role", "GW314") if unique[1] == "AROA" else ("user", "GW315")
        report.add(code, path, f"{quote(text)} is the unique id of a {what} that was deleted")
        return
    arn = _ARN.fullmatch(text)
    shape = None if arn is None else _IAM_PRINCIPAL if arn[1] == "iam" else _STS_PRINCIPAL
    if arn is not None and shape is not None and shape.fullmatch(arn[3]):
        return
    if arn is not None and arn[3].startswith(("group/", "instance-profile/")):
        report.add("GW306", path, f"{quote(text)} is no principal", is_error=is_lax)
    elif text.isdecimal():
        report.add("GW305", path, f"{quote(text)} is no account id", is_error=is_lax)
    else:
        hint = "remove the blanks around it" if text != text.strip() else None
        report.add("GW307", path, f"{quote(text)} is no account, user, role, session or `*`", hint, is_error=is_lax)
