"""Cut patterns at their stars into relays of pieces: what one automaton for whole patterns would have to remember.

A pattern is a beginning, pieces and an ending, with a star between them.  Found as early as possible, a piece leaves
the most room for those that follow, so each is looked for once, behind the one before.  One automaton finds all pieces
of all patterns, and has about a state for each of their bytes; beginnings and endings are compared in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .characters import character_size, count_characters, encode, is_continuation
from .syntax import Wildcard

if TYPE_CHECKING:
    from .automaton import Automaton, Symbols

Parts = tuple[bytes | Wildcard, ...]
"""Literals and ``?``."""


@dataclass(slots=True)
class Node:
    """A node of a tree of texts: what stands between its parent and it, and the anchors whose text ends here.

    The first of these has the number `anchor_first` in the tree.
    """

    text: bytes
    children: list[Node] = field(default_factory=list)
    anchors: list[Parts] = field(default_factory=list)
    anchor_first: int = field(init=False)


@dataclass(frozen=True, slots=True)
class Tree:
    """Beginnings, or endings, by their text.

    Attributes
    ----------
    nodes : list of Node
        Level by level; children ascend by the byte that is read first.
    reads_back : bool
        Texts are read from their end: of endings.
    """

    nodes: list[Node]
    reads_back: bool

    @property
    def anchors(self) -> list[Parts]:
        """What follows the text of a node, or stands in front of it, node by node."""
        return [anchor for node in self.nodes for anchor in node.anchors]

    def find(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield the anchors that a text has, and where they end, or begin."""
        node: Node | None = self.nodes[0]
        rest = text
        while node is not None:
            for number, anchor in enumerate(node.anchors):
                left = _skip_back(anchor, rest) if self.reads_back else _skip(anchor, rest)
                if left is not None:
                    yield node.anchor_first + number, left if self.reads_back else len(text) - left
            node = next((child for child in node.children if self._has(rest, child.text)), None)
            if node is not None:
                rest = rest[: -len(node.text)] if self.reads_back else rest[len(node.text) :]

    def _has(self, rest: bytes, text: bytes) -> bool:
        return rest.endswith(text) if self.reads_back else rest.startswith(text)


def _skip(parts: Parts, rest: bytes) -> int | None:
    """Return how many bytes are left behind the parts, where a text begins with them."""
    at = 0
    for part in parts:
        size = len(part) if isinstance(part, bytes) else character_size(rest, at)
        if not size or (isinstance(part, bytes) and not rest.startswith(part, at)):
            return None
        at += size
    return len(rest) - at


def _skip_back(parts: Parts, rest: bytes) -> int | None:
    """Return how many bytes are left in front of the parts, where a text ends with them."""
    end = len(rest)
    for part in reversed(parts):
        if isinstance(part, bytes):
            size = len(part)
            if not rest.endswith(part, 0, end):
                return None
        else:
            size = 1
            while size < min(4, end) and is_continuation(rest[end - size]):
                size += 1
            if size > end or character_size(rest[:end], end - size) != size:
                return None
        end -= size
    return end


@dataclass(frozen=True, slots=True)
class Relays:
    """Patterns cut at their stars (see gw_relay_set in runtime/include/gatewright/table.h).

    Attributes
    ----------
    automaton : Automaton or None
        Gathers the pieces that end at each byte; its patterns are numbers of pieces.
    pieces : list of int
        Characters of each piece.
    beginnings, endings : Tree
        What the patterns begin and end with.
    relay_counts : list of int
        For each beginning how many relays have it; these stand together, in the order of the beginnings.
    legs : list of tuple of int
        For each relay its pieces, in their order: number of a piece, or of an ending behind all pieces.
    patterns : list of int
        For each relay the number of its pattern.
    """

    automaton: Automaton | None
    pieces: list[int]
    beginnings: Tree
    endings: Tree
    relay_counts: list[int]
    legs: list[tuple[int, ...]]
    patterns: list[int]
    folds_ascii: bool

    def run(self, text: bytes) -> frozenset[int]:
        """Return the patterns that match a text."""
        found: set[int] = set()
        waiting: dict[int, list[int]] = {}
        leg = [0] * len(self.legs)
        since: dict[int, tuple[int, int]] = {}  # bytes and characters that the last piece ended behind

        def send_on(relay: int) -> None:
            if leg[relay] == len(self.legs[relay]):
                found.add(self.patterns[relay])
            else:
                waiting.setdefault(self.legs[relay][leg[relay]], []).append(relay)

        data = text.lower() if self.folds_ascii else text
        firsts = [0]
        for count in self.relay_counts:
            firsts.append(firsts[-1] + count)
        for beginning, end in self.beginnings.find(data):
            for relay in range(firsts[beginning], firsts[beginning + 1]):
                since[relay] = end, count_characters(text[:end])
                send_on(relay)
        if self.automaton is not None:
            state = self.automaton.start
            characters = 0
            for at, byte in enumerate(text):
                state = self.automaton.follow(state, byte)
                characters += not is_continuation(byte)
                for piece in sorted(self.automaton.accepts[state]):
                    for relay in waiting.pop(piece, ()):
                        if since[relay][1] <= characters - self.pieces[piece]:
                            since[relay] = at + 1, characters
                            leg[relay] += 1
                        send_on(relay)
        for ending, begin in self.endings.find(data):
            relays = waiting.get(len(self.pieces) + ending, ())
            found.update(self.patterns[relay] for relay in relays if since[relay][0] <= begin)
        return frozenset(found)


