"""Lint of whole statements: what its elements mean together (R32-R38, R160, R182)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .check_elements import covers
from .check_endpoints import lint_endpoint
from .check_keys import KEYS_OF_2011, RARE_KEYS, SOURCE_KEYS
from .check_principals import WEB_PROVIDERS
from .check_report import Report
from .diagnostic_entry import Profile
from .errors import Path
from .messages import quote
from .syntax import Condition, Effect, PolicyKind, Quantifier, Statement

# First code of the six variants, action, and the key that narrows it.
_WIDE = (
    ("iam:passrole", 400, "iam:passedtoservice", "passing any role"),
    ("iam:createservicelinkedrole", 410, "iam:awsservicename", "creating any service-linked role"),
)
_TRUST_ACTIONS = (
    "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession",
    "sts:setsourceidentity", "sts:setcontext",
)  # fmt: skip
_GITHUB = "token.actions.githubusercontent.com"
_USERNAME = re.compile(r"\$\{aws:username[},]", re.IGNORECASE)
_ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_SESSION = re.compile(r"arn:[^:]*:sts::([0-9]{12}):assumed-role/([^/]+)/.+", re.DOTALL)
_ROLE = re.compile(r"arn:[^:]*:iam::([0-9]{12}):role/(?:.*/)?([^/]+)", re.DOTALL)
# Keys that requests of AWS services lack (chapter 5).
_OF_PRINCIPALS = frozenset({
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalorgmasteraccountid", "aws:principalarn",
    "aws:username",
})  # fmt: skip
_GLOB_LENGTH = 256
"""Longest action that is compared; no name of an action comes near it."""


def lint_statement(report: Report, statement: Statement, path: Path) -> None:
    """Report what the parts of one statement mean together."""
    conditions = [(condition, condition.key.lower()) for condition in statement.conditions]
    keys = {key for _, key in conditions}
    is_allow = statement.effect is Effect.ALLOW
    if is_allow:
        if report.kind is PolicyKind.IDENTITY:
            _lint_wide_actions(report, statement, keys, path)
        if statement.is_not_resource and report.kind is not PolicyKind.TRUST:
            report.add(
                "GW420", (*path, "NotResource"), "Allow with `NotResource` grants on everything else", is_key=True
            )
    if report.kind is PolicyKind.SESSION and report.has_variables:
        _lint_user_names(report, statement, path)
    if keys:
        _lint_keys(report, statement, conditions, keys, path)
    if report.kind is PolicyKind.TRUST:
        _lint_trust(report, statement, conditions, path)
    elif report.kind is PolicyKind.RESOURCE and is_allow:
        _lint_services(report, statement, conditions, keys, path)
    elif report.kind is PolicyKind.RCP:
        _lint_rcp(report, conditions, keys, path)
    elif report.kind is PolicyKind.VPC_ENDPOINT:
        lint_endpoint(report, statement, path)
    if report.profile is Profile.EC2_2011:
        _lint_2011(report, statement, conditions, path)


def lint_session_keys(report: Report, statements: Sequence[Statement]) -> None:
    """Report keys of a trust policy that come with a further authorization, which no statement allows (R141)."""
    allowing = [statement for statement in statements if statement.effect is Effect.ALLOW]
    missing = {
        action
        for action in ("sts:TagSession", "sts:SetSourceIdentity")
        if not any(_reaches(statement, action.lower())[0] for statement in allowing)
    }
    for statement in allowing if missing else ():
        for condition in statement.conditions:
            key = condition.key.lower()
            is_tag = key.startswith("aws:requesttag/") or key in ("aws:tagkeys", "sts:transitivetagkeys")
            action = "sts:TagSession" if is_tag else "sts:SetSourceIdentity" if key == "sts:sourceidentity" else None
            if action in missing:
                place = condition.path[len(report.document.path) :]
                message = f"{quote(condition.key)} is judged with `{action}`, which no statement allows"
                report.add("GW331", place, message, f"add `{action}`", is_key=True)


def _reaches(statement: Statement, action: str) -> tuple[bool, bool]:
    """Tell whether a statement's actions hold one action, given in lower case, and whether by a wildcard only."""
    texts = [text.lower() for text in statement.actions if len(text) <= _GLOB_LENGTH]
    if statement.is_not_action:
        return not any(covers(text, action) for text in texts), False
    if action in texts:
        return True, False
    return any(("*" in text or "?" in text) and covers(text, action) for text in texts), True


def _lint_wide_actions(report: Report, statement: Statement, keys: set[str], path: Path) -> None:
    is_star = "*" in statement.resources and not statement.is_not_resource
    if not is_star and not statement.is_not_resource:
        return
    for action, code, key, what in _WIDE:
        is_reached, is_by_wildcard = _reaches(statement, action)
        if not is_reached or key in keys:
            continue
        form = 2 if statement.is_not_action else 1 if is_by_wildcard else 0
        if statement.is_not_resource:
            form = {0: 3, 1: 4, 2: 5}[form]
        report.add(f"GW{code + form}", path, f"the statement allows {what}")


