"""Check of condition values under their operator (R81-R90, R102)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from .check_keys import SENSITIVE_KEYS, UNTRUSTWORTHY_KEYS
from .check_report import Report
from .errors import Path
from .messages import quote
from .patterns import PatternError, parse_value, split_arn
from .syntax import Operator, Part, Pattern, Quantifier, Variable, Wildcard
from .values import Network, parse_binary, parse_boolean, parse_instant, parse_network, parse_number

Places = list[tuple[Path, str]]
_Value = TypeVar("_Value")

# Networks of private use: RFC 1918, loopback, link-local, carrier-grade NAT, and IPv6's unique local addresses.
_PRIVATE = tuple(
    map(
        parse_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7",
         "fe80::/10", "::1"),
    )
)  # fmt: skip

_IDS = {
    "aws:sourcevpc": ("GW256", "VPC", re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")),
    "aws:sourcevpce": ("GW257", "VPC endpoint", re.compile(r"vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})")),
}
# Names of keys that hold a key of KMS, and what such a key is called: by ARN, id or alias.
_KMS_NAMES = ("kmskey", "kms-key")
_KMS_KEY = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:(?:key|alias)/.+|(?:mrk-)?[0-9a-f-]{32,36}|alias/.+")
_ESCAPE = re.compile(r"\$\{[*?$]\}")


def check_values(report: Report, operator: Operator, key: str, texts: Places, path: Path, *, effect: object) -> None:
    """Check the values of one key, which is given in lower case."""
    if key in UNTRUSTWORTHY_KEYS:
        report.add("GW260", path, f"the caller sets {quote(path_key(path))} at will", is_key=True)
    base = operator.base
    if base.startswith("String"):
        _check_strings(report, operator, key, texts, path)
    elif base.startswith("Arn"):
        _check_arns(report, operator, key, texts, path)
    elif base.startswith("Numeric"):
        _check_numbers(report, base, texts, path)
    elif base.startswith("Date"):
        _check_dates(report, base, key, texts, path)
    elif base in ("Bool", "Null"):
        _check_booleans(report, texts, path)
        if base == "Bool" and key == "aws:multifactorauthpresent" and effect == "Deny" and not operator.if_exists:
            if any(text.lower() == "false" for _, text in texts):
                report.add(
                    "GW264", path, "`aws:MultiFactorAuthPresent` is absent for long-term credentials", is_key=True
                )
    elif base == "BinaryEquals":
        _read_typed(report, "GW243", parse_binary, texts)
    else:
        _check_networks(report, base, key, texts, path, is_deny=effect == "Deny")


def path_key(path: Path) -> str:
    """Return the condition key in which a path ends."""
    return str(path[-1])


def _read_typed(report: Report, code: str, parse: Callable[[str], _Value], texts: Places) -> list[tuple[Path, _Value]]:
    values = []
    for place, text in texts:
        if "${" in text and report.has_variables:
            report.add("GW244", place, f"this operator takes no policy variable such as {quote(text)}")
            continue
        try:
            values.append((place, parse(text)))
        except ValueError as error:
            report.add(code, place, str(error))
    return values


def _check_numbers(report: Report, base: str, texts: Places, path: Path) -> None:
    values = _read_typed(report, "GW232", parse_number, texts)
    _check_bounds(report, base, len(values), path)


def _check_dates(report: Report, base: str, key: str, texts: Places, path: Path) -> None:
    values = _read_typed(report, "GW230", parse_instant, texts)
    _check_bounds(report, base, len(values), path)
    if key != "aws:epochtime":
        sound = {place for place, _ in values}
        for place, text in texts:
            if text.isdecimal() and place in sound:
                report.add("GW231", place, f"the date {quote(text)} is a number of seconds")


def _check_bounds(report: Report, base: str, count: int, path: Path) -> None:
    if count > 1 and ("Less" in base or "Greater" in base):
        report.add("GW246", path, f"of {count} bounds under {quote(base)} only the loosest counts")


def _check_booleans(report: Report, texts: Places, path: Path) -> None:
    values = _read_typed(report, "GW233", parse_boolean, texts)
    if len({value for _, value in values}) > 1:
        report.add("GW235", path, "`true` and `false` as alternatives hold for every value")
    for place, text in texts:
        if text not in ("true", "false") and text.lower() in ("true", "false"):
            report.add("GW234", place, f"the boolean {quote(text)} is not in lower case", f"write `{text.lower()}`")


def _check_networks(report: Report, base: str, key: str, texts: Places, path: Path, *, is_deny: bool) -> None:
    networks = _read_typed(report, "GW236", parse_network, texts)
    written = dict(texts)
    for place, network in networks:
        text = written[place]
        if "/" in text and parse_network(text.partition("/")[0]).first != network.first:
            report.add("GW237", place, f"{quote(text)} has bits beyond its mask, which are ignored")
    if key != "aws:sourceip" or not networks:
        return
    is_negated = base == "NotIpAddress"
    private = sum(map(_is_private, (network for _, network in networks)))
    if private == len(networks):
        report.add("GW239" if is_negated else "GW238", path, "`aws:SourceIp` never holds a private address")
    elif private:
        report.add(
            "GW241" if is_negated else "GW240", path, "`aws:SourceIp` never holds a private address, and some are"
        )
    if is_negated and is_deny and all(network.family == 4 for _, network in networks):
        report.add("GW242", path, "the Deny hits every caller with an IPv6 address")


@lru_cache(1 << 12)
def _is_private(network: Network) -> bool:
    return any(
        private.family == network.family and private.first <= network.first and network.last <= private.last
        for private in _PRIVATE
    )


def _parse_pattern(report: Report, text: str, place: Path, *, wildcards: bool) -> Pattern | None:
    if "${" in text and not report.has_variables:
        report.add("GW129", place, f"the variable in {quote(text)} is plain text in the old version")
    try:
        return parse_value(text, wildcards=wildcards, variables=report.has_variables)
    except PatternError as error:
        report.add(error.code, place, error.message, error.hint)
        return None


def _check_strings(report: Report, operator: Operator, key: str, texts: Places, path: Path) -> None:
    is_like = operator.base.endswith("Like")
    for place, text in texts:
        pattern = _parse_pattern(report, text, place, wildcards=is_like)
        if pattern is None:
            continue
        has_wildcards = is_like and any(isinstance(part, Wildcard) for part in pattern.parts)
        if is_like and text == "*":
            _report_star(report, operator, place)
        elif key in SENSITIVE_KEYS and any(map(_is_open_variable, pattern.parts)):
            report.add("GW255", place, f"the variable in {quote(text)} lets strangers in")
        elif key in SENSITIVE_KEYS and has_wildcards:
            report.add("GW254", place, f"the wildcard in {quote(text)} lets strangers in")
        elif key == "aws:userid" and has_wildcards and _is_wide_user_id(text):
            report.add("GW254", place, f"the wildcard in {quote(text)} lets strangers in", "put it behind the colon")
        elif key in _IDS and pattern.is_literal and not _IDS[key][2].fullmatch(text):
            code, what, _ = _IDS[key]
            report.add(code, place, f"{quote(text)} is no {what} id")
        elif pattern.is_literal and _is_no_kms_key(key, text):
            report.add("GW258", place, f"{quote(text)} is no key of KMS")
        elif not is_like and ("*" in text or "?" in text) and re.search(r"[*?]", _ESCAPE.sub("", text)):
            report.add(
                "GW245", place, f"`*` and `?` are plain characters in {quote(text)} under {quote(operator.base)}"
            )


def _is_open_variable(part: Part) -> bool:
    """Tell whether a part is a variable whose value others than AWS may set; its own names of networks are sound."""
    return isinstance(part, Variable) and part.key.lower() not in SENSITIVE_KEYS | {"aws:ec2instancesourcevpc"}


def _is_wide_user_id(text: str) -> bool:
    left = text.partition(":")[0]
    return left != "*" and ("*" in left or "?" in left)


def _report_star(report: Report, operator: Operator, path: Path) -> None:
    """Tell what a lone star under a Like operator comes to (results: R71, R72, R76, R77)."""
    is_negated = "Not" in operator.base
    if operator.quantifier is Quantifier.ANY and is_negated:
        code, what = "GW253", "never holds"
    elif not is_negated and (operator.if_exists or operator.quantifier is Quantifier.ALL):
        code, what = "GW252", "always holds"
    elif is_negated:
        code, what = "GW251", "only tests absence"
    else:
        code, what = "GW250", "only tests presence"
    report.add(code, path, f"{quote(str(operator))} with a lone `*` {what}")


def _is_no_kms_key(key: str, text: str) -> bool:
    name = key.partition(":")[2]
    return any(word in name for word in _KMS_NAMES) and not _KMS_KEY.fullmatch(text)


def _check_arns(report: Report, operator: Operator, key: str, texts: Places, path: Path) -> None:
    for place, text in texts:
        pattern = _parse_pattern(report, text, place, wildcards=True)
        if pattern is None:
            continue
        if split_arn(pattern) is None:
            report.add(
                "GW247", place, f"{quote(text)} is no ARN of six fields, so {quote(str(operator))} never matches it"
            )
        elif pattern.is_literal and _is_no_kms_key(key, text):
            report.add("GW258", place, f"{quote(text)} is no key of KMS")
