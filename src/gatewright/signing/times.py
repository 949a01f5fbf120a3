"""Read the times of signed requests."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from gatewright.signing.deviations import Deviation

TIME_WITHOUT_ZONE = Deviation.TIME_WITHOUT_ZONE
TIME_WITH_FRACTION = Deviation.TIME_WITH_FRACTION
TIME_WITH_OFFSET = Deviation.TIME_WITH_OFFSET
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_EXTENDED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d)?", re.ASCII
)
_HTTP = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Instant(NamedTuple):
    """A time of a request, as a date and in seconds since 1970."""

    time: datetime
    seconds: float

    def later(self, seconds: float) -> Instant:
        """Return the time so many seconds later."""
        return Instant(self.time + timedelta(seconds=seconds), self.seconds + seconds)


# Requests of one second have the same text; no text longer than a time reaches a cache.
@lru_cache(maxsize=4096)
def read_basic(text: str) -> Instant | None:
    """Read version 4's form, ``20110715T000000Z``; None where it is none."""
    match = _BASIC.fullmatch(text)
    return match and _instant(tuple(map(int, match.groups())), UTC, 0)


@lru_cache(maxsize=4096)
def read_extended(text: str, tolerate: frozenset[Deviation]) -> Instant | None:
    """Read version 2's form, ``2011-07-15T00:00:00Z``, percent-encoded; None where it is none, or deviates too much."""
    # A bare `+` of an offset arrives as an encoded space.
    match = _EXTENDED.fullmatch(text.replace("%3A", ":").replace("%2B", "+").replace("%20", "+"))
    if match is None:
        return None
    zone, fraction = match["zone"], match["fraction"]
    if zone is None and TIME_WITHOUT_ZONE not in tolerate:
        return None
    if fraction is not None and TIME_WITH_FRACTION not in tolerate:
        return None
    offset = UTC
    if zone not in (None, "Z"):
        hours, minutes = int(zone[1:3]), int(zone[4:])
        if TIME_WITH_OFFSET not in tolerate or hours > 14 or minutes > 59:
            return None
        offset = timezone(timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1))
    microseconds = int(f"{fraction[1:]:0<6}"[:6]) if fraction else 0
    return _instant(tuple(map(int, match.groups()[:6])), offset, microseconds)


@lru_cache(maxsize=4096)
def read_http(text: str) -> Instant | None:
    """Read HTTP's form, ``Fri, 15 Jul 2011 00:00:00 GMT`` (RFC 9110, 5.6.7); None where it is none."""
    match = _HTTP.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, *rest = match.groups()
    return _instant((int(year), _MONTHS.index(match[2]) + 1, int(day), *map(int, rest)), UTC, 0)


def _instant(numbers: tuple[int, ...], zone: timezone, microseconds: int) -> Instant | None:
    year, month, day, hour, minute, second = numbers
    try:
        time = datetime(year, month, day, hour, minute, second, microseconds, zone).astimezone(UTC)
        return Instant(time, time.timestamp())
    except (ValueError, OverflowError):
        return None


TIME_LIMIT = 60
"""No text longer than this is a time."""
