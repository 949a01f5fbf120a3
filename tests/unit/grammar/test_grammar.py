"""The grammar files: they build strictly, and README.md shows every rule."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lark import Tree
from lark.exceptions import LexError

from gatewright.grammar import GRAMMARS, parser

STARTS = [(name, start) for name, starts in GRAMMARS.items() for start in starts]


def examples() -> list[tuple[str, str, str, str]]:
    """Return (grammar, start, rule, text) for every line in a code block of the README."""
    text = (Path(__file__).parents[3] / "grammar/README.md").read_text(encoding="utf-8")
    found = []
    for name, start, block in re.findall(r"```(\w+) (\w+)\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            rule, example = line.split(maxsplit=1)
            found.append((name, start, rule, example))
    return found


def rules(tree: Tree[object]) -> set[str]:
    return {str(node.data) for node in tree.iter_subtrees()}


@pytest.mark.parametrize(("name", "start", "rule", "text"), examples())
def test_example_of_the_readme_parses(name: str, start: str, rule: str, text: str) -> None:
    """Every example of the README parses, and the rule that it stands for takes part."""
    assert rule in rules(parser(name, start).parse(text))


@pytest.mark.parametrize(("name", "start"), STARTS)
def test_readme_shows_every_rule(name: str, start: str) -> None:
    """Every named rule that a start rule reaches has an example."""
    reached = {rule.alias or str(rule.origin.name) for rule in parser(name, start).rules}
    shown = {rule for grammar, first, rule, _ in examples() if (grammar, first) == (name, start)}
    assert shown == {rule for rule in reached if not rule.startswith("_")}


@pytest.mark.parametrize(("name", "start"), STARTS)
def test_grammar_is_unambiguous(name: str, start: str) -> None:
    """No grammar has a conflict or two terminals that match the same text in the same place."""
    assert parser(name, start).options.strict


def test_ambiguous_grammar_gives_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grammar whose terminals can match the same text is refused when its parser is made."""
    monkeypatch.setattr("gatewright.grammar.load", lambda name: "text: A | B\nA: /a+/\nB: /a+b*/\n")
    with pytest.raises(LexError, match=r"^Collision"):
        parser("json", "text", object())


def test_parser_is_made_once() -> None:
    """Asking twice gives the same parser."""
    assert parser("json") is parser("json")


def test_lark_loads_only_for_a_parser() -> None:
    """Importing the grammar, or reading good texts, does not import Lark."""
    code = (
        "import sys, gatewright.grammar, gatewright.compiler.source as s, gatewright.compiler.patterns as p\n"
        "s.Source('{\"a\": [1]}', 'x').locate(('a', 0))\n"
        "p.parse_action('s3:Get*'), p.parse_resource('arn:aws:s3:::b/${aws:username}', variables=True)\n"
        "sys.exit('lark' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