def can_relay(symbols: Symbols) -> bool:
    """Tell whether a pattern can be cut: it has a star, and no wildcard of a field of an ARN (R89)."""
    return Wildcard.ANY in symbols and all(isinstance(symbol, str | Wildcard) for symbol in symbols)


def build_relays(
    patterns: Sequence[Symbols],
    numbers: Iterable[int],
    folds_ascii: bool,
    build_automaton: Callable[[Sequence[Symbols]], Automaton | None],
) -> Relays | None:
    """Build relays of patterns that can be cut; None where the pieces have no automaton.

    Parameters
    ----------
    build_automaton : callable
        Builds one that gathers, or returns None.
    """
    cut = {number: _cut(patterns[number], folds_ascii) for number in numbers}
    distinct = dict.fromkeys(piece for _, middle, _ in cut.values() for piece in middle)
    # What is short comes up most: it has the low numbers, which share a few bits (GW_PIECE_BIT).
    pieces = {piece: number for number, piece in enumerate(sorted(distinct, key=_count))}
    automaton = None
    if pieces:
        automaton = build_automaton([(Wildcard.ANY, *piece, Wildcard.ANY) for piece in pieces])
        if automaton is None:
            return None
    beginnings = _build_tree(dict.fromkeys(beginning for beginning, _, _ in cut.values()), reads_back=False)
    endings = _build_tree(dict.fromkeys(ending for _, _, ending in cut.values() if ending), reads_back=True)
    ending_numbers = {ending: len(pieces) + number for number, ending in enumerate(_whole_anchors(endings))}
    having: dict[Parts, list[int]] = {beginning: [] for beginning in _whole_anchors(beginnings)}
    for number, (beginning, _, _) in cut.items():
        having[beginning].append(number)
    order = [number for those in having.values() for number in those]
    legs = []
    for number in order:
        _, middle, ending = cut[number]
        legs.append((*(pieces[piece] for piece in middle), *((ending_numbers[ending],) if ending else ())))
    return Relays(
        automaton, [_count(piece) for piece in pieces], beginnings, endings, [len(those) for those in having.values()],
        legs, order, folds_ascii,
    )  # fmt: skip


def _count(piece: Symbols) -> int:
    return sum(len(symbol) if isinstance(symbol, str) else 1 for symbol in piece)


def _cut(symbols: Symbols, folds_ascii: bool) -> tuple[Parts, tuple[Symbols, ...], Parts]:
    """Return beginning, pieces and ending of a pattern."""
    runs: list[list[str | Wildcard]] = [[]]
    for symbol in symbols:
        assert isinstance(symbol, str | Wildcard)
        if symbol is Wildcard.ANY:
            runs.append([])
        else:
            runs[-1].append(symbol)
    beginning, *middle, ending = runs
    return _parts(beginning, folds_ascii), tuple(tuple(run) for run in middle if run), _parts(ending, folds_ascii)


def _parts(symbols: Iterable[str | Wildcard], folds_ascii: bool) -> Parts:
    """Return literals and ``?``, no literal beside another."""
    parts: list[bytes | Wildcard] = []
    for symbol in symbols:
        last = parts[-1] if parts else None
        if isinstance(symbol, Wildcard):
            parts.append(symbol)
        elif isinstance(last, bytes):
            parts[-1] = last + encode(symbol, folds_ascii)
        else:
            parts.append(encode(symbol, folds_ascii))
    return tuple(parts)


# --- trees


def _build_tree(anchors: Iterable[Parts], *, reads_back: bool) -> Tree:
    """Build the tree of the literals that beginnings begin with, or endings end with."""
    by_text: dict[bytes, list[Parts]] = {b"": []}
    for parts in anchors:
        outer = parts[-1 if reads_back else 0] if parts else b""
        if not isinstance(outer, bytes):
            by_text[b""].append(parts)
        else:
            rest = parts[:-1] if reads_back else parts[1:]
            by_text.setdefault(outer[::-1] if reads_back else outer, []).append(rest)
    root = Node(b"")
    # The path to the last node, and how deep its nodes lie.
    path, depths, last = [root], [0], b""
    for text in sorted(by_text):
        shared = _shared_size(last, text)
        below: Node | None = None
        while depths[-1] > shared:
            below = path.pop()
            depths.pop()
        if depths[-1] < shared:
            assert below is not None
            size = shared - depths[-1]
            middle = Node(below.text[:size], [below])
            below.text = below.text[size:]
            path[-1].children[-1] = middle
            path.append(middle)
            depths.append(shared)
        if len(text) > shared:
            path.append(Node(text[shared:]))
            path[-2].children.append(path[-1])
            depths.append(len(text))
        path[-1].anchors = by_text[text]
        last = text
    nodes = [root]
    count = 0
    for node in nodes:
        nodes.extend(node.children)
        node.anchor_first = count
        count += len(node.anchors)
        if reads_back:
            node.text = node.text[::-1]
    return Tree(nodes, reads_back)


def _shared_size(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _whole_anchors(tree: Tree) -> list[Parts]:
    """Return the beginnings or endings whole, in the order of the tree."""
    texts = {id(tree.nodes[0]): b""}
    whole: list[Parts] = []
    for node in tree.nodes:
        text = texts.pop(id(node))
        for child in node.children:
            texts[id(child)] = child.text + text if tree.reads_back else text + child.text
        for anchor in node.anchors:
            literal = (text,) if text else ()
            whole.append((*anchor, *literal) if tree.reads_back else (*literal, *anchor))
    return whole
