"""Typed condition values: what is read, what is refused, and that order and equality are those of the values."""

from __future__ import annotations

import base64
import calendar
import ipaddress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.compiler.values import (
    MAX_EPOCH,
    Network,
    Number,
    parse_address,
    parse_binary,
    parse_boolean,
    parse_instant,
    parse_network,
    parse_number,
)

NUMBERS = st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(NUMBERS, NUMBERS)
def test_numbers_compare_by_value(left: str, right: str) -> None:
    """Order and equality of numbers are those of exact decimals (R84)."""
    ours = parse_number(left), parse_number(right)
    exact = Decimal(left), Decimal(right)
    assert (ours[0] < ours[1]) == (exact[0] < exact[1])
    assert (ours[0] == ours[1]) == (exact[0] == exact[1])
    assert (ours[0] >= ours[1]) == (exact[0] >= exact[1])


@given(NUMBERS)
def test_numbers_are_normal(text: str) -> None:
    """A number's digits neither begin nor end with 0, and spell its value."""
    number = parse_number(text)
    assert not number.digits.startswith("0") and not number.digits.endswith("0")
    value = Decimal(f"0.{number.digits or '0'}").scaleb(number.exponent)
    assert (-value if number.is_negative else value) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", Number(False, "", 0)),
        ("-0.00e7", Number(False, "", 0)),
        ("0010", Number(False, "1", 2)),
        ("-12.50", Number(True, "125", 2)),
        ("0.001", Number(False, "1", -2)),
        ("1e999999999", Number(False, "1", 1_000_000_000)),
        ("9" * 255, Number(False, "9" * 255, 255)),
    ],
)
def test_numbers(text: str, number: Number) -> None:
    """Signs, zeros, fractions and exponents (R84)."""
    assert parse_number(text) == number


def test_hostile_exponents_cost_nothing() -> None:
    """Numbers far apart compare without being expanded."""
    assert parse_number("1e999999999") > parse_number("9" * 200)
    assert parse_number("-1e999999999") < parse_number("1e-999999999")
    assert parse_number("0e999999999") == parse_number("0")


@pytest.mark.parametrize(
    "text", ["", "ten", "1.", ".5", "1e", "1e1234567890", " 1", "1 ", "0x10", "1_000", "٣", "--1", "1,5", "9" * 256]
)
def test_no_numbers(text: str) -> None:
    """Whatever the grammar does not have is no number."""
    with pytest.raises(ValueError, match="is not a number"):
        parse_number(text)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-1439, 1439))
def test_dates_are_instants(moment: datetime, offset: int) -> None:
    """A date with a zone is the instant that the calendar says (R85)."""
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    seconds, nanoseconds = parse_instant(f"{moment.strftime('%Y').zfill(4)}{moment:-%m-%dT%H:%M:%S.%f}{zone}")
    since = moment.replace(tzinfo=UTC) - timedelta(minutes=offset) - datetime(1970, 1, 1, tzinfo=UTC)
    assert seconds == since // timedelta(seconds=1)
    assert nanoseconds == since.microseconds * 1000


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2018-08-10T00:00:00Z", (1533859200, 0)),
        ("2018-08-10t00:00:00z", (1533859200, 0)),
        ("2018-08-10T00:00:00", (1533859200, 0)),
        ("2018-08-10T00:00Z", (1533859200, 0)),
        ("2018-08-10T05:30+05:30", (1533859200, 0)),
        ("2018-08-09T23:00:00-01", (1533859200, 0)),
        ("2018-08-10", (1533859200, 0)),
        ("2018-08", (1533081600, 0)),
        ("2018-08-10T00:00:00.123456789Z", (1533859200, 123456789)),
        ("1969-12-31T23:59:59.5Z", (-1, 500_000_000)),
        ("0000-01-01", (-62167219200, 0)),
        ("2018", (2018, 0)),
        ("1533859200.5", (1533859200, 500_000_000)),
        ("000", (0, 0)),
        (str(MAX_EPOCH), (MAX_EPOCH, 0)),
    ],
)
def test_instants(text: str, instant: tuple[int, int]) -> None:
    """Dates with and without time and zone, and epoch seconds (R85)."""
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "234-13", "2018-13", "2018-00-01", "2018-02-29", "2018-04-31", "2018-08-00", "2018-08-10T24:00Z",
        "2018-08-10T00:60Z", "2018-08-10T00:00:60Z", "2018-08-10T00:00:00.1234567890Z", "2018-08-10T0:00Z", "01T",
        "2018-08-10T00", "2018-08-10T00:00:00+24:00", "2018-08-10T00:00:00+0530", "2018-08-10 00:00:00Z", "-5", "1e9",
        "2018-08-*", "soon", "9223372036854775808", "9" * 100_000, "12018-01-01", "2018-08-10Z",
    ],
)  # fmt: skip
def test_no_instants(text: str) -> None:
    """Dates that do not exist, and texts that are none."""
    with pytest.raises(ValueError, match="`"):
        parse_instant(text)


