"""Check of a statement's condition keys against AWS's services: do they exist, who supplies them, what do they hold?"""

from __future__ import annotations

import re
from collections.abc import Collection

from gatewright.compiler.check_conditions import SUITABLE, find_family
from gatewright.compiler.check_keys import GLOBAL_KEYS, KeyType
from gatewright.compiler.messages import quote
from gatewright.compiler.patterns import PatternError, parse_value
from gatewright.compiler.syntax import Condition, Effect, Quantifier, Statement, Variable, Wildcard
from gatewright.retired_services import RETIRED
from gatewright.service_data import Action, Reference, Service
from gatewright.service_globs import matches_any
from gatewright.service_report import Named, ServiceReport

MAX_KEY = 256
"""Longest condition key that is judged; tag keys have 128 characters at most."""

_PREFIX = re.compile(r"[a-z0-9-]+")
_UNJUDGED = re.compile(r"[*?]|\$\{")
_TYPES = {
    "String": KeyType.STRING, "ARN": KeyType.ARN, "Bool": KeyType.BOOL, "Numeric": KeyType.NUMERIC,
    "Date": KeyType.DATE, "IPAddress": KeyType.IP,
}  # fmt: skip
_REGION_KEYS = frozenset({"aws:requestedregion", "ec2:region", "account:targetregion"})
_RESOURCE_TAG = "aws:resourcetag/"


def check_keys(report: ServiceReport, reference: Reference, statement: Statement, named: Named) -> None:
    """Check each key of a statement."""
    for condition in statement.conditions:
        report.count(1)
        key = condition.key.lower()
        if len(key) > MAX_KEY or _UNJUDGED.search(key):
            continue
        if key.startswith(_RESOURCE_TAG):
            _check_resource_tag(report, statement, condition, named)
        elif key not in GLOBAL_KEYS:
            _check_service_key(report, reference, statement, condition, key, named)


def check_regions(report: ServiceReport, statement: Statement, regions: Collection[str]) -> None:
    """Check the values of keys that hold the name of a Region."""
    for condition in statement.conditions:
        if condition.key.lower() not in _REGION_KEYS or not condition.operator.base.startswith("String"):
            continue
        is_folded = condition.operator.base.endswith("IgnoreCase")
        for i, text in enumerate(condition.values):
            report.count(1)
            value = text.lower() if is_folded else text
            if value in regions or (condition.operator.base.endswith("Like") and _fits_region(report, value, regions)):
                continue
            if "${" in text and report.has_variables:
                continue
            path = (*condition.path, i) if report.is_list(condition.path) else condition.path
            hint = report.suggest(value, regions)
            report.add("GW720", path, f"there is no Region {quote(text)}", hint and f"did you mean `{hint}`?")


def _fits_region(report: ServiceReport, text: str, regions: Collection[str]) -> bool:
    report.count(len(regions))
    try:
        parts = parse_value(text, wildcards=True, variables=report.has_variables).parts
    except PatternError:
        return True
    return any(isinstance(part, Wildcard | Variable) for part in parts) and matches_any(parts, regions)


def _check_service_key(
    report: ServiceReport, reference: Reference, statement: Statement, condition: Condition, key: str, named: Named
) -> None:
    prefix, _, name = key.partition(":")
    shown = quote(condition.key)
    service = reference.find(prefix)
    if service is None or not name:
        # Keys of identity providers, such as `accounts.google.com:aud`, have no service.
        if name and prefix != "aws" and _PREFIX.fullmatch(prefix) and prefix not in reference.key_prefixes:
            if prefix in RETIRED:
                message = f"{shown} is a key of {RETIRED[prefix]}, which AWS has switched off"
                report.add("GW704", condition.path, message, is_key=True)
                return
            hint = report.suggest(prefix, reference.names)
            message = f"no service has the prefix of the condition key {shown}"
            report.add("GW705", condition.path, message, hint and f"did you mean `{hint}`?", is_key=True)
        return
    entries = service.find_keys(key)
    if not entries:
        # Services list keys of others too: `ec2:SourceInstanceARN` stands with Systems Manager.
        report.count(len(reference.names))
        if not reference.has_key(key):
            hint = report.suggest(condition.key, service.keys)
            message = f"{quote(service.name)} has no condition key {shown}"
            report.add("GW702", condition.path, message, hint and f"did you mean `{hint}`?", is_key=True)
            return
    else:
        _check_type(report, statement, condition, service, min(entries))
    # Access Analyzer does not judge the key beside an action with a wildcard (R182).
    if not named.is_known or any(meaning.is_glob for _, _, meaning in named.entries):
        return
    report.count(len(named.entries))
    actions = [(path, meaning.service, action) for path, _, meaning in named.entries for action in meaning.actions()]
    if any(owner.find_keys(key) & action.keys for _, owner, action in actions):
        if entries:
            _check_spread(report, statement, condition, entries, [action for _, _, action in actions])
    elif entries & service.supplied_keys and not any(_is_untold(service, owner, each) for _, owner, each in actions):
        report.add("GW703", condition.path, f"no action of the statement has the key {shown}", is_key=True)


