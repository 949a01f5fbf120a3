"""The kernel's readers of typed values accept what the compiler's parsers accept, and read the same from it."""

from __future__ import annotations

import base64
import ctypes
import shutil
import subprocess
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from engine import compile_world, single_world
from hypothesis import example, given
from hypothesis import strategies as st
from layout import ROOT
from strategies import ADDRESSES, BIG_NUMBERS, INSTANTS, NUMBERS, USERS
from tables import document, statement

from gatewright.compiler.normalize import fold_text
from gatewright.compiler.values import (
    MAX_NUMBER_LENGTH,
    Number,
    parse_address,
    parse_binary,
    parse_instant,
    parse_number,
)
from gatewright.runtime import _table as native


class Decimal(ctypes.Structure):
    """gw_decimal."""

    _fields_ = (
        ("text", ctypes.c_char_p),
        ("first", ctypes.c_size_t),
        ("whole", ctypes.c_size_t),
        ("digit_count", ctypes.c_size_t),
        ("exponent", ctypes.c_int64),
        ("is_negative", ctypes.c_int),
    )


class Instant(ctypes.Structure):
    """gw_instant."""

    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_uint32), ("reserved", ctypes.c_uint32))


class Address(ctypes.Structure):
    """gw_ipv6."""

    _fields_ = (("high", ctypes.c_uint64), ("low", ctypes.c_uint64))


class Reader(Protocol):
    """A reader of the kernel: what it makes of a text, or None when the text is ill-formed."""

    def __call__(self, text: str) -> Any: ...


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Build the readers alone as a library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("readers") / "readers.so"
    source = ROOT / "runtime/kernel/text.c"
    command = [compiler, "-std=c11", "-O1", "-shared", "-fPIC", "-I", ROOT / "runtime/include", source, "-o", library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(library))


@pytest.fixture(scope="session")
def read_number(kernel: ctypes.CDLL) -> Reader:
    """Read as `parse_number` does."""

    def read(text: str) -> Number | None:
        data = text.encode("utf-8", "surrogatepass")
        number = Decimal()
        if not kernel.gw_read_number(data, ctypes.c_size_t(len(data)), ctypes.byref(number)):
            return None
        places = [number.first + i + (i >= number.whole) for i in range(number.digit_count)]
        digits = "".join(chr(data[place]) for place in places)
        return Number(bool(number.is_negative), digits, number.exponent)

    return read


@pytest.fixture(scope="session")
def read_instant(kernel: ctypes.CDLL) -> Reader:
    """Read as `parse_instant` does."""

    def read(text: str) -> tuple[int, int] | None:
        data = text.encode("utf-8", "surrogatepass")
        instant = Instant()
        if not kernel.gw_read_instant(data, ctypes.c_size_t(len(data)), ctypes.byref(instant)):
            return None
        return instant.seconds, instant.nanoseconds

    return read


@pytest.fixture(scope="session")
def read_address(kernel: ctypes.CDLL) -> Reader:
    """Read as `parse_address` does."""

    def read(text: str) -> tuple[int, int] | None:
        data = text.encode("utf-8", "surrogatepass")
        address = Address()
        family = kernel.gw_read_address(data, ctypes.c_size_t(len(data)), ctypes.byref(address))
        return (family, address.high << 64 | address.low) if family else None

    return read


@pytest.fixture(scope="session")
def read_binary(kernel: ctypes.CDLL) -> Reader:
    """Return the canonical spelling that the reader sees."""

    def read(text: str) -> str | None:
        data = text.encode("utf-8", "surrogatepass")
        last, byte = ctypes.c_size_t(), ctypes.c_uint8()
        if not kernel.gw_read_binary(data, ctypes.c_size_t(len(data)), ctypes.byref(last), ctypes.byref(byte)):
            return None
        canonical = bytearray(data)
        if last.value < len(data):
            canonical[last.value] = byte.value
        return canonical.decode()

    return read


def parsed(parse: Callable[[str], Any], text: str) -> Any:
    """Return what a parser of the compiler makes of a text, or None when it refuses it."""
    try:
        return parse(text)
    except ValueError:
        return None


ODD = "0123456789+-.eE:TtZz/=%abfFxgAQ _\u0661\uff11é\x00\udc80"


def near(*texts: str) -> st.SearchStrategy[str]:
    """Make texts a few edits away from good ones."""

    @st.composite
    def edited(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(texts))
        for _ in range(draw(st.integers(0, 3))):
            begin = draw(st.integers(0, len(text)))
            end = draw(st.integers(begin, min(begin + 2, len(text))))
            text = text[:begin] + draw(st.text(st.sampled_from(ODD), max_size=3)) + text[end:]
        return text

    return edited()