@pytest.mark.parametrize("year", [1, 1900, 2000, 2023, 2024, 9999])
def test_months_end_as_in_the_calendar(year: int) -> None:
    """The last day of each month is a day, the next is none, in common years, leap years and centuries (R85)."""
    for month in range(1, 13):
        last = calendar.monthrange(year, month)[1]
        moment = datetime(year, month, last, tzinfo=UTC)
        assert parse_instant(f"{year:04}-{month:02}-{last}") == (int(moment.timestamp()), 0)
        with pytest.raises(ValueError, match="a day that its month does not have"):
            parse_instant(f"{year:04}-{month:02}-{last + 1}")


@given(st.ip_addresses())
def test_addresses_have_any_legal_spelling(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Compressed, exploded and upper-case spellings are one address (R88)."""
    wanted = address.version, int(address)
    assert parse_address(address.compressed) == wanted
    assert parse_address(address.exploded.upper()) == wanted
    assert parse_network(address.compressed) == Network(address.version, int(address), int(address))


@given(st.ip_addresses(), st.data())
def test_networks_ignore_bits_beyond_the_mask(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, data: st.DataObject
) -> None:
    """A range is what its mask says, whatever the rest of its address (R88)."""
    mask = data.draw(st.integers(0, address.max_prefixlen))
    network = ipaddress.ip_network(f"{address}/{mask}", strict=False)
    wanted = Network(address.version, int(network.network_address), int(network.broadcast_address))
    assert parse_network(f"{address}/{mask}") == wanted


def test_families_are_apart() -> None:
    """All of IPv4 and all of IPv6 are different ranges; an IPv4-mapped address is IPv6 (R88)."""
    assert parse_network("0.0.0.0/0") == Network(4, 0, 2**32 - 1)
    assert parse_network("::/0") == Network(6, 0, 2**128 - 1)
    assert parse_address("::ffff:203.0.113.9") == (6, 0xFFFF_CB00_7109)


def test_longest_addresses() -> None:
    """An address written in full is read, with an IPv4 address at its end, too (R88)."""
    assert parse_address("255.255.255.255") == (4, 2**32 - 1)
    assert parse_address("0000:0000:0000:0000:0000:ffff:255.255.255.255") == (6, 0xFFFF_FFFF_FFFF)


@pytest.mark.parametrize(
    "text",
    [
        "", "203.0.113", "203.0.113.09", "300.1.1.1/8", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/08",
        "203.0.113.0/255.255.255.0", "203.0.113.0/-1", "::/129", "1::2::3", "fe80::1%eth0", "[::1]", "203.0.113.*",
        "203.0.113.0 /24", "٢.0.0.1", "1:2:3:4:5:6:7:8::", "::g", "1" * 100_000,
    ],
)  # fmt: skip
def test_no_networks(text: str) -> None:
    """Whatever RFC 4632 and RFC 4291 do not have is no range."""
    with pytest.raises(ValueError, match="`"):
        parse_network(text)


@given(st.binary(max_size=40))
def test_binary_is_base64(data: bytes) -> None:
    """Bytes survive their base64 spelling (R87)."""
    assert parse_binary(base64.b64encode(data).decode()) == data


@pytest.mark.parametrize(
    "text", ["a", "aGk", "aGk=\n", "aG k", "not base64!", "====", "a===", "=aGk", "aGk=aGk=", "-_-_"]
)
def test_no_binary(text: str) -> None:
    """Padding is needed, and there is one alphabet."""
    with pytest.raises(ValueError, match="is not base64"):
        parse_binary(text)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("FALSE", False), ("True", True)])
def test_booleans(text: str, value: bool) -> None:
    """The two words in either case (R86)."""
    assert parse_boolean(text) is value


@pytest.mark.parametrize("text", ["", "yes", "1", "tru", " true", "falſe"])
def test_no_booleans(text: str) -> None:
    """No other word is a boolean; a long s is none of the letters."""
    with pytest.raises(ValueError, match="neither"):
        parse_boolean(text)
