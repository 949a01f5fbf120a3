"""Texts into JSON values, findings about them, and places into lines and columns."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.compiler import source
from gatewright.compiler.decode import NESTING_LIMIT
from gatewright.compiler.errors import Finding, PolicyError, Severity, Span
from gatewright.compiler.source import SOURCE_DIAGNOSTICS, JsonNumber, Source


def refusal(text: str | bytes) -> Finding:
    """Return the one finding about a text that is refused."""
    with pytest.raises(PolicyError) as caught:
        _ = Source(text, "policy.json").value
    (finding,) = caught.value.findings
    return finding


def test_values_are_plain() -> None:
    """A text gives dicts, lists, texts, booleans and None in document order."""
    value = Source('{"b": [true, false, null, "x\\u00e9"], "a": {}}', "x").value
    assert value == {"b": [True, False, None, "xé"], "a": {}}
    assert list(value) == ["b", "a"]


@pytest.mark.parametrize("text", ["0", "-0", "10", "1.0", "1.50", "1E+2", "-1e-7", "9" * 100_000])
def test_number_keeps_its_text(text: str) -> None:
    """R25: a number is its JSON text, whatever its size."""
    value = Source(f"[{text}]", "x").value[0]
    assert type(value) is JsonNumber
    assert value == text


SYNTAX = [
    ("", "GW010", 1, 1),
    (" \n ", "GW010", 2, 2),
    ("Allow everyone to read", "GW004", 1, 1),
    ('{"a": 1', "GW010", 1, 8),
    ('{"a": "b', "GW010", 1, 7),
    ("[1, 2", "GW010", 1, 6),
    ('{"a": 1,}', "GW011", 1, 9),
    ("[1,\n ]", "GW011", 2, 2),
    ("[,1]", "GW004", 1, 2),
    ("[1,,2]", "GW004", 1, 4),
    ("[1 2]", "GW004", 1, 4),
    ('{"a" 1}', "GW004", 1, 6),
    ('{"a": "b" "c": 1}', "GW004", 1, 11),
    ("{a: 1}", "GW004", 1, 2),
    ("{'a': 1}", "GW013", 1, 2),
    ("{“a”: 1}", "GW013", 1, 2),
    ('{"a": 1, // note\n"b": 2}', "GW012", 1, 10),
    ('/* all */ {"a": 1}', "GW012", 1, 1),
    ("{} # all", "GW012", 1, 4),
    ("[1}", "GW004", 1, 3),
    ('{"a": 1]', "GW004", 1, 8),
    ("{}{}", "GW005", 1, 3),
    ("{}\n{}", "GW005", 2, 1),
    ("1 2", "GW005", 1, 3),
    ("]", "GW004", 1, 1),
    ("[01]", "GW014", 1, 2),
    ("[-01]", "GW014", 1, 2),
    ("[1.]", "GW014", 1, 2),
    ("[.5]", "GW014", 1, 2),
    ("[+1]", "GW014", 1, 2),
    ("[-]", "GW014", 1, 2),
    ("[0x10]", "GW004", 1, 3),
    ("[NaN]", "GW014", 1, 2),
    ('{"a": Infinity}', "GW014", 1, 7),
    ("[1, -Infinity]", "GW014", 1, 5),
    ("[True]", "GW004", 1, 2),
    ("[None]", "GW004", 1, 2),
    ('["a\tb"]', "GW015", 1, 4),
    ('["a\nb"]', "GW015", 1, 4),
    ('["a\x00b"]', "GW015", 1, 4),
    ('["\\d"]', "GW016", 1, 3),
    ('["\\u12"]', "GW016", 1, 3),
    ('["\\U0041"]', "GW016", 1, 3),
    ('["é\\ud83d"]', "GW008", 1, 4),
    ('["\\ude00\\ud83d"]', "GW008", 1, 3),
    ('["\\ud83d\\u0041"]', "GW008", 1, 3),
    ('{"\\udfff": 1}', "GW008", 1, 3),
    ('{"Effect": 1, "Effect": 2}', "GW006", 1, 15),
    ('{"a": {"b": 1,\n  "\\u0062": 2}}', "GW006", 2, 3),
    ("[" * (NESTING_LIMIT + 1) + "]" * (NESTING_LIMIT + 1), "GW007", 1, NESTING_LIMIT + 1),
    ("[" * 10_000, "GW007", 1, NESTING_LIMIT + 1),
    ('{"a":' * 10_000, "GW007", 1, 5 * NESTING_LIMIT + 1),
    ("\u00a0{}", "GW004", 1, 1),
    ("\ufeff{}", "GW002", 1, 1),
    ('{"a": "\udcff"}', "GW001", 1, 8),
    (b'{"a":\n "\xe9"}', "GW001", 2, 3),
    (b"\xff\xfe{\x00}\x00", "GW001", 1, 1),
    (b"\xed\xa0\x80", "GW001", 1, 1),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), SYNTAX, ids=range(len(SYNTAX)))
def test_refusal_names_code_and_place(text: str | bytes, code: str, line: int, column: int) -> None:
    """Every text that is not JSON is refused with one finding, at the character where it goes wrong."""
    finding = refusal(text)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.span is not None
    assert (finding.span.line, finding.span.column) == (line, column)
    assert finding.aws_check == SOURCE_DIAGNOSTICS[code][1]


@pytest.mark.parametrize("text", [text for text, *_ in SYNTAX], ids=range(len(SYNTAX)))
def test_message_has_our_form(text: str | bytes) -> None:
    """A message is one short line in lower case without a full stop, its hint too."""
    finding = refusal(text)
    for part in (finding.message, finding.hint):
        assert part.isprintable() and not part.endswith(".") and len(part) < 200
        assert not part[:1].isupper()
    assert finding.message


TEXTUAL = sorted(set(SOURCE_DIAGNOSTICS) - {"GW001", "GW002", "GW003", "GW009"})


@pytest.mark.parametrize("code", TEXTUAL)
def test_example_shows_its_diagnostic(code: str) -> None:
    """The example of every diagnostic produces it."""
    assert refusal(SOURCE_DIAGNOSTICS[code][2]).code == code


def test_other_diagnostics_are_produced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an example cannot show: bytes, marks, sizes and files."""
    assert refusal("caf\u00e9".encode("latin-1")).code == "GW001"
    assert refusal("{}".encode("utf-8-sig")).code == "GW002"
    with pytest.raises(PolicyError, match="GW009: cannot be read: no such file or directory"):
        Source.read(tmp_path / "absent.json")
    with pytest.raises(PolicyError, match="GW009: cannot be read: is a directory"):
        Source.read(tmp_path)
    with pytest.raises(PolicyError, match="GW009"):
        Source.read("nul\0byte")
    monkeypatch.setattr(source, "TEXT_LIMIT", 10)
    (tmp_path / "large.json").write_text("[" + " " * 9 + "]")
    with pytest.raises(PolicyError, match="GW003"):
        Source.read(tmp_path / "large.json")
    with pytest.raises(PolicyError, match="GW003"):
        Source(" " * 11, "x")
    (tmp_path / "fits.json").write_text("[" + " " * 8 + "]")
    assert Source.read(tmp_path / "fits.json").value == []


