"""Check of a statement's effect, actions and resources (R8, R10-R14, R30)."""

from __future__ import annotations

import re
from collections.abc import Callable

from .check_report import IAM_KINDS, Report, describe, is_text
from .diagnostic_entry import Profile
from .errors import Path
from .messages import quote
from .patterns import PatternError, find_misplaced_variable, parse_action, parse_resource
from .syntax import Effect, PolicyKind

# Reads as a glob over text, so that it may judge patterns too: a star of the covered pattern is one more character.
_GLOB_LIMIT = 256
_PAIR_LIMIT = 4096
"""Longest pattern, and most comparisons per list, for which covered entries are looked for; `Report` bounds all."""

_ACTION_NAME = re.compile(r"[A-Za-z0-9*?]+")
_ACCOUNT = re.compile(r"[0-9]{12}")
_UNCERTAIN = re.compile(r"[*?$]")
"""What keeps a field of an ARN from being fixed text."""

# Types of IAM resources (R12); the list grows, so that a type that is not on it is a warning only.
_IAM_TYPES = frozenset({
    "user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate", "policy", "sms-mfa",
    "saml-provider", "oidc-provider", "report", "access-report", "contextProvider", "delegation-request",
    "role-template", "assumed-role",
})  # fmt: skip

_PARTITIONS = frozenset({
    "aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f",
})  # fmt: skip

_SINGLE_WORDS = ("", "aws", "cloudfront")
"""What stands in an account field besides an account: nothing, and the owners of AWS's own resources."""

COMPLETES_ARNS = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY})
"""Kinds in which missing fields of an ARN are taken as ``*`` (R13)."""


def check_effect(report: Report, entry: dict[str, object], path: Path) -> Effect | None:
    """Check ``Effect``; None where it cannot be read."""
    if "Effect" not in entry:
        report.add("GW120", path, "the statement has no `Effect`")
        return None
    effect = entry["Effect"]
    if is_text(effect) and effect in ("Allow", "Deny"):
        if effect == "Allow" and report.kind is PolicyKind.RCP:
            report.add("GW350", (*path, "Effect"), "resource control policies only deny")
        return Effect(effect)
    hint = None
    if isinstance(effect, str) and effect.strip().capitalize() in ("Allow", "Deny"):
        hint = f"write `{effect.strip().capitalize()}`"
    report.add("GW121", (*path, "Effect"), f"`Effect` is `Allow` or `Deny`, not {describe(effect)}", hint)
    return None


def check_actions(report: Report, entry: dict[str, object], path: Path) -> tuple[tuple[str, ...], bool]:
    """Check ``Action`` or ``NotAction``; returns the entries and whether they are negated."""
    member = "NotAction" if "NotAction" in entry and "Action" not in entry else "Action"
    if member not in entry:
        report.add("GW130", path, "the statement has neither `Action` nor `NotAction`")
        return (), False
    is_negated = member == "NotAction"
    if is_negated and report.kind is PolicyKind.RCP:
        report.add("GW352", (*path, member), "resource control policies take no `NotAction`", is_key=True)
    path = (*path, member)
    texts = _read_texts(report, entry[member], path, "GW131", "no actions")
    for place, text in texts:
        _check_action(report, text, place)
    if len(texts) > 1:
        _find_covered(report, texts, "GW133", str.lower)
    return tuple(text for _, text in texts), is_negated


def check_resources(report: Report, entry: dict[str, object], path: Path) -> tuple[tuple[str, ...], bool]:
    """Check ``Resource`` or ``NotResource``; returns the entries and whether they are negated."""
    member = "NotResource" if "NotResource" in entry and "Resource" not in entry else "Resource"
    if report.kind is PolicyKind.TRUST:
        for name in ("Resource", "NotResource"):
            if name in entry:
                report.add("GW321", (*path, name), f"role trust policies take no `{name}`", is_key=True)
        return (), False
    if member not in entry:
        if report.kind is PolicyKind.RESOURCE:
            report.add("GW153", path, "the statement has neither `Resource` nor `NotResource`")
        else:
            report.add("GW140", path, "the statement has neither `Resource` nor `NotResource`")
        return (), False
    path = (*path, member)
    texts = _read_texts(report, entry[member], path, "GW141", "no resources", is_null_ignored=True)
    for place, text in texts:
        if text != "*":
            _check_resource(report, text, place)
    if len(texts) > 1:
        _find_covered(report, texts, "GW152", str)
    return tuple(text for _, text in texts), member == "NotResource"