def _lint_keys(
    report: Report, statement: Statement, conditions: list[tuple[Condition, str]], keys: set[str], path: Path
) -> None:
    is_everything = statement.is_not_action or "*" in statement.actions
    for condition, key in conditions:
        place = condition.path[len(report.document.path) :]
        if key == "aws:vpcsourceip" and "aws:sourcevpc" not in keys and "aws:sourcevpce" not in keys:
            report.add("GW261", place, f"{quote(condition.key)} without `aws:SourceVpc`", is_key=True)
        elif key in RARE_KEYS and is_everything:
            message = f"only some services supply {quote(condition.key)}, and the statement is about every service"
            report.add("GW262", place, message, is_key=True)
        elif report.kind is PolicyKind.RESOURCE and key in ("aws:resourceaccount", "s3:resourceaccount"):
            report.add("GW263", place, f"{quote(condition.key)} is always the policy's own account", is_key=True)


def _lint_user_names(report: Report, statement: Statement, path: Path) -> None:
    member = "NotResource" if statement.is_not_resource else "Resource"
    places: list[tuple[Path, str]] = [((*path, member), text) for text in statement.resources]
    for condition in statement.conditions:
        places.extend((condition.path[len(report.document.path) :], text) for text in condition.values)
    for place, text in places:
        if "${" in text and _USERNAME.search(text):
            report.add("GW265", place, f"sessions have no user name, so {quote(text)} has no value")


def lint_services(report: Report, statements: Sequence[Statement]) -> None:
    """Report a resource policy whose actions are of several services (R32)."""
    first: tuple[str, str] | None = None
    for statement in statements:
        for text in () if statement.is_not_action else statement.actions:
            vendor = text.partition(":")[0].lower()
            if "*" in vendor or "?" in vendor or len(text) > _GLOB_LENGTH:
                continue
            if first is None:
                first = vendor, text
            elif vendor != first[0]:
                place = (*statement.path[len(report.document.path) :], "Action")
                report.add("GW319", place, f"{quote(text)} and {quote(first[1])} are of different services")
                return


def _lint_services(
    report: Report, statement: Statement, conditions: list[tuple[Condition, str]], keys: set[str], path: Path
) -> None:
    principals = statement.principals
    if principals is None or principals.is_negated or principals.anyone:
        return
    if all(kind == "Service" for kind, _ in principals.entries):
        for condition, key in conditions:
            operator = condition.operator
            if key in _OF_PRINCIPALS or key.startswith("aws:principaltag/"):
                if operator.base != "Null" and not operator.if_exists and "Not" not in operator.base:
                    message = f"{quote(condition.key)} tells of users and roles, which services are not"
                    report.add("GW318", condition.path[len(report.document.path) :], message, is_key=True)
    if keys & SOURCE_KEYS:
        return
    for kind, text in principals.entries:
        if kind == "Service":
            report.add("GW317", (*path, "Principal"), f"{quote(text)} may act for anybody")
            return


def _lint_rcp(report: Report, conditions: list[tuple[Condition, str]], keys: set[str], path: Path) -> None:
    exempt = {
        text.lower()
        for condition, key in conditions
        if key == "aws:principalisawsservice" and condition.operator.base == "Bool"
        for text in condition.values
    }
    is_guarded = any(
        condition.operator.base == "Null"
        and key in ("aws:sourceaccount", "aws:sourcearn")
        and "false" in condition.values
        for condition, key in conditions
    )
    tested = {key for condition, key in conditions if condition.operator.base != "Null"}
    place = (*path, "Condition")
    if any(key.startswith(("aws:principal", "aws:userid", "aws:username")) for key in tested) and not (
        keys & {"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"}
    ):
        report.add("GW354", place, "the Deny hits AWS services, which lack the key of the principal")
    if tested & SOURCE_KEYS:
        if "true" not in exempt:
            report.add("GW355", place, "the Deny hits users and roles, which lack the key of the calling service")
        if not is_guarded:
            report.add("GW356", place, "the Deny hits services that act for no resource")