EDGES_OF_NUMBERS = (
    "1" * MAX_NUMBER_LENGTH,
    "1" * (MAX_NUMBER_LENGTH + 1),
    "0" * 300,
    "0." + "0" * 250 + "1",
    "1e999999999",
    "1e-999999999",
    "1e1000000000",
    "1e+5",
    "1e+-5",
    "1E05",
    ".5",
    "5.",
    "-",
    "+",
    "+-1",
    "-0.0e9",
    "00.100",
    "100.001",
    "0e0",
    "e5",
    "1e",
    "-.1",
    "1.e1",
    "12345.6789e-4",
    "9" * 100 + "." + "9" * 100,
    "0." + "0" * 253,
    "1\n",
    "0.0100",
    "10.",
)
EDGES_OF_INSTANTS = (
    "9223372036854775807",
    "9223372036854775808",
    "09223372036854775807",
    "0" * 500 + "7",
    "9" * 500,
    "1.1234567890",
    "1.",
    ".1",
    "0.000000001",
    "0000-01-01",
    "0000-02-29",
    "0000-02-30",
    "9999-12-31T23:59:59.999999999+23:59",
    "0000-01-01T00:00-23:59",
    "1900-02-29",
    "2000-02-29",
    "2100-02-29",
    "2023-02-29",
    "2024-00-01",
    "2024-01-00",
    "2024-04-31",
    "2024-1-1",
    "2024-01-01T00",
    "2024-01-01T00:00:00+1",
    "2024-01-01T00:00:00+01",
    "2024-01-01Z",
    "2024-01Z",
    "2024-01-01T23:60",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+00:60",
    "2024",
    "202401",
    "2024-01-01T00:00:00.",
    "2024-01-01T00:00.5",
    "2024-01-01T00:00:00.1234567891Z",
    "-1",
    "2024-01-01 00:00:00",
    "2024-01-01T00:00:00ZZ",
    "1e9",
)
EDGES_OF_ADDRESSES = (
    "0.0.0.0",
    "255.255.255.255",
    "256.1.1.1",
    "1.1.1",
    "1.1.1.1.1",
    "01.1.1.1",
    "1.1.1.1.",
    ".1.1.1.1",
    "1..1.1",
    "1.1.1.1/8",
    "::",
    ":",
    ":::",
    "::1::",
    "1::2::3",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8::",
    "1::",
    "1:",
    ":1",
    "12345::",
    "g::",
    "::1.2.3.4",
    "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5::1.2.3.4",
    "1::1.2.3.4:5",
    "::1.2.3",
    "::01.2.3.4",
    "::ffff:0:0",
    "1.2.3.4::",
    "0000:0000:0000:0000:0000:ffff:255.255.255.255",
    "0000:0000:0000:0000:0000:0ffff:255.255.255.255",
    "[::1]",
    "::1%1",
    "FE80::A",
    "::1.256.1.1",
    "1:2:3:4:5:6::8",
    "1:2:3:4::5:6:7:8",
    "::0:0:0:0:0:0:0",
)
EDGES_OF_BINARY = (
    "",
    "=",
    "==",
    "===",
    "====",
    "A",
    "AA",
    "AAA",
    "AAAA",
    "A===",
    "AA==",
    "AB==",
    "AP==",
    "AQ==",
    "AAA=",
    "AAB=",
    "AAD=",
    "AA=A",
    "=AAA",
    "AAAA=",
    "AAAAAA==",
    "AAAA====",
    "+/+/",
    "-_-_",
    "AA\n=",
    "AA==AA==",
    "AAé=",
    "////",
    "//9=",
    "/w==",
)


def examples(texts: tuple[str, ...]) -> Callable[[Any], Any]:
    """Try these texts besides those that Hypothesis makes."""

    def decorate(test: Any) -> Any:
        for text in texts:
            test = example(text=text)(test)
        return test

    return decorate


@examples(EDGES_OF_NUMBERS)
@given(text=near(*NUMBERS, *BIG_NUMBERS, *EDGES_OF_NUMBERS))
def test_numbers_read_alike(read_number: Reader, text: str) -> None:
    """Sign, digits and exponent are those of the compiler (R84)."""
    assert read_number(text) == parsed(parse_number, text)


@examples(EDGES_OF_INSTANTS)
@given(text=near(*INSTANTS, *EDGES_OF_INSTANTS))
def test_instants_read_alike(read_instant: Reader, text: str) -> None:
    """Seconds and nanoseconds are those of the compiler (R85)."""
    assert read_instant(text) == parsed(parse_instant, text)