def _read_texts(
    report: Report, value: object, path: Path, empty_code: str, empty: str, *, is_null_ignored: bool = False
) -> list[tuple[Path, str]]:
    """Read a text or a list of texts, each with its place."""
    entries: list[tuple[Path, object]] = [(path, value)]
    if isinstance(value, list):
        entries = [((*path, i), entry) for i, entry in enumerate(value)]
    texts = []
    for place, entry in entries:
        if isinstance(entry, str) and is_text(entry):
            texts.append((place, entry))
        elif entry is None and is_null_ignored and isinstance(value, list):
            report.add("GW142", place, "`null` in the list of resources means nothing")
        else:
            message = f"`{path[-1]}` is text or a list of texts, not {describe(entry)}"
            report.add("GW102", place, message, "write text")
            return texts
    if not texts:
        # Only IAM refuses empty lists (R30).
        is_error = report.is_save and report.kind in IAM_KINDS
        report.add(empty_code, path, f"the list holds {empty}, so the statement has no effect", is_error=is_error)
    return texts


def _check_action(report: Report, text: str, path: Path) -> None:
    if text == "*":
        if report.kind is PolicyKind.RCP:
            report.add("GW353", path, "resource control policies name a service in each action")
        return
    try:
        parse_action(text)
    except PatternError as error:
        report.add(error.code, path, error.message, error.hint)
        return
    vendor, _, name = text.partition(":")
    if "*" in vendor or "?" in vendor:
        report.add("GW151", path, f"the action {quote(text)} has a wildcard in its service")
    if not _ACTION_NAME.fullmatch(name):
        report.add("GW132", path, f"no action has the name {quote(text)}, so it matches nothing")
    if report.profile is Profile.EC2_2011 and vendor.lower() == "ec2" and vendor != "ec2":
        report.add("GW500", path, f"the prefix of the EC2 action {quote(text)} is not in lower case")


def _check_resource(report: Report, text: str, path: Path) -> None:
    if "${" in text and not report.has_variables:
        report.add("GW129", path, f"the variable in {quote(text)} is plain text in the old version")
    try:
        parse_resource(text, variables=report.has_variables)
    except PatternError as error:
        report.add(error.code, path, error.message, error.hint)
        return
    misplaced = find_misplaced_variable(text) if report.has_variables and "${" in text else None
    if misplaced is not None:
        report.add(misplaced.code, path, f"{misplaced.message} in {quote(text)}", misplaced.hint)
        return
    fields = text.split(":", 5)
    if not _check_arn_start(report, text, fields, path):
        return
    if len(fields) < 6:
        if report.kind in COMPLETES_ARNS:
            report.add("GW143", path, f"{quote(text)} has fewer than six fields; the missing ones are taken as `*`")
        else:
            report.add("GW144", path, f"{quote(text)} has fewer than six fields")
        return
    _, _, service, region, account, resource = fields
    if service != service.lower():
        report.add("GW150", path, f"the service in {quote(text)} is not in lower case, so it matches nothing")
    if "*" in service or "?" in service:
        report.add("GW151", path, f"{quote(text)} has a wildcard in its service")
    is_account_fixed = not _UNCERTAIN.search(account)
    if is_account_fixed and account not in _SINGLE_WORDS and not _ACCOUNT.fullmatch(account):
        report.add("GW148", path, f"the account {quote(account)} in {quote(text)} has not twelve digits")
    if service == "iam":
        _check_iam_arn(report, text, region, resource, path)
    elif service == "s3":
        _check_s3_arn(report, text, region, account, resource, path)
    elif service == "ec2" and is_account_fixed and account and resource.startswith(("image/", "snapshot/")):
        report.add("GW149", path, f"images and snapshots have no account, so {quote(text)} matches nothing")


