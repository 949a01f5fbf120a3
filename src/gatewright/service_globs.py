"""Do two patterns over the resource part of ARNs, a policy's and a service's, have a text in common?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

from gatewright.compiler.syntax import Part, Variable, Wildcard

MAX_TOKENS = 256
"""Longest pattern that is compared; longer ones are taken to fit."""


class Run(Enum):
    """What stands for several characters, or for any one."""

    ANY = "*"
    ONE = "?"
    WITHIN = "*, no slash"


Token = str | Run
"""A character or a run."""

_PLACEHOLDER = re.compile(r"(\$\{\w+\}|\*)")
_WITHOUT_SLASH = frozenset({"${BucketName}"})
"""Placeholders that never hold a slash, whatever follows; most others hold paths in some service or other."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern as tokens, with the text before its first run."""

    tokens: tuple[Token, ...]
    prefix: str

    @property
    def is_literal(self) -> bool:
        """Tell whether the pattern is one fixed text."""
        return len(self.prefix) == len(self.tokens)


def _glob(tokens: list[Token]) -> Glob:
    return Glob(tuple(tokens), "".join(takewhile(lambda token: isinstance(token, str), tokens)))  # type: ignore[arg-type]


def read_template(text: str) -> Glob:
    """Read the resource part of a template such as ``instance/${InstanceId}``."""
    tokens: list[Token] = []
    for index, piece in enumerate(_PLACEHOLDER.split(text)):
        if index % 2:
            tokens.append(Run.WITHIN if piece in _WITHOUT_SLASH else Run.ANY)
        else:
            tokens.extend(piece)
    return _glob(tokens)


def read_parts(parts: tuple[Part, ...]) -> Glob:
    """Read a pattern of a policy; a variable may stand for any text."""
    tokens: list[Token] = []
    for part in parts:
        if part is Wildcard.ONE:
            tokens.append(Run.ONE)
        elif isinstance(part, Wildcard | Variable):
            tokens.append(Run.ANY)
        else:
            tokens.extend(part)
    return _glob(tokens)


def matches_any(parts: tuple[Part, ...], texts: Iterable[str]) -> bool:
    """Tell whether a pattern matches one of some plain texts."""
    glob = read_parts(parts)
    plain = (Glob(tuple(text), text) for text in texts)
    return any(begin_alike(glob, text) and intersect(glob, text) for text in plain)


def begin_alike(left: Glob, right: Glob) -> bool:
    """Tell whether the texts before the first runs agree as far as both go, without which no text fits both."""
    size = min(len(left.prefix), len(right.prefix))
    return left.prefix[:size] == right.prefix[:size]


def intersect(left: Glob, right: Glob) -> bool:
    """Tell whether some text fits both of two patterns that begin alike; True where one is too long to tell.

    Time is the product of the lengths.
    """
    size = min(len(left.prefix), len(right.prefix))
    a, b = left.tokens[size:], right.tokens[size:]
    if max(len(a), len(b)) > MAX_TOKENS or a == (Run.ANY,) or b == (Run.ANY,):
        return True
    # fits[j]: some text fits both a[i:] and b[j:]; i goes down.
    fits = [all(map(_is_run, b[j:])) for j in range(len(b) + 1)]
    for token in reversed(a):
        below = fits
        fits = [False] * len(b) + [_is_run(token) and below[-1]]
        for j in range(len(b) - 1, -1, -1):
            other = b[j]
            if _is_run(token):
                fits[j] = below[j] or (fits[j + 1] and (_is_run(other) or _takes(token, other)))
            elif _is_run(other):
                fits[j] = fits[j + 1] or (below[j] and _takes(other, token))
            else:
                fits[j] = below[j + 1] and (token == other or Run.ONE in (token, other))
    return fits[0]


def _is_run(token: Token) -> bool:
    return token is Run.ANY or token is Run.WITHIN


def _takes(run: Token, token: Token) -> bool:
    return run is Run.ANY or token != "/"