def _is_untold(service: Service, owner: Service, action: Action) -> bool:
    """Tell whether the reference lists no key for an action of the key's own service: Marketplace's has no lists."""
    return owner is service and not action.keys


def _check_type(
    report: ServiceReport, statement: Statement, condition: Condition, service: Service, entry: str
) -> None:
    """Report an operator that does not suit what the key holds; these are the checks that AWS-wide keys have too."""
    key = service.key(entry)
    base, quantifier = condition.operator.base, condition.operator.quantifier
    kind = _TYPES.get(key.type)
    if kind is None or base in ("Null", "BinaryEquals"):
        return
    shown = quote(condition.key)
    # Keys that the caller names, such as those of an encryption context, may hold ARNs.
    is_open = "$" in entry or "<" in entry
    if find_family(base) not in SUITABLE[kind] and not (is_open and base.startswith("Arn")):
        report.add("GW706", condition.path, f"{shown} holds {kind}, which {quote(base)} does not suit", is_key=True)
    elif kind is KeyType.ARN and base in ("StringLike", "StringNotLike"):
        report.add("GW709", condition.path, f"{quote(base)} compares {shown} as plain text", is_key=True)
    if key.is_multivalued and quantifier is None:
        message = f"{shown} has several values, and {quote(base)} needs a qualifier"
        report.add("GW707", condition.path, message, is_key=True)
    elif not key.is_multivalued and quantifier is Quantifier.ALL and statement.effect is Effect.ALLOW:
        message = f"`ForAllValues` on {shown} allows every request that lacks the key"
        report.add("GW708", condition.path, message, is_key=True)


def _check_spread(
    report: ServiceReport, statement: Statement, condition: Condition, entries: set[str], actions: list[Action]
) -> None:
    """Report a key that some resources of a call have and others lack, each being judged on its own (R164).

    EC2 works so; of other services the reference lists keys with one type that come with every request.
    """
    operator = condition.operator
    if operator.base == "Null" or operator.if_exists or operator.quantifier:
        return
    if "*" not in statement.resources or statement.is_not_resource:
        return
    is_allow = statement.effect is Effect.ALLOW
    # Absent keys fail positive tests and pass negated ones (R71): an Allow of the former kind never suffices, a Deny of
    # the latter always bites.
    if is_allow is ("Not" in operator.base):
        return
    for action in actions:
        if not action.name.startswith("ec2:") or entries & action.own_keys:
            continue
        lacking = sorted(kind.name for kind in action.required if not entries & action.type_keys[kind])
        if lacking and len(lacking) < len(action.types):
            what = f"{quote(action.name)} is judged on {quote(lacking[0])} too, which lacks {quote(condition.key)}"
            report.add("GW726" if is_allow else "GW727", condition.path, what, is_key=True)
            return


def _check_resource_tag(report: ServiceReport, statement: Statement, condition: Condition, named: Named) -> None:
    """Report what has no tags that policies could test."""
    operator = condition.operator
    if operator.base == "Null" or operator.if_exists or operator.quantifier:
        return
    is_allow = statement.effect is Effect.ALLOW
    if statement.is_not_action:
        code, what = ("GW723", "not allowed") if is_allow else ("GW725", "judged without it")
        message = f"what does not supply {quote(condition.key)} is {what}"
        report.add(code, condition.path, message, is_key=True)
        return
    for path, text, meaning in named.entries:
        report.count(1)
        if not meaning.service.has_resource_tags:
            message = f"{quote(meaning.service.name)} does not supply {quote(condition.key)} with {quote(text)}"
            report.add("GW722" if is_allow else "GW724", path, message)