def _check_arn_start(report: Report, text: str, fields: list[str], path: Path) -> bool:
    """Check prefix, partition and service of an ARN, which IAM checks when it stores a policy (R12)."""
    prefix, partition = fields[:2]
    if prefix not in ("arn", "*"):
        report.add("GW154", path, f"{quote(text)} does not begin with `arn:`")
    elif not _is_partition(partition):
        report.add("GW155", path, f"unknown partition {quote(partition)} in {quote(text)}")
    elif len(fields) == 2 or not fields[2]:
        report.add("GW156", path, f"{quote(text)} names no service")
    elif len(fields) < 6 and "" in fields:
        report.add("GW157", path, f"{quote(text)} has too few colons")
    else:
        return True
    return False


def _is_partition(text: str) -> bool:
    return text in _PARTITIONS or (("*" in text or "?" in text) and any(covers(text, name) for name in _PARTITIONS))


def _check_iam_arn(report: Report, text: str, region: str, resource: str, path: Path) -> None:
    if region and not _UNCERTAIN.search(region):
        report.add("GW145", path, f"{quote(text)} names a Region, and IAM has none")
    word, slash, _ = resource.partition("/")
    if _UNCERTAIN.search(word) or word in _IAM_TYPES or resource == "root":
        return
    if not slash:
        report.add("GW146", path, f"{quote(text)} has no resource type such as `user/` or `role/`")
    else:
        report.add("GW147", path, f"{quote(text)} has the unknown resource type {quote(word)}")


def _check_s3_arn(report: Report, text: str, region: str, account: str, resource: str, path: Path) -> None:
    # A bucket or an object; whatever else S3 has (access points, jobs) names its account beside the Region.
    is_bucket = not resource.startswith("accesspoint/")
    if is_bucket and region and not account and not _UNCERTAIN.search(region):
        report.add("GW145", path, f"{quote(text)} names a Region, and buckets are named without")
    if is_bucket and not region and account and not _UNCERTAIN.search(account):
        report.add("GW149", path, f"buckets are named without an account, so {quote(text)} matches nothing")


def _find_covered(report: Report, texts: list[tuple[Path, str]], code: str, fold: Callable[[str], str]) -> None:
    """Report entries that another entry of the list covers; a pattern may be too hard to judge, never misjudged."""
    folded = [fold(text) for _, text in texts]
    first: dict[str, int] = {}
    wide = []
    for i, text in enumerate(folded):
        if first.setdefault(text, i) == i and ("*" in text or "?" in text) and len(text) <= _GLOB_LIMIT:
            wide.append((i, text, re.split(r"[*?$]", text, maxsplit=1)[0]))
    if len(wide) * len(folded) > _PAIR_LIMIT:
        wide = []
    for i, text in enumerate(folded):
        cover = first[text]
        # A variable stands for text that a pattern may or may not match.
        if cover == i and len(text) <= _GLOB_LIMIT and "${" not in text:
            for j, pattern, prefix in wide:
                if j == i or not text.startswith(prefix) or "${" in pattern:
                    continue
                if not report.may_compare(len(pattern) * len(text)):
                    return
                if covers(pattern, text):
                    cover = j
                    break
        if cover != i:
            report.add(code, texts[i][0], f"{quote(texts[i][1])} is covered by {quote(texts[cover][1])}")


def covers(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches all that ``text``, itself a pattern, matches; False where in doubt.

    A star of ``text`` is a character that only a star of ``pattern`` matches.  Time is the product of the lengths.

    >>> covers("s3:Get*", "s3:GetObject*"), covers("s3:Get?", "s3:Get*")
    (True, False)
    """
    at, i, star, resume = 0, 0, -1, 0
    while i < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, i
            at += 1
        elif at < len(pattern) and (pattern[at] == text[i] or (pattern[at] == "?" and text[i] != "*")):
            at += 1
            i += 1
        elif star >= 0:
            resume += 1
            at, i = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
