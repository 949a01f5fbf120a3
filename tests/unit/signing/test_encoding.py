"""Canonical percent-encoding, against the standard library's."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.signing import SignatureError
from gatewright.signing._parameters import is_visible, read_canonical
from gatewright.signing.encoding import (
    canonicalize,
    decode,
    encode,
    encode_path,
    leave_out,
    read_parameters,
    resolve_dots,
    sort_parameters,
    split_pairs,
)

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
    ordered, parameters = read_parameters(text, plus_is_space=True)
    assert parameters == {encode(name): encode(value) for name, value in pairs}
    assert ordered == "&".join(map("=".join, sorted(parameters.items())))
    assert list(parameters.items()) == (split_pairs(canonicalize(text, plus_is_space=True)) if text else [])
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
    assert read_parameters(text, plus_is_space=True)[1] == expected


@pytest.mark.parametrize("text", ["a&a", "a=1&%61=2", "&", "a&", "=a", "a=%", "a=%f", "a=%fg", "a=é%", "a=\N{SNOWMAN}"])
def test_ambiguous_parameters_are_refused(text: str) -> None:
    """What two readers may read differently is not read at all."""
    with pytest.raises(SignatureError):
        read_parameters(text, plus_is_space=True)


CANONICAL = st.text(st.sampled_from("aB0-._~%=&2Ff+ é\0"), max_size=12)


@given(CANONICAL | st.text(max_size=6))
def test_only_a_canonical_text_is_read_as_it_stands(text: str) -> None:
    """What is read in one pass is what the general way makes of it, unchanged."""
    found = read_canonical(text)
    if found is None:
        return
    parameters, is_sorted = found
    assert canonicalize(text, plus_is_space=False) == text
    assert list(parameters.items()) == split_pairs(text)
    assert is_sorted == (list(parameters) == sorted(parameters))


@given(st.lists(st.tuples(st.text("ab1-.", min_size=1, max_size=4), st.text("ab1-.", max_size=2)), min_size=1))
def test_parameters_are_in_the_order_of_pairs(pairs: list[tuple[str, str]]) -> None:
    """A name that begins another one stands before it, and repeated names stand by their values."""
    text = "&".join(map("=".join, pairs))
    assert sort_parameters(text) == "&".join(map("=".join, sorted(pairs)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S=1&a=2", "a=2"),
        ("a=2&S=1", "a=2"),
        ("a=2&S=1&b=", "a=2&b="),
        ("S=", ""),
        ("", ""),
        ("aS=1&Sa=2", "aS=1&Sa=2"),
    ],
)
def test_a_parameter_is_left_out(text: str, expected: str) -> None:
    """Wherever it stands, the rest stays as it is."""
    assert leave_out("S", text) == expected


@given(st.text() | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x80)))
def test_what_is_visible(text: str) -> None:
    """Neither spaces nor controls nor anything beyond ASCII."""
    assert is_visible(text) == all("!" <= char <= "~" for char in text)


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
