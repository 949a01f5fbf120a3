"""Parsers of typed condition values (R84-R88): text to numbers, instants, address ranges, bytes and booleans.

Check and lowering read policy values with them, and the runtime reads request values by the same grammars, so each
docstring states its grammar in full.  Every parser raises ValueError with a message for users.  All grammars are ASCII
and leave no room for blanks, wildcards or variables.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import NamedTuple

from .messages import quote

MAX_NUMBER_LENGTH = 255
"""Longest text of a number, so that a runtime can count its digits in a byte."""

MAX_EPOCH = 2**63 - 1
"""Latest instant, in seconds since 1970-01-01T00:00:00Z (R85)."""

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?")
_EPOCH = re.compile(r"([0-9]+)(?:\.([0-9]{1,9}))?")
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}(?::[0-9]{2})?)?)?)?"
)
_MASK = re.compile(r"0|[1-9][0-9]{0,2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")

_CACHED = 1 << 14
_CACHED_LENGTH = 64  # no range is written longer

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@total_ordering
@dataclass(frozen=True, slots=True)
class Number:
    """An exact decimal number: ``0.DIGITS * 10 ** exponent``, negative if ``is_negative``.

    INVARIANT (normal form): ``digits`` neither begins nor ends with 0; zero is ``Number(False, "", 0)``.  So equal
    numbers are equal objects, and of two positive numbers the greater has the greater exponent or, with equal
    exponents, the digits that come later in the order of text.  Nothing is ever expanded: ``1e999999999`` is
    ``Number(False, "1", 1000000000)``.
    """

    is_negative: bool
    digits: str
    exponent: int

    def __lt__(self, other: Number) -> bool:
        if self.is_negative != other.is_negative:
            return self.is_negative
        low, high = (other, self) if self.is_negative else (self, other)
        # Zero has no digits and stands below every other magnitude, whatever the exponent.
        return (bool(low.digits), low.exponent, low.digits) < (bool(high.digits), high.exponent, high.digits)


class Network(NamedTuple):
    """A range of addresses as integers, both ends included; ``family`` is 4 or 6."""

    family: int
    first: int
    last: int


def parse_number(text: str) -> Number:
    """Read an integer or decimal number (R84).

    Grammar, at most 255 characters::

        number   = [ "+" | "-" ] digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] exponent ]
        digits   = one or more of 0-9; leading zeros mean nothing
        exponent = 1 to 9 of 0-9

    Numbers compare by value: ``10``, ``10.0``, ``0010`` and ``1e1`` are equal, and so are ``0`` and ``-0``.

    >>> parse_number("-12.50")
    Number(is_negative=True, digits='125', exponent=2)
    >>> parse_number("1e3") == parse_number("1000.0")
    True
    """
    match = _NUMBER.fullmatch(text) if len(text) <= MAX_NUMBER_LENGTH else None
    if match is None:
        raise ValueError(f"{quote(text)} is not a number")
    sign, whole, fraction, exponent = match.groups()
    digits = (whole + (fraction or "")).rstrip("0")
    significant = digits.lstrip("0")
    if not significant:
        return Number(False, "", 0)
    point = len(whole) - (len(digits) - len(significant))
    return Number(sign == "-", significant, point + int(exponent or 0))


def parse_instant(text: str) -> tuple[int, int]:
    """Read a date or a number of epoch seconds (R85): seconds since 1970-01-01T00:00:00Z, and nanoseconds.

    Grammar::

        instant  = epoch | date
        epoch    = digits [ "." fraction ]          0 to 9223372036854775807; leading zeros mean nothing
        date     = year "-" month [ "-" day [ ( "T" | "t" ) time [ zone ] ] ]
        time     = hour ":" minute [ ":" second [ "." fraction ] ]
        zone     = "Z" | "z" | ( "+" | "-" ) hour [ ":" minute ]
        fraction = 1 to 9 digits

    A year has four digits, 0000 to 9999 of the Gregorian calendar; month, day, hour, minute and second have two and
    must exist: no 30 February, no hour 24, no second 60.  A missing day is the first, a missing time midnight, a
    missing zone UTC.  A text of digits only is always a number of seconds, also one of four digits.

    The seconds fit in an int64 (before 1970 they are negative), the nanoseconds count upwards from them, 0 to
    999,999,999.

    >>> parse_instant("2018-08-10T00:00:00.5Z")
    (1533859200, 500000000)
    >>> parse_instant("1533859200")
    (1533859200, 0)
    """
    match = _EPOCH.fullmatch(text)
    if match is not None:
        seconds, fraction = match.groups()
        significant = seconds.lstrip("0") or "0"
        # The length first: turning a million digits into an integer takes quadratic time.
        if len(significant) > 19 or int(significant) > MAX_EPOCH:
            raise ValueError(f"{quote(text)} is beyond the last instant, {MAX_EPOCH} seconds after 1970")
        return int(significant), int((fraction or "0").ljust(9, "0"))
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{quote(text)} is neither a date such as `2026-01-31T12:00:00Z` nor a number of seconds")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if match[3] is None:
        day = 1
    zone = match[8] or "Z"
    zone_hour, zone_minute = (int(zone[1:3]), int(zone[4:] or 0)) if len(zone) > 1 else (0, 0)
    if not 1 <= month <= 12:
        raise ValueError(f"{quote(text)} has no valid month")
    if not 1 <= day <= _DAYS_IN_MONTH[month - 1] + (month == 2 and _is_leap(year)):
        raise ValueError(f"{quote(text)} names a day that its month does not have")
    if max(hour, zone_hour) > 23 or max(minute, second, zone_minute) > 59:
        raise ValueError(f"{quote(text)} has no valid time of day")
    offset = (zone_hour * 60 + zone_minute) * (-60 if zone[0] == "-" else 60)
    days = _days_since_epoch(year, month, day)
    return days * 86400 + hour * 3600 + minute * 60 + second - offset, int((match[7] or "0").ljust(9, "0"))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_since_epoch(year: int, month: int, day: int) -> int:
    # datetime knows no year 0, which W3C dates have.
    past = year - 1
    leaps = past // 4 - past // 100 + past // 400
    days = past * 365 + leaps + _DAYS_BEFORE_MONTH[month - 1] + (month > 2 and _is_leap(year)) + day - 1
    return days - 719162


def parse_address(text: str) -> tuple[int, int]:
    """Read one address (R88): family 4 or 6, and the address as an integer.

    Grammar: IPv4 is four decimal numbers 0 to 255 without leading zeros, joined by dots.  IPv6 is eight groups of 1 to
    4 hexadecimal digits in either case, joined by colons; one ``::`` may stand for one or more groups of zero; the last
    two groups may be written as an IPv4 address.  No zone (``%eth0``), no brackets.  An IPv4-mapped address such as
    ``::ffff:192.0.2.1`` stays IPv6 and equals no IPv4 address.

    >>> parse_address("192.0.2.1")
    (4, 3221225985)
    """
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        if ":" not in text and len(text) <= 15:
            address = ipaddress.IPv4Address(text)
        elif "%" not in text and len(text) <= 45:
            address = ipaddress.IPv6Address(text)
        else:
            raise ValueError
    except ValueError:
        raise ValueError(f"{quote(text)} is not an address") from None
    return address.version, int(address)


def parse_network(text: str) -> Network:
    """Read an address or a range in CIDR form (R88): family, first and last address.

    Grammar: ``address [ "/" mask ]``, with the address as in `parse_address` and the mask a decimal number without
    leading zeros, 0 to 32 or 0 to 128.  Without a mask the range is that one address.  Bits of the address beyond the
    mask are ignored.

    >>> parse_network("192.0.2.77/24")
    Network(family=4, first=3221225984, last=3221226239)
    """
    return (_parse_network if len(text) <= _CACHED_LENGTH else _parse_network.__wrapped__)(text)


# Policies name the same few ranges again and again, and each is read by the check and by the normal form.
@lru_cache(_CACHED)
def _parse_network(text: str) -> Network:
    address_text, slash, mask_text = text.partition("/")
    try:
        family, address = parse_address(address_text)
    except ValueError:
        raise ValueError(f"{quote(text)} is not an address or a range in CIDR form") from None
    width = 32 if family == 4 else 128
    if not slash:
        return Network(family, address, address)
    if not _MASK.fullmatch(mask_text) or int(mask_text) > width:
        raise ValueError(f"{quote(text)} has no valid mask; IPv{family} masks go from 0 to {width}")
    span = (1 << (width - int(mask_text))) - 1
    return Network(family, address & ~span, address | span)


def parse_binary(text: str) -> bytes:
    """Read base64 text (R87).

    Grammar: groups of four characters of A-Z, a-z, 0-9, ``+`` and ``/``, the last group padded with ``=`` or ``==``.
    Bits left over in a padded group are ignored.  Empty text is no bytes.

    >>> parse_binary("aGk=")
    b'hi'
    """
    if len(text) % 4 or not _BASE64.fullmatch(text):
        raise ValueError(f"{quote(text)} is not base64")
    return base64.b64decode(text)


def parse_boolean(text: str) -> bool:
    """Read ``true`` or ``false`` in either case (R86).

    >>> parse_boolean("True")
    True
    """
    # The length first: lower-casing a long text to compare it would cost its length.
    word = text.lower() if len(text) <= 5 and text.isascii() else ""
    if word not in ("true", "false"):
        raise ValueError(f"{quote(text)} is neither `true` nor `false`")
    return word == "true"
