"""Read the parameters of the Query API, within the limits of the API reference."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gatewright.sts.errors import StsError

Parameters = Mapping[str, str]

_SHOWN_LIMIT = 200


class Text(NamedTuple):
    """Limits of a text parameter: characters, and what it is made of."""

    shortest: int
    longest: int
    pattern: str


# Limits and patterns: the request parameters of each operation (STS API reference, 2011-06-15).
_NAME = r"[\w+=,.@-]*"
ROLE_ARN = Text(20, 2048, r"[\t\n\r -~\x85\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]+")
SESSION_NAME = Text(2, 64, _NAME)
FEDERATED_NAME = Text(2, 32, _NAME)
SOURCE_IDENTITY = Text(2, 256, _NAME)
EXTERNAL_ID = Text(2, 1224, r"[\w+=,.@:/-]*")
SERIAL_NUMBER = Text(9, 256, r"[\w+=/:,.@-]*")
TOKEN_CODE = Text(6, 6, r"\d*")
POLICY = Text(1, 2048, r"[\t\n\r -\xFF]+")
POLICY_ARN = Text(20, 2048, ROLE_ARN.pattern)
ENCODED_MESSAGE = Text(1, 10240, r"[^\0]*")
TAG_LIMIT = 50
POLICY_ARN_LIMIT = 10
TAG_KEY_LIMIT, TAG_VALUE_LIMIT = 128, 256


def read_text(parameters: Parameters, name: str, limits: Text) -> str | None:
    """Return a parameter, or None where it is absent.

    Raises
    ------
    StsError
        `ValidationError`: too short, too long, other characters.
    """
    value = parameters.get(name)
    if value is None:
        return None
    if len(value) < limits.shortest:
        raise invalid(value, name, f"Member must have length greater than or equal to {limits.shortest}")
    if len(value) > limits.longest:
        raise invalid(value, name, f"Member must have length less than or equal to {limits.longest}")
    if re.fullmatch(limits.pattern, value, re.ASCII) is None:
        raise invalid(value, name, f"Member must satisfy regular expression pattern: {limits.pattern}")
    return value


def require_text(parameters: Parameters, name: str, limits: Text) -> str:
    """Return a parameter that has to be there."""
    value = read_text(parameters, name, limits)
    if value is None:
        raise invalid(None, name, "Member must not be null")
    return value


def read_seconds(parameters: Parameters, default: int, longest: int) -> int:
    """Return DurationSeconds, from 900 to `longest`."""
    value = parameters.get("DurationSeconds")
    if value is None:
        return default
    if re.fullmatch(r"[+-]?\d{1,10}", value, re.ASCII) is None:
        raise StsError("ValidationError", f"`{shown(value)}` is not a valid value for DurationSeconds")
    seconds = int(value)
    if seconds < 900:
        raise invalid(value, "DurationSeconds", "Member must have value greater than or equal to 900")
    if seconds > longest:
        raise invalid(value, "DurationSeconds", f"Member must have value less than or equal to {longest}")
    return seconds


def read_tags(parameters: Parameters) -> dict[str, str]:
    """Return the session tags of ``Tags.member.N.Key`` and ``Tags.member.N.Value``.

    Raises
    ------
    StsError
        Too many, repeated (keys are compared without case), malformed, or of AWS's own keys.
    """
    members = _read_members(parameters, "Tags", ("Key", "Value"), TAG_LIMIT)
    tags: dict[str, str] = {}
    seen: set[str] = set()
    for number, member in enumerate(members, 1):
        key, value = member.get("Key"), member.get("Value")
        if key is None or value is None:
            raise invalid(None, f"Tags.{number}.member.{'key' if key is None else 'value'}", "Member must not be null")
        _check_tag(key, f"Tags.{number}.member.key", 1, TAG_KEY_LIMIT)
        _check_tag(value, f"Tags.{number}.member.value", 0, TAG_VALUE_LIMIT)
        if key.lower().startswith("aws:"):
            raise StsError("InvalidParameterValue", "Tag keys may not begin with `aws:`.")
        if key.lower() in seen:
            message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            raise StsError("InvalidParameterValue", message)
        seen.add(key.lower())
        tags[key] = value
    return tags


def read_transitive_tags(parameters: Parameters, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of ``TransitiveTagKeys.member.N``, each of which has to be that of a tag."""
    keys = tuple(_read_texts(parameters, "TransitiveTagKeys", TAG_LIMIT))
    spelling = {key.lower(): key for key in tags}
    for number, key in enumerate(keys, 1):
        _check_tag(key, f"TransitiveTagKeys.{number}.member", 1, TAG_KEY_LIMIT)
        if key.lower() not in spelling:
            message = f"The specified transitive tag key must be included in the requested tags: {shown(key)}"
            raise StsError("InvalidParameterValue", message)
    return tuple(dict.fromkeys(spelling[key.lower()] for key in keys))


def read_policy_arns(parameters: Parameters, knows_policy: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the managed policies of ``PolicyArns.member.N.arn``."""
    arns = []
    for number, member in enumerate(_read_members(parameters, "PolicyArns", ("arn",), POLICY_ARN_LIMIT), 1):
        arn = require_text(
            {f"PolicyArns.{number}.member.arn": member["arn"]}, f"PolicyArns.{number}.member.arn", POLICY_ARN
        )
        if not knows_policy(arn):
            raise StsError("InvalidParameterValue", f"There is no managed policy {shown(arn)}.")
        arns.append(arn)
    return tuple(arns)


def _read_texts(parameters: Parameters, name: str, limit: int) -> list[str]:
    return [member[""] for member in _read_members(parameters, name, ("",), limit)]


def _read_members(parameters: Parameters, name: str, fields: tuple[str, ...], limit: int) -> list[dict[str, str]]:
    """Return the members of a list, numbered from 1 without gaps: what lies behind a gap would be read by nobody."""
    found: dict[int, dict[str, str]] = {}
    prefix = f"{name}.member."
    for parameter, value in parameters.items():
        if not parameter.startswith(prefix):
            continue
        number, _, rest = parameter[len(prefix) :].partition(".")
        if rest not in fields or re.fullmatch(r"[1-9]\d{0,5}", number, re.ASCII) is None:
            raise StsError("ValidationError", f"The parameter {shown(parameter)} is not known.")
        found.setdefault(int(number), {})[rest] = value
    if len(found) > limit:
        raise invalid(f"{len(found)} members", name, f"Member must have length less than or equal to {limit}")
    if found and max(found) != len(found):
        raise StsError("ValidationError", f"The members of {name} are not numbered from 1 on.")
    return [found[number] for number in sorted(found)]


def _check_tag(text: str, name: str, shortest: int, longest: int) -> None:
    if not shortest <= len(text) <= longest:
        raise invalid(text, name, f"Member must have length between {shortest} and {longest}")
    if not all(character in "_.:/=+-@" or unicodedata.category(character)[0] in "LZN" for character in text):
        raise invalid(text, name, "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")


def invalid(value: str | None, name: str, constraint: str) -> StsError:
    """Return the error for a value that fails a constraint, in AWS's words."""
    value_text = "null" if value is None else f"'{shown(value)}'"
    member = name[0].lower() + name[1:]
    message = (
        f"1 validation error detected: Value {value_text} at '{member}' failed to satisfy constraint: {constraint}"
    )
    return StsError("ValidationError", message)


def shown(text: str) -> str:
    """Return the client's text as a message can show it: short, without control characters."""
    text = text if len(text) <= _SHOWN_LIMIT else f"{text[: _SHOWN_LIMIT - 3]}..."
    return text if text.isprintable() else text.encode("unicode_escape").decode()