def test_read_names_the_file(tmp_path: Path) -> None:
    """A source that was read is called by its path, or as the caller says."""
    path = tmp_path / "p.json"
    path.write_bytes('{"é": 1}'.encode())
    assert Source.read(path).name == str(path)
    assert Source.read(path, "policy P").name == "policy P"
    assert Source.read(path).value == {"é": JsonNumber("1")}


def test_refusal_is_repeatable() -> None:
    """Asking again for the value of a bad text raises the same finding again."""
    bad = Source("{", "x")
    for _ in range(2):
        with pytest.raises(PolicyError, match="GW010"):
            _ = bad.value
    with pytest.raises(PolicyError, match="GW010"):
        bad.locate(())


def test_depth_at_the_limit_is_fine() -> None:
    """The limit itself is allowed, for lists and objects, and brackets inside texts do not count."""
    Source("[" * NESTING_LIMIT + "]" * NESTING_LIMIT, "x").value  # noqa: B018
    Source('{"a":' * NESTING_LIMIT + "1" + "}" * NESTING_LIMIT, "x").value  # noqa: B018
    assert Source('"' + "[" * 1000 + '"', "x").value == "[" * 1000


def test_little_stack_is_no_error_of_the_text() -> None:
    """A text is read by the grammar where the fast decoder runs out of stack."""
    from gatewright.compiler import decode

    class Exhausted:
        def decode(self, text: str) -> object:
            raise RecursionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "_DECODER", Exhausted())
        assert Source('{"a": [1, "b"]}', "x").value == {"a": ["1", "b"]}