@given(days=st.integers(-719_528, 2_932_896), second=st.integers(0, 86_399), zone=st.integers(-1_439, 1_439))
def test_every_day_reads_alike(read_instant: Reader, days: int, second: int, zone: int) -> None:
    """Any second of the years 0 to 9999, in any zone, counted here without the parser's help."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + (3 if month_from_march < 10 else -9)
    year = year_of_era + era * 400 + (month <= 2)
    sign = "-" if zone < 0 else "+"
    hours, minutes = divmod(abs(zone), 60)
    text = (
        f"{year:04}-{month:02}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        f"{sign}{hours:02}:{minutes:02}"
    )
    assert read_instant(text) == parse_instant(text) == (days * 86_400 + second - zone * 60, 0)


USUAL_INSTANTS = ("2026-10-01T00:00:56Z", "2024-02-29T23:59:59Z", "2100-02-28T19:09:00Z", "0000-12-31T10:30:07Z")
USUAL_ADDRESSES = ("1.2.3.4", "10.20.30.40", "192.168.255.249", "203.0.113.7", "0.10.100.0", "99.100.199.200")


@pytest.mark.parametrize("text", USUAL_INSTANTS)
def test_each_byte_of_a_usual_instant_counts(kernel: ctypes.CDLL, text: str) -> None:
    """Instants are read by words: any other byte in any place makes another one, or none (R85)."""
    instant = Instant()
    for place in range(len(text)):
        for byte in range(256):
            data = text.encode()[:place] + bytes([byte]) + text.encode()[place + 1 :]
            found = kernel.gw_read_instant(data, ctypes.c_size_t(len(data)), ctypes.byref(instant))
            expected = parsed(parse_instant, data.decode("latin-1"))
            assert ((instant.seconds, instant.nanoseconds) if found else None) == expected, data


@pytest.mark.parametrize("text", USUAL_ADDRESSES)
def test_each_byte_of_an_address_counts(kernel: ctypes.CDLL, text: str) -> None:
    """Addresses are read by words: any other byte in any place makes another one, or none (R88)."""
    address = Address()
    for place in range(len(text)):
        for byte in range(256):
            data = text.encode()[:place] + bytes([byte]) + text.encode()[place + 1 :]
            found = kernel.gw_read_address(data, ctypes.c_size_t(len(data)), ctypes.byref(address))
            expected = parsed(parse_address, data.decode("latin-1"))
            assert ((found, address.high << 64 | address.low) if found else None) == expected, data


def test_every_number_of_an_address(read_address: Reader) -> None:
    """One to four digits in each place, with and without zeros in front (R88)."""
    for number in (*range(300), 999, 1000, 2560):
        for spelling in {f"{number}", f"{number:02}", f"{number:03}", f"{number:04}"}:
            for place in range(4):
                parts = ["1", "20", "255", "0"]
                parts[place] = spelling
                text = ".".join(parts)
                assert read_address(text) == parsed(parse_address, text), text


def test_every_number_of_a_usual_instant(read_instant: Reader) -> None:
    """Two digits of each part, of years with and without a leap day (R85)."""
    for start, end in ((0, 2), (2, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)):
        for number in range(100):
            for text in (
                "2023-02-28T00:00:00Z",
                "2024-02-29T12:30:59Z",
                "2000-01-31T23:59:01Z",
                "1900-04-30T05:06:07Z",
            ):
                changed = f"{text[:start]}{number:02}{text[end:]}"
                assert read_instant(changed) == parsed(parse_instant, changed), changed


@examples(EDGES_OF_ADDRESSES)
@given(text=near(*ADDRESSES, *EDGES_OF_ADDRESSES))
def test_addresses_read_alike(read_address: Reader, text: str) -> None:
    """Family and number are those of the compiler (R88)."""
    assert read_address(text) == parsed(parse_address, text)


@examples(EDGES_OF_BINARY)
@given(text=near(*EDGES_OF_BINARY))
def test_binary_reads_alike(read_binary: Reader, text: str) -> None:
    """The text counts as the canonical spelling of its bytes (R87)."""
    data = parsed(parse_binary, text)
    assert read_binary(text) == (None if data is None else base64.b64encode(data).decode())


@given(text=st.text(st.sampled_from("a:é\x00"), max_size=12))
def test_arns_read_alike(kernel: ctypes.CDLL, text: str) -> None:
    """An ARN has six fields or more (R89)."""
    data = text.encode()
    assert bool(kernel.gw_is_arn(data, ctypes.c_size_t(len(data)))) == (text.count(":") >= 5)


def test_the_limits_are_the_same() -> None:
    """The kernel and the compiler agree on the longest number."""
    assert native.NUMBER_BYTES_LIMIT == MAX_NUMBER_LENGTH


# ---- through compiled policies ----


def places(operator: str, key: str, bounds: list[str]) -> Callable[[str], int]:
    """Return a function that tells where a value stands among ascending bounds, by the statement that allows it.

    2i: it is bound i; 2i + 1: below bound i, and above the one before; 2n: above all; -1: ill-formed.
    """
    statements = []
    for bound in bounds:
        statements.append(statement("Allow", "s3:*", "*", {f"{operator}Equals": {key: bound}}))
        statements.append(statement("Allow", "s3:*", "*", {f"{operator}LessThan": {key: bound}}))
    statements.append(statement("Allow", "s3:*", "*", {f"{operator}GreaterThan": {key: bounds[-1]}}))
    authorizer = compile_world(single_world(document(*statements)))

    def place(value: str) -> int:
        answer = authorizer.authorize(USERS[0], "s3:GetObject", "*", {key: value})
        return answer.statements[0].index if answer.statements else -1

    return place


def expected_place(bounds: list[Any], value: Any) -> int:
    """Return where a value stands among ascending bounds, plainly."""
    if value is None:
        return -1
    for i, bound in enumerate(bounds):
        if value == bound:
            return 2 * i
        if value < bound:
            return 2 * i + 1
    return 2 * len(bounds)


HUGE_NUMBERS = ("1e999999999", "-1e-999999999")
NUMBER_BOUNDS = sorted(
    {parse_number(text): text for text in (*NUMBERS, *BIG_NUMBERS, "-1e9", "-10.5", *HUGE_NUMBERS)}.items()
)
place_number = places("Numeric", "aws:MultiFactorAuthAge", [text for _, text in NUMBER_BOUNDS])


@examples(EDGES_OF_NUMBERS)
@given(text=near(*NUMBERS, *BIG_NUMBERS, *EDGES_OF_NUMBERS))
def test_numbers_compare_alike(text: str) -> None:
    """A compiled policy puts a number between the bounds where the compiler's order puts it."""
    bounds = [number for number, _ in NUMBER_BOUNDS]
    assert place_number(text) == expected_place(bounds, parsed(parse_number, text))


