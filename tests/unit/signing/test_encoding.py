"""Canonical percent-encoding, against the standard library's."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.signing import SignatureError
from gatewright.signing.encoding import decode, encode, encode_path, read_parameters, read_repeated, resolve_dots

BYTES = st.binary(max_size=20).map(lambda raw: raw.decode("latin-1"))
PAIRS = st.lists(st.tuples(BYTES.filter(bool), BYTES), max_size=8, unique_by=lambda pair: pair[0])


def spelled(text: str, draw: st.DataObject) -> str:
    """Return one of the many encodings of a text."""
    out = []
    for byte in text.encode("latin-1"):
        escape = f"%{byte:02X}"
        ways = [escape, escape.lower()]
        if chr(byte).isalnum() and byte < 128:
            ways.append(chr(byte))
        if byte == 32:
            ways.append("+")
        out.append(draw.draw(st.sampled_from(ways)))
    return "".join(out)


@given(BYTES)
def test_decode_undoes_encode(text: str) -> None:
    """Every byte has one canonical encoding, which is that of RFC 3986."""
    encoded = encode(text)
    assert decode(encoded) == text
    assert encoded == quote(text.encode("latin-1"), safe="-_.~")
    assert decode(encoded).encode("latin-1") == unquote_to_bytes(encoded)


@given(PAIRS, st.data())
def test_parameters_are_what_a_form_reader_sees(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    """However it is encoded, a form is read as the standard library reads it, in one canonical encoding."""
    text = "&".join(f"{spelled(name, data)}={spelled(value, data)}" for name, value in pairs)
    parameters = read_parameters(text, plus_is_space=True)
    assert parameters == {encode(name): encode(value) for name, value in pairs}
    assert list(parameters.items()) == read_repeated(text, plus_is_space=True)
    assert [(decode(name), decode(value)) for name, value in parameters.items()] == parse_qsl(
        text, keep_blank_values=True, encoding="latin-1"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a==b", {"a": "%3Db"}),
        ("a=b=c&d", {"a": "b%3Dc", "d": ""}),
        ("a%3Db=c", {"a%3Db": "c"}),
        ("a%3db=%7e", {"a%3Db": "~"}),
        ("a+b=+", {"a%20b": "%20"}),
        ("a;b=c", {"a%3Bb": "c"}),
        ("a=é", {"a": "%E9"}),
    ],
)
def test_parameters_have_one_spelling(text: str, expected: dict[str, str]) -> None:
    """Equals signs, semicolons and missing values are read as AWS reads them."""
    assert read_parameters(text, plus_is_space=True) == expected


@pytest.mark.parametrize("text", ["a&a", "a=1&%61=2", "&", "a&", "=a", "a=%", "a=%f", "a=%fg", "a=é%", "a=\N{SNOWMAN}"])
def test_ambiguous_parameters_are_refused(text: str) -> None:
    """What two readers may read differently is not read at all."""
    with pytest.raises(SignatureError):
        read_parameters(text, plus_is_space=True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/a/b", "/a/b"),
        ("/a//b/", "/a/b/"),
        ("/./a/.", "/a/"),
        ("/a/../b/..", "/"),
        ("/../../a", "/a"),
        ("/.a/..b", "/.a/..b"),
        ("/a/b/..", "/a/"),
    ],
)
def test_dots_are_resolved(path: str, expected: str) -> None:
    """A path has one normal form, which never leaves the root."""
    assert resolve_dots(path) == expected
    assert resolve_dots(expected) == expected


def test_a_path_is_encoded_as_it_was_sent() -> None:
    """Escapes of the path are encoded once more; slashes are not."""
    assert encode_path("/a%20b/c d~") == "/a%2520b/c%20d~"