HOSTILE = {
    "brackets": "[" * 400_000,
    "empty lists": "[" + "[]," * 120_000 + "]]",
    "texts": "[" + '"",' * 120_000 + '"',
    "escapes": '"' + "\\n" * 200_000,
    "spaces": " " * 400_000,
    "digits": "[1" + "0" * 400_000,
    "quotes": "[" + '"' * 400_001,
    "members": "{" + ",".join(f'"{i}": 1' for i in range(40_000)) + ",",
    "one member twice": '{"a": 1, "a": [' + "[]," * 120_000 + "1]}",
    "not a number": "[" + "[]," * 120_000 + "NaN]",
    "surrogate": "[" + "[]," * 120_000 + '"\\ud800"]',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_in_bounded_memory(name: str) -> None:
    """A long text that goes wrong late costs a small multiple of its size."""
    text = HOSTILE[name]
    tracemalloc.start()
    try:
        finding = refusal(text)
        assert tracemalloc.get_traced_memory()[1] < 60 * len(text) + 10_000_000
    finally:
        tracemalloc.stop()
    assert finding.span is not None and finding.span.line == 1


DOCUMENT = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "é😀", "Effect": "Allow"},
    {
      "Action": ["s3:Get*",
                 "s3:Put*"], "Limit" : 1.50
    }
  ],
  "\\u0049d": "x"
}
"""

PLACES = [
    ((), "value", (1, 1, 11, 2)),
    ((), "key", (1, 1, 11, 2)),
    (("Version",), "value", (2, 14, 2, 26)),
    (("Version",), "key", (2, 3, 2, 12)),
    (("Statement",), "value", (3, 16, 9, 4)),
    (("Statement", 0, "Sid"), "value", (4, 13, 4, 17)),
    (("Statement", 0, "Effect"), "key", (4, 19, 4, 27)),
    (("Statement", 0, "Effect"), "value", (4, 29, 4, 36)),
    (("Statement", 1), "value", (5, 5, 8, 6)),
    (("Statement", 1), "key", (5, 5, 8, 6)),
    (("Statement", 1, "Action", 1), "value", (7, 18, 7, 27)),
    (("Statement", 1, "Limit"), "value", (7, 40, 7, 44)),
    (("Statement", 1, "Limit"), "key", (7, 30, 7, 37)),
    (("Id",), "key", (10, 3, 10, 12)),
    (("Statement", 1, "Effect"), "value", (5, 5, 8, 6)),
    (("Statement", 1, "Effect"), "key", (5, 5, 8, 6)),
    (("Statement", 2), "value", (3, 16, 9, 4)),
    (("Statement", -1), "value", (3, 16, 9, 4)),
    (("Statement", "Effect"), "value", (3, 16, 9, 4)),
    (("Version", 0, "x"), "value", (2, 14, 2, 26)),
    ((3,), "value", (1, 1, 11, 2)),
]


@pytest.mark.parametrize(("path", "part", "span"), PLACES)
def test_locate(path: tuple[str | int, ...], part: str, span: tuple[int, int, int, int]) -> None:
    """A path becomes the span of the value or name there, to the character, or of its nearest ancestor."""
    assert Source(DOCUMENT, "x").locate(path, part) == Span(*span)  # type: ignore[arg-type]


def test_locate_in_any_order() -> None:
    """What was located before does not change what is found later."""
    shared = Source(DOCUMENT, "x")
    for path, part, span in [*PLACES, *reversed(PLACES)]:
        assert shared.locate(path, part) == Span(*span)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "span"), [(" 12 ", (1, 2, 1, 4)), ('\r\n"a"', (2, 1, 2, 4)), ("[]", (1, 1, 1, 3))])
def test_locate_the_whole_text(text: str, span: tuple[int, int, int, int]) -> None:
    """The empty path is the whole value, without the white space around it."""
    assert Source(text, "x").locate(()) == Span(*span)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('aé😀\n"\\[{,:}] ', max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('aé😀"\\{: ', max_size=3), inner, max_size=4),
    max_leaves=20,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    found = [(path, value)]
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in steps:
        found += places(child, (*path, step))
    return found


@given(values, st.sampled_from([None, 0, 2]), st.booleans())
def test_text_at_a_located_span_is_the_value(value: object, indent: int | None, is_ascii: bool) -> None:
    """Cutting a text at the span of a path gives the JSON of the value there, and of its name."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    lines = text.split("\n")
    document = Source(text, "x")

    def cut(span: Span) -> str:
        rows = lines[span.line - 1 : span.end_line]
        rows[-1] = rows[-1][: span.end_column - 1]
        return "\n".join([rows[0][span.column - 1 :], *rows[1:]])

    for path, child in places(value):
        assert json.loads(cut(document.locate(path))) == child
        if path and isinstance(path[-1], str):
            assert json.loads(cut(document.locate(path, "key"))) == path[-1]