def _lint_trust(report: Report, statement: Statement, conditions: list[tuple[Condition, str]], path: Path) -> None:
    if not statement.is_not_action:
        place = (*path, "Action")
        for text in statement.actions:
            lower = text.lower()
            if lower in _TRUST_ACTIONS:
                continue
            if len(text) > _GLOB_LENGTH or not any(covers(lower, action) for action in _TRUST_ACTIONS):
                report.add("GW323", place, f"{quote(text)} is not about assuming the role")
    principals = statement.principals
    if statement.effect is not Effect.ALLOW or principals is None or principals.is_negated:
        return
    needs = {action for kind, text in principals.entries if (action := _needed_action(kind, text))}
    if needs and not statement.is_not_action:
        _lint_trust_actions(report, statement, needs, path)
    if ("Service", _ROLES_ANYWHERE) in principals.entries and not statement.is_not_action:
        wanted = ("sts:assumerole", "sts:setsourceidentity", "sts:tagsession")
        if not all(_reaches(statement, action)[0] for action in wanted):
            report.add("GW325", (*path, "Action"), "IAM Roles Anywhere needs three actions")
    _lint_sessions(report, statement, path)
    claims: dict[str, list[tuple[Condition, str]]] = {}
    for condition, key in conditions:
        prefix, _, claim = key.rpartition(":")
        claims.setdefault(prefix, []).append((condition, claim))
    providers = {
        text.rpartition(":oidc-provider/")[2].lower()
        for kind, text in principals.entries
        if kind == "Federated" and (":oidc-provider/" in text or text in WEB_PROVIDERS)
    }
    for provider in sorted(providers):
        _lint_web_provider(report, provider, claims.get(provider, []), path)


def _needed_action(kind: str, text: str) -> str | None:
    if kind != "Federated":
        return "sts:assumerole"
    if ":saml-provider/" in text:
        return "sts:assumerolewithsaml"
    return "sts:assumerolewithwebidentity" if ":oidc-provider/" in text or text in WEB_PROVIDERS else None


def _lint_trust_actions(report: Report, statement: Statement, needs: set[str], path: Path) -> None:
    place = (*path, "Action")
    variants = [text for text in statement.actions if text.lower().startswith("sts:assumerole")]
    for text in variants:
        if not any(covers(text.lower(), need) for need in needs):
            report.add("GW324", place, f"{quote(text)} does not fit any of the principals")
            return
    for need in sorted(needs):
        if variants and not _reaches(statement, need)[0]:
            report.add("GW324", place, f"a principal of the statement needs `{need}`, which it does not allow")


def _lint_sessions(report: Report, statement: Statement, path: Path) -> None:
    principals = statement.principals
    assert principals is not None
    roles = {match.groups() for kind, text in principals.entries if (match := _ROLE.fullmatch(text))}
    for kind, text in principals.entries:
        match = _SESSION.fullmatch(text)
        if kind == "AWS" and match and match.groups() in roles:
            report.add("GW326", (*path, "Principal", "AWS"), f"{quote(text)} is covered by its role")


def _lint_web_provider(report: Report, provider: str, claims: list[tuple[Condition, str]], path: Path) -> None:
    names = {claim for _, claim in claims}
    if provider == _GITHUB:
        if "sub" not in names:
            report.add("GW328", path, "every repository on GitHub may assume the role")
    elif not names & {"aud", "sub", "app_id", "amr", "oaud"}:
        report.add("GW327", path, f"everybody with an account at {quote(provider)} may assume the role")
    for condition, claim in claims:
        place = condition.path[len(report.document.path) :]
        if claim == "sub" and provider == _GITHUB:
            for i, text in enumerate(condition.values):
                repository, _, branch = text.removeprefix("repo:").partition(":")
                if "*" in repository or "?" in repository or branch in ("", "*"):
                    message = f"{quote(text)} fits more than one repository or branch"
                    report.add("GW329", report.entry_path(place, i), message)
        elif claim == "aud" and condition.operator.quantifier is Quantifier.ANY:
            report.add("GW330", place, f"{quote(condition.key)} has a single value", is_key=True)
        elif claim == "aud" and condition.operator.quantifier is Quantifier.ALL:
            report.add("GW332", place, f"{quote(condition.key)} mostly has a single value", is_key=True)


def _lint_2011(report: Report, statement: Statement, conditions: list[tuple[Condition, str]], path: Path) -> None:
    vendors = {text.partition(":")[0].lower() for text in statement.actions}
    if "ec2" in vendors:
        member = "NotResource" if statement.is_not_resource else "Resource"
        if statement.is_not_resource or set(statement.resources) - {"*"}:
            report.add("GW501", (*path, member), "the resource of EC2 actions must be `*`")
        for condition, key in conditions:
            place = condition.path[len(report.document.path) :]
            if key.startswith("ec2:"):
                report.add("GW502", place, f"EC2 has no condition key {quote(condition.key)}", is_key=True)
            elif key not in KEYS_OF_2011:
                report.add("GW503", place, f"EC2 does not supply the condition key {quote(condition.key)}", is_key=True)
    elif vendors & {"rds", "route53"}:
        for condition, key in conditions:
            if key == "aws:securetransport":
                place = condition.path[len(report.document.path) :]
                report.add(
                    "GW504",
                    place,
                    "`aws:SecureTransport` is always true for a service that speaks TLS only",
                    is_key=True,
                )