INSTANT_BOUNDS = sorted(
    {parse_instant(text): text for text in (*INSTANTS, "0000-01-01", "9223372036854775807")}.items()
)
place_instant = places("Date", "aws:CurrentTime", [text for _, text in INSTANT_BOUNDS])


@examples(EDGES_OF_INSTANTS)
@given(text=near(*INSTANTS, *EDGES_OF_INSTANTS))
def test_instants_compare_alike(text: str) -> None:
    """A compiled policy puts an instant between the bounds where the compiler's order puts it."""
    bounds = [instant for instant, _ in INSTANT_BOUNDS]
    assert place_instant(text) == expected_place(bounds, parsed(parse_instant, text))


# ---- folding ----

LETTERS = [c for c in map(chr, range(0x110000)) if c.lower() != c and not 0xD800 <= ord(c) < 0xE000]
FOLDED = sorted({fold_text(c) for c in LETTERS})


@pytest.fixture(scope="session")
def folding() -> Callable[[str], str | None]:
    """Return a function that tells which folded text a text equals, by the statement that allows it."""
    statements = [statement("Allow", "s3:*", "*", {"StringEqualsIgnoreCase": {"s3:prefix": f"x{c}y"}}) for c in FOLDED]
    authorizer = compile_world(single_world(document(*statements)))

    def fold(text: str) -> str | None:
        answer = authorizer.authorize(USERS[0], "s3:GetObject", "*", {"s3:prefix": text})
        return FOLDED[answer.statements[0].index] if answer.statements else None

    return fold


def test_every_letter_folds_alike(folding: Callable[[str], str | None]) -> None:
    """Each code point that has a lower case equals that, and the others only themselves (R82)."""
    assert len(LETTERS) > 1_400
    for c in LETTERS:
        assert folding(f"X{c}Y") == fold_text(c), hex(ord(c))
        assert folding(f"x{fold_text(c)}y") == fold_text(c), hex(ord(c))


@pytest.mark.parametrize("text", ["xSSy", "xssy", "xi\u0307y", "x\udc80y", "x", "xy", "x\U0010ffffy", "x\u0301y"])
def test_no_other_text_folds(folding: Callable[[str], str | None], text: str) -> None:
    """Nothing expands, composes or falls away."""
    assert folding(text) is None
