"""Grammars of the policy language: Lark files, and the one loader that turns them into parsers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["GRAMMARS", "load", "parser"]

GRAMMARS: dict[str, tuple[str, ...]] = {
    "json": ("text",),
    "action": ("action",),
    "arn": ("resource",),
    "value": ("value", "template", "glob"),
}
"""Grammar files and their start rules, the usual one first."""


@cache
def load(name: str) -> str:
    """Return the text of the grammar file ``<name>.lark``."""
    return files(__name__).joinpath(f"{name}.lark").read_text(encoding="utf-8")


@cache
def parser(name: str, start: str | None = None, actions: Any = None) -> Lark:
    """Return the LALR parser of a grammar; each is made once, and Lark is imported for the first.

    Parameters
    ----------
    name : str
        Key of `GRAMMARS`.
    start : str, optional
        Rule to start from; the grammar's usual one when omitted.
    actions : object, optional
        Has one method per rule, which takes the list of the rule's children and returns the rule's value.  They run
        while parsing, so that no tree is built.

    Notes
    -----
    ``strict`` refuses conflicts and terminals that can match the same text, so an ambiguous grammar gives no parser.
    """
    from lark import Lark

    return Lark(
        load(name),
        parser="lalr",
        start=start or GRAMMARS[name][0],
        strict=True,
        maybe_placeholders=False,
        transformer=actions,
    )
