"""Texts into patterns: by splitting and by the grammar, with the same outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shared import shared

from gatewright.compiler.patterns import (
    PATTERN_DIAGNOSTICS,
    PatternError,
    complete_arn,
    find_misplaced_variable,
    parse_action,
    parse_resource,
    parse_value,
    parse_with_grammar,
    spell,
    split_arn,
)
from gatewright.compiler.syntax import Part, Pattern, Variable, Wildcard

ANY, ONE = Wildcard.ANY, Wildcard.ONE
USER = Variable("aws:username")

READERS: dict[str, Callable[[str], Pattern]] = {
    "action": parse_action,
    "resource": lambda text: parse_resource(text, variables=True),
    "plain_resource": lambda text: parse_resource(text, variables=False),
    "value": lambda text: parse_value(text, wildcards=True, variables=True),
    "template": lambda text: parse_value(text, wildcards=False, variables=True),
    "glob": lambda text: parse_value(text, wildcards=True, variables=False),
    "literal": lambda text: parse_value(text, wildcards=False, variables=False),
}


def parts(kind: str, text: str) -> tuple[Part, ...]:
    pattern = READERS[kind](text)
    assert pattern.text == text
    return pattern.parts


def refusal(kind: str, text: str) -> PatternError:
    with pytest.raises(PatternError) as caught:
        READERS[kind](text)
    return caught.value


PARSED = [
    ("action", "*", (ANY,)),
    ("action", "s3:GetObject", ("s3:GetObject",)),
    ("action", "S3:get*", ("S3:get", ANY)),
    ("action", "s3:*", ("s3:", ANY)),
    ("action", "*:*", (ANY, ":", ANY)),
    ("action", "*:GetObject", (ANY, ":GetObject")),
    ("action", "ec2:De?cribe**", ("ec2:De", ONE, "cribe", ANY)),
    ("action", "s3:", ("s3:",)),
    ("action", "s3: GetObject,$x", ("s3: GetObject,$x",)),
    ("action", "s3-object-lambda:Get", ("s3-object-lambda:Get",)),
    ("resource", "*", (ANY,)),
    ("resource", ":", (":",)),
    ("resource", ":::::${aws:username}", (":::::", USER)),
    ("resource", "a:b:c", ("a:b:c",)),
    ("resource", "*:x", (ANY, ":x")),
    ("resource", "arn:aws:s3:::b/*", ("arn:aws:s3:::b/", ANY)),
    ("resource", "arn:*:s3:::b/??/**", ("arn:", ANY, ":s3:::b/", ONE, ONE, "/", ANY)),
    ("resource", "arn:aws:s3:::${aws:username}", ("arn:aws:s3:::", USER)),
    ("resource", "arn:aws:s3:::b/${aws:username}/*", ("arn:aws:s3:::b/", USER, "/", ANY)),
    ("resource", "arn:aws:s3:::*${aws:username}", ("arn:aws:s3:::", ANY, USER)),
    ("resource", "arn:aws:s3:::b/${*}${?}${$}{x}", ("arn:aws:s3:::b/*?${x}",)),
    ("resource", "arn:aws:ec2:${aws:username}:1:i/*", ("arn:aws:ec2:${aws:username}:1:i/", ANY)),
    ("resource", "${aws:PrincipalTag/arn}", ("${aws:PrincipalTag/arn}",)),
    ("resource", "arn:aws:s3:*:*:${aws:username}", ("arn:aws:s3:", ANY, ":", ANY, ":", USER)),
    ("resource", "arn:aws:s3::${*}:b", ("arn:aws:s3::${", ANY, "}:b")),
    ("resource", "arn:aws:s3:::line\nbreak", ("arn:aws:s3:::line\nbreak",)),
    ("plain_resource", "arn:aws:s3:::b/${aws:username}", ("arn:aws:s3:::b/${aws:username}",)),
    ("plain_resource", "arn:aws:s3:::b/${*}", ("arn:aws:s3:::b/${", ANY, "}")),
    ("plain_resource", "arn:aws:s3:::b/${", ("arn:aws:s3:::b/${",)),
    ("value", "", ()),
    ("value", "a", ("a",)),
    ("value", "***", (ANY,)),
    ("value", "*?*", (ANY, ONE, ANY)),
    ("value", "$", ("$",)),
    ("value", "$$a}", ("$$a}",)),
    ("value", "$${aws:username}", ("$", USER)),
    ("value", "{aws:username}", ("{aws:username}",)),
    ("value", "${$}{aws:username}", ("${aws:username}",)),
    ("value", "${aws:PrincipalTag/a.b-c@d=e+f_é}", (Variable("aws:PrincipalTag/a.b-c@d=e+f_é"),)),
    ("value", "${k, ''}", (Variable("k", ""),)),
    ("value", "${k, 'company wide'}*", (Variable("k", "company wide"), ANY)),
    ("value", "${k, '*}${x}'}", (Variable("k", "*}${x}"),)),
    ("value", "${aws:username}${aws:username}", (USER, USER)),
    ("template", "a*${aws:username}?", ("a*", USER, "?")),
    ("template", "${*}*", ("**",)),
    ("glob", "${aws:user*}", ("${aws:user", ANY, "}")),
    ("glob", "${", ("${",)),
    ("literal", "a*?${x", ("a*?${x",)),
    ("literal", "", ()),
]


@pytest.mark.parametrize(("kind", "text", "expected"), PARSED)
def test_text_becomes_its_parts(kind: str, text: str, expected: tuple[Part, ...]) -> None:
    """R10-R14, R41, R100-R102, R107: a text gives these parts, by splitting and by the grammar."""
    assert parts(kind, text) == expected
    read = parse_with_grammar(kind, text).parts
    assert read == expected
    # The parser's own texts know where they stood, and would keep all that they were read from.
    assert {type(part) for part in read} <= {str, Wildcard, Variable}
    assert {type(part.key) for part in read if isinstance(part, Variable)} <= {str}


REFUSED = [
    ("action", "", "GW020", 0),
    ("action", "GetObject", "GW020", 0),
    ("action", "Get*", "GW020", 0),
    ("action", "**", "GW020", 0),
    ("action", ":GetObject", "GW020", 0),
    ("action", "s3:Get:Object", "GW021", 6),
    ("action", "s3::", "GW021", 3),
    ("action", "s 3:GetObject", "GW022", 1),
    ("action", " s3:GetObject", "GW022", 0),
    ("action", "s3_x:GetObject", "GW022", 2),
    ("action", "sé:GetObject", "GW022", 1),
    ("action", "s*:GetObject", "GW023", 1),
    ("action", "**:GetObject", "GW023", 1),
    ("action", "*s:GetObject", "GW023", 1),
    ("action", "?3:GetObject", "GW023", 0),
    ("action", "s3:${aws:username}", "GW024", 3),
    ("action", "${aws:service}:Get", "GW024", 0),
    ("action", "s3:Get${*}", "GW024", 6),
    ("resource", "", "GW025", 0),
    ("resource", "orchard-ledger", "GW025", 0),
    ("resource", "*/*", "GW025", 0),
    ("resource", "**", "GW025", 0),
    ("plain_resource", "ami-12345678", "GW025", 0),
    ("resource", "arn:aws:s3:::b/${aws:username", "GW026", 29),
    ("resource", "arn:aws:s3:::b/${aws: username}/*", "GW028", 21),
    ("value", "${", "GW026", 2),
    ("value", "a${b", "GW026", 4),
    ("value", "${a*", "GW026", 3),
    ("value", "${a b", "GW026", 3),
    ("value", "${a/${b}", "GW026", 4),
    ("value", "${a${b}}", "GW026", 3),
    ("value", "${a,", "GW026", 3),
    ("value", "${a, 'x'", "GW026", 8),
    ("value", "${a, x}", "GW027", 5),
    ("value", '${a, "x"}', "GW027", 5),
    ("value", "${a, 'x}", "GW027", 5),
    ("value", "${a, ", "GW027", 5),
    ("value", "${a, 'x}/${b, 'y'}", "GW027", 15),
    ("value", "${a, 'it's'}", "GW027", 9),
    ("value", "${a }", "GW028", 3),
    ("value", "${ a}", "GW028", 2),
    ("value", "${ }", "GW028", 2),
    ("value", "${a\tb}", "GW028", 3),
    ("value", "${a , 'x'}", "GW028", 3),
    ("value", "${a, 'x' }", "GW028", 8),
    ("value", "x${}", "GW029", 3),
    ("value", "${, 'x'}", "GW029", 2),
    ("value", "${a,'x'}", "GW030", 3),
    ("value", "${a,  'x'}", "GW030", 5),
    ("value", "${a,\t'x'}", "GW030", 3),
    ("value", "${a*}", "GW031", 3),
    ("value", "${**}", "GW031", 2),
    ("value", "${a'b}", "GW031", 3),
    ("value", "${{a}}", "GW031", 2),
    ("template", "*${a", "GW026", 4),
    ("template", "${a}${}", "GW029", 6),
]


@pytest.mark.parametrize(("kind", "text", "code", "offset"), REFUSED)
def test_refusal_names_code_and_offset(kind: str, text: str, code: str, offset: int) -> None:
    """R10, R12, R111: a text that is no pattern is refused at the character where it goes wrong, by both ways."""
    error = refusal(kind, text)
    assert (error.code, error.offset) == (code, offset)
    with pytest.raises(PatternError) as caught:
        parse_with_grammar(kind, text)
    assert (caught.value.code, caught.value.offset) == (code, offset)
    for part in (error.message, error.hint):
        assert part and part.isprintable() and not part.endswith(".") and not part[0].isupper()


QUOTES = "write `${key, 'default'}`: comma, one blank, single quotes"
SAID = [
    ("action", "Get", "action `Get` names no service", "write `service:Action`"),
    ("action", "s3:Get:x", "more than one colon in action `s3:Get:x`", "write `service:Action`"),
    ("action", "s_:Get", "`s_` is not the name of a service", "services are written with letters, digits, `-` and `.`"),
    ("action", "s*:Get", "wildcard in the service of action `s*:Get`", "name the service, or write `*` alone"),
    ("action", "s3:${x}", "variable in action `s3:${x}`", "variables act in resources and condition values only"),
    (
        "resource",
        "pears",
        "resource `pears` is neither `*` nor an ARN",
        "write `*`, or an ARN such as `arn:aws:s3:::bucket/*`",
    ),
    ("value", "${a", "variable without closing brace", "a `}` is missing; write `${$}{` for the text `${`"),
    ("value", "${a, x}", "a default value stands in single quotes", QUOTES),
    (
        "value",
        "${a, 'it's'}",
        "text between a default value and the closing brace",
        "a default value holds no single quote",
    ),
    ("value", "${ a}", "blank in a variable", "remove the blank"),
    ("value", "${}", "variable without a name", "name a key, such as `${aws:username}`"),
    ("value", "${a,  'x'}", "more than one blank before a default value", QUOTES),
    ("value", "${a,'x'}", "no blank before a default value", QUOTES),
    ("value", "${a*}", "`*` in the name of a variable", "no key has that character in its name"),
]


@pytest.mark.parametrize(("kind", "text", "message", "hint"), SAID)
def test_refusal_says_what_is_wrong_and_how_to_mend_it(kind: str, text: str, message: str, hint: str) -> None:
    """Each way of being no pattern has its words."""
    error = refusal(kind, text)
    assert (error.message, error.hint, str(error)) == (message, hint, message)


def test_misplaced_variable_says_where_variables_act() -> None:
    """R102: the message does not refuse, it tells that the text is taken as it stands."""
    error = find_misplaced_variable("arn:aws:${a}:::x")
    assert error is not None
    assert (error.message, error.hint) == (
        "variable before the fifth colon is plain text",
        "variables act after the fifth colon only",
    )


def test_every_diagnostic_is_produced() -> None:
    """Each example of the catalogue gives its code."""
    for code, (title, _, text) in PATTERN_DIAGNOSTICS.items():
        kind = "action" if code <= "GW024" else "resource" if code == "GW025" else "value"
        error = find_misplaced_variable(text) if code == "GW032" else refusal(kind, text)
        assert error is not None and error.code == code, title


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("*", None),
        ("arn:aws:s3:::${a:b}", None),
        ("arn:aws:s3:::b", None),
        ("arn:aws:${a}:::x", 8),
        ("${aws:PrincipalTag/arn}", 0),
        ("arn:aws:s3::${a}:x", 12),
        ("arn:aws:s3:${a", 11),
        ("x${", 1),
    ],
)
def test_misplaced_variable_is_found(text: str, offset: int | None) -> None:
    """R102: `${` before the fifth colon is reported, and only there."""
    error = find_misplaced_variable(text)
    assert (error.offset if error else None) == offset


def outcome(read: Callable[[str], Pattern], text: str) -> Any:
    try:
        return read(text)
    except PatternError as error:
        return error.code, error.message, error.hint, error.offset


pieces = st.lists(
    st.sampled_from(
        [
            "a",
            "s3",
            ":",
            "*",
            "?",
            "$",
            "{",
            "}",
            "${",
            "${*}",
            "${$}",
            "${aws:username}",
            ", ",
            ",",
            "'",
            " ",
            "é",
            "\n",
            "arn",
        ]
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize("kind", READERS)
@given(text=pieces | st.text(max_size=8))
@example(text="${a, 'x}/${b, 'y'}")
@example(text="${a, '${b' x}")
def test_splitting_equals_the_grammar(kind: str, text: str) -> None:
    """Splitting gives what the grammar gives: the same parts, or the same refusal."""
    assert outcome(READERS[kind], text) == outcome(lambda text: parse_with_grammar(kind, text), text)


@pytest.mark.parametrize("kind", READERS)
@given(text=pieces)
def test_parts_are_in_normal_form(kind: str, text: str) -> None:
    """Texts are not empty and not neighbours; a run of `*` is one wildcard."""
    pattern = outcome(READERS[kind], text)
    if isinstance(pattern, Pattern):
        assert "" not in pattern.parts
        for one, two in zip(pattern.parts, pattern.parts[1:], strict=False):
            assert not (isinstance(one, str) and isinstance(two, str))
            assert not (one is ANY and two is ANY)


@given(pieces)
def test_spelled_parts_parse_to_themselves(text: str) -> None:
    """The spelling of parts means the same parts, and is the same for all texts that mean them."""
    for kind in READERS:
        pattern = outcome(READERS[kind], text)
        if isinstance(pattern, Pattern):
            spelled = spell(pattern.parts)
            assert parts("value", spelled) == pattern.parts
            assert spell(parts("value", spelled)) == spelled


FIELDS = [
    ("arn:aws:s3:::b", ("arn", "aws", "s3", "", "", "b")),
    ("arn:aws:s3:::b:c:d", ("arn", "aws", "s3", "", "", "b:c:d")),
    (":::::", ("", "", "", "", "", "")),
    ("a*:?:::**:x", ("a*", "?", "", "", "*", "x")),
    ("arn:aws:${a:b}:${c, 'd:e'}::f/${g:h}", ("arn", "aws", "${a:b}", "${c, 'd:e'}", "", "f/${g:h}")),
    ("arn:aws:s3:x${*}:1:${$}{y}", ("arn", "aws", "s3", "x${*}", "1", "${$}{y}")),
]


@pytest.mark.parametrize(("text", "fields"), FIELDS)
def test_arn_is_split_into_fields(text: str, fields: tuple[str, ...]) -> None:
    """R89, R102: the first five colons outside variables divide a pattern into six fields, patterns themselves."""
    found = split_arn(READERS["value"](text))
    assert found is not None
    assert tuple(field.text for field in found) == fields
    assert tuple(field.parts for field in found) == tuple(parts("value", field) for field in fields)


@pytest.mark.parametrize("text", ["", "*", "arn", "arn:aws:s3::b", "arn:aws:s3:${a:b:c}", "*:*:*:*:*"])
def test_short_arn_is_not_split(text: str) -> None:
    """R89: fewer than six fields are no ARN, whatever wildcards and variables might hold."""
    assert split_arn(READERS["value"](text)) is None


COMPLETED = [
    ("*", "*"),
    ("arn:aws:sqs", "arn:aws:sqs:*:*:*"),
    ("arn:aws", "arn:aws:*:*:*:*"),
    (":", ":" + ":*" * 4),
    ("arn:aws:s3:::b", "arn:aws:s3:::b"),
    ("arn:aws:s3:::b:c", "arn:aws:s3:::b:c"),
    ("arn:aws:s3:::", "arn:aws:s3:::"),
    ("arn:*", "arn:*:*:*:*:*"),
    ("arn:aws:logs:*", "arn:aws:logs:*:*:*"),
]


@pytest.mark.parametrize(("text", "full"), COMPLETED)
def test_short_arn_is_completed(text: str, full: str) -> None:
    """R13, R50: missing fields become `*`; a lone `*` and six fields stay as they are."""
    completed = complete_arn(READERS["resource"](text))
    assert (completed.text, completed.parts) == (full, parts("resource", full))
    assert complete_arn(completed) == completed


@given(pieces)
def test_completed_arn_has_six_fields(text: str) -> None:
    """R50: what is no lone `*` can be split once it is completed."""
    pattern = outcome(READERS["resource"], text)
    if isinstance(pattern, Pattern) and pattern.parts != (ANY,):
        assert split_arn(complete_arn(pattern)) is not None


def test_long_patterns_parse() -> None:
    """Thousands of wildcards and a hundred thousand characters are one pattern each."""
    assert parts("value", "*" * 2_000) == (ANY,)
    assert parts("value", "a*" * 2_000) == ("a", ANY) * 2_000
    assert parts("resource", "arn:aws:s3:::" + "b" * 100_000) == ("arn:aws:s3:::" + "b" * 100_000,)
    assert parts("value", "${aws:username}?" * 10_000) == (USER, ONE) * 10_000
    assert refusal("value", "${aws:username}?" * 10_000 + "${").offset == 160_002
    assert refusal("action", "s3:" + "*?" * 100_000 + ":").code == "GW021"
    assert refusal("resource", "*?" * 100_000).code == "GW025"
    assert parse_with_grammar("value", "a*" * 2_000).parts == ("a", ANY) * 2_000


def strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with the name of the member that it stands in."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from strings(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child, name)
    elif isinstance(value, str):
        yield name, value


def test_every_text_at_hand_parses_or_is_refused() -> None:
    """Every action, resource and value of all documents gives a pattern or one of our codes, by both ways."""
    files: list[Path] = [*shared("vectors").glob("*.jsonl"), *shared("data/policies").glob("*.jsonl")]
    texts = {
        found
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if line
        for found in strings(json.loads(line))
    }
    assert len(texts) > 3000
    kinds = {"Action": ["action"], "NotAction": ["action"], "Resource": ["resource", "plain_resource"]}
    kinds["NotResource"] = kinds["Resource"]
    refused = set()
    for name, text in texts:
        for kind in kinds.get(name, ["value", "template", "glob"]):
            result = outcome(READERS[kind], text)
            assert result == outcome(lambda text, kind=kind: parse_with_grammar(kind, text), text)
            if not isinstance(result, Pattern):
                assert result[0] in PATTERN_DIAGNOSTICS
                refused.add(text)
    assert len(refused) < 60
