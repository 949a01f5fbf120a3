"""Build automata from patterns: a few deterministic ones for all patterns together, whatever the patterns are.

Patterns become a trie of bytes, in which a star is a node that loops; sets of trie nodes become states.  A group whose
states outgrow its budget is split, and a few patterns that still outgrow it (many ``?`` behind a star, many pieces
between stars) are simulated position by position instead, so that every pattern costs time linear in the subject and
bounded memory, and building takes bounded time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from .syntax import Wildcard

COLON = ord(":")


class FieldWildcard(Enum):
    """Wildcards that stay inside a field of an ARN (R89): they match no colon."""

    ANY = "*"
    ONE = "?"


Symbol = str | Wildcard | FieldWildcard
Symbols = tuple[Symbol, ...]
"""A pattern over one text; literal pieces are not empty."""

STATE_LIMIT = 65_535  # states are 16 bits in the table
STATES_PER_SYMBOL = 4  # a group may have this many states per byte of its patterns, plus SPARE_STATES
SPARE_STATES = 1_024
GROUP_SYMBOLS = 32_768  # bytes of patterns, shared beginnings counted once, that are tried as one group
WORK_LIMIT = 300_000  # node visits while building one group: a fraction of a second
TOTAL_WORK = 3_000_000  # node visits while building all groups of a field; beyond, patterns are simulated
SPLIT = 8  # parts of a group that outgrew its budget
SIMULATED_PATTERNS = 32  # patterns of one simulation


@dataclass(frozen=True, slots=True)
class Automaton:
    """A deterministic automaton over bytes.

    Attributes
    ----------
    byte_map : bytes
        Byte class of each of the 256 bytes.
    transitions : list of int
        State x byte class, row by row.
    accepts : list of frozenset of int
        Patterns (numbers as given to `build_groups`) that match in each state.
    absorbing_count : int
        The first so many states lead only to themselves.
    """

    byte_map: bytes
    class_count: int
    transitions: list[int]
    accepts: list[frozenset[int]]
    start: int
    absorbing_count: int

    def run(self, text: bytes) -> frozenset[int]:
        """Return the patterns that match a text."""
        state = self.start
        for byte in text:
            if state < self.absorbing_count:
                break
            state = self.transitions[state * self.class_count + self.byte_map[byte]]
        return self.accepts[state]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Patterns as positions: bit i of a mask is position i (see run_simulation in runtime/kernel/classify.c).

    Attributes
    ----------
    masks : list of tuple of int
        Per byte class five masks: positions that advance by 1, 2, 3, 4, and positions that stay.
    starts : int
        The positions where patterns begin.
    accepts : list of (int, int)
        Position where a pattern ends, and its number.
    """

    byte_map: bytes
    class_count: int
    masks: list[tuple[int, int, int, int, int]]
    position_count: int
    starts: int
    accepts: list[tuple[int, int]]

    def run(self, text: bytes) -> frozenset[int]:
        """Return the patterns that match a text."""
        now = self.starts
        for byte in text:
            one, two, three, four, stay = self.masks[self.byte_map[byte]]
            now = (now & one) << 1 | (now & two) << 2 | (now & three) << 3 | (now & four) << 4 | now & stay
        return frozenset(pattern for position, pattern in self.accepts if now >> position & 1)


Group = Automaton | Simulation


def build_groups(patterns: Sequence[Symbols], *, folds_ascii: bool = False) -> list[Group]:
    """Build the groups that together match all patterns.

    Parameters
    ----------
    patterns : sequence of Symbols
        Their numbers are their indices.
    folds_ascii : bool
        Compare ASCII letters without case.

    Returns
    -------
    list of Automaton or Simulation
        Each pattern is in exactly one group.
    """
    groups: list[Group] = []
    budget = TOTAL_WORK
    pending = _cut(patterns, folds_ascii)
    while pending:
        numbers = pending.pop()
        automaton, work = _build_automaton(patterns, numbers, folds_ascii) if budget > 0 else (None, 0)
        budget -= work
        if automaton is not None:
            groups.append(automaton)
        elif len(numbers) > SIMULATED_PATTERNS:
            pending += _split(patterns, numbers)
        else:
            groups.append(_build_simulation(patterns, numbers, folds_ascii))
    return groups


def _cut(patterns: Sequence[Symbols], folds_ascii: bool) -> list[list[int]]:
    """Cut the patterns into runs of a size that may become one automaton; neighbours share their beginnings."""
    spelled = [
        b"".join(_encode(symbol, folds_ascii) if isinstance(symbol, str) else b"*" for symbol in symbols)
        for symbols in patterns
    ]
    runs: list[list[int]] = []
    size = GROUP_SYMBOLS + 1
    before = b""
    for number in sorted(range(len(patterns)), key=spelled.__getitem__):
        text = spelled[number]
        size += len(text) - _count_shared(before, text)
        before = text
        if size > GROUP_SYMBOLS:
            runs.append([])
            size = len(text)
        runs[-1].append(number)
    return runs


def _count_shared(before: bytes, text: bytes) -> int:
    """Count the bytes with which both begin."""
    for number, (one, other) in enumerate(zip(before, text, strict=False)):
        if one != other:
            return number
    return min(len(before), len(text))


def _split(patterns: Sequence[Symbols], numbers: Sequence[int]) -> list[list[int]]:
    """Split a group that outgrew its budget; patterns whose only star is the last symbol never do so by themselves."""
    simple = [n for n in numbers if not any(_is_wild(symbol) for symbol in patterns[n][:-1])]
    if simple and len(simple) < len(numbers):
        kept = set(simple)
        return [[n for n in numbers if n not in kept], simple]
    size = max(SIMULATED_PATTERNS, -(-len(numbers) // SPLIT))
    return [list(numbers[at : at + size]) for at in range(0, len(numbers), size)]


def _is_wild(symbol: Symbol) -> bool:
    return not isinstance(symbol, str)


def _encode(text: str, folds_ascii: bool) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return data.lower() if folds_ascii else data  # bytes.lower() knows ASCII only


# One character is one UTF-8 sequence: lead byte ranges, and how many continuation bytes must follow.
_LEADS = ((0x00, 0x7F, 0), (0xC2, 0xDF, 1), (0xE0, 0xEF, 2), (0xF0, 0xF4, 3))
_CONTINUATION = (0x80, 0xBF)


@dataclass(slots=True)
class _Node:
    """A trie node; `loop` is the star that stands here, `pattern_count` counts the patterns that pass or end here."""

    parent: int
    loop: Wildcard | FieldWildcard | None = None
    moves: dict[object, int] = field(default_factory=dict)
    ranges: list[tuple[int, int, int]] = field(default_factory=list)
    accepts: list[int] = field(default_factory=list)
    pattern_count: int = 0


class _Trie:
    def __init__(self, patterns: Sequence[Symbols], numbers: Sequence[int], folds_ascii: bool) -> None:
        self.nodes = [_Node(parent=-1)]
        self.symbol_count = 0
        for number in numbers:
            self._add(patterns[number], number, folds_ascii)

    def _child(self, node: int, move: object) -> int:
        child = self.nodes[node].moves.get(move)
        if child is None:
            child = len(self.nodes)
            self.nodes.append(_Node(parent=node))
            self.nodes[node].moves[move] = child
        return child

    def _add(self, symbols: Symbols, number: int, folds_ascii: bool) -> None:
        path = [0]
        for symbol in symbols:
            if isinstance(symbol, str):
                for byte in _encode(symbol, folds_ascii):
                    path.append(self._child(path[-1], byte))
            elif symbol.value == "*":
                path.append(self._child(path[-1], symbol))
                self.nodes[path[-1]].loop = symbol
            else:
                path.append(self._one(path[-1], symbol))
        self.nodes[path[-1]].accepts.append(number)
        self.symbol_count += len(path)
        for node in path:
            self.nodes[node].pattern_count += 1

    def _one(self, node: int, symbol: Symbol) -> int:
        is_new = symbol not in self.nodes[node].moves
        target = self._child(node, symbol)
        if is_new:
            waiting = target
            for low, high, continuation_count in _LEADS:
                if continuation_count:
                    waiting, behind = len(self.nodes), waiting
                    self.nodes.append(_Node(parent=node, ranges=[(*_CONTINUATION, behind)], pattern_count=-1))
                if symbol is FieldWildcard.ONE and low <= COLON <= high:
                    self.nodes[node].ranges += [(low, COLON - 1, target), (COLON + 1, high, target)]
                else:
                    self.nodes[node].ranges.append((low, high, waiting))
        return target

    def byte_classes(self, folds_ascii: bool) -> tuple[bytes, int]:
        """Put bytes that no node tells apart into one class."""
        single: set[int] = set()
        edges: set[int] = set()
        for node in self.nodes:
            single.update(move for move in node.moves if isinstance(move, int))
            for low, high, _ in node.ranges:
                edges.update((low, high + 1))
            if isinstance(node.loop, FieldWildcard):
                single.add(COLON)
        classes: dict[tuple[int, int], int] = {}
        byte_map = bytearray(256)
        region = 0
        for byte in range(256):
            region += byte in edges
            folded = byte + 32 if folds_ascii and 65 <= byte <= 90 else byte
            key = (1, folded) if folded in single else (0, region)
            byte_map[byte] = classes.setdefault(key, len(classes))
        return bytes(byte_map), len(classes)


def _build_automaton(
    patterns: Sequence[Symbols], numbers: Sequence[int], folds_ascii: bool
) -> tuple[Automaton | None, int]:
    """Build one automaton by the subset construction, or None when it outgrows its budget; and tell the work done."""
    trie = _Trie(patterns, numbers, folds_ascii)
    nodes = trie.nodes
    byte_map, class_count = trie.byte_classes(folds_ascii)
    state_limit = min(STATE_LIMIT, SPARE_STATES + STATES_PER_SYMBOL * trie.symbol_count)
    colon_class = byte_map[COLON]
    class_bytes: dict[int, int] = {}
    for byte in range(255, -1, -1):
        class_bytes[byte_map[byte]] = byte

    # Moves of each node by byte class; nodes that loop; the chain of each node: nodes on one line of the trie that the
    # same patterns pass.  On a chain a later star makes all earlier nodes superfluous, for what they still could match
    # the star can match too.
    moves: list[list[tuple[int, int]]] = []
    chain = list(range(len(nodes)))
    depth = [0] * len(nodes)
    for number, node in enumerate(nodes):
        moves.append([(byte_map[move], target) for move, target in node.moves.items() if isinstance(move, int)])
        for low, high, target in node.ranges:
            moves[-1] += [(c, target) for c, byte in class_bytes.items() if low <= byte <= high]
        if node.parent >= 0 and nodes[node.parent].pattern_count == node.pattern_count:
            chain[number], depth[number] = chain[node.parent], depth[node.parent] + 1
    many = (Wildcard.ANY, FieldWildcard.ANY)
    stars = [[target for move, target in node.moves.items() if move in many] for node in nodes]
    work = 0

    def close(targets: set[int]) -> frozenset[int]:
        members = set(targets)
        for target in targets:
            members.update(stars[target])
        reach: dict[int, int] = {}
        for member in members:
            if nodes[member].loop is Wildcard.ANY and depth[member] >= reach.get(chain[member], 1):
                reach[chain[member]] = depth[member]
        if reach:
            members = {member for member in members if depth[member] >= reach.get(chain[member], 0)}
        return frozenset(members)

    states: dict[frozenset[int], int] = {}
    order: list[frozenset[int]] = []

    def intern(targets: set[int]) -> int:
        members = close(targets)
        state = states.get(members)
        if state is None:
            state = states[members] = len(order)
            order.append(members)
        return state

    intern({0})
    rows: list[list[int]] = []
    while len(rows) < len(order):
        members = order[len(rows)]
        staying = {member for member in members if nodes[member].loop is not None}
        by_class: dict[int, set[int]] = {}
        for member in members:
            for byte_class, target in moves[member]:
                by_class.setdefault(byte_class, set()).add(target)
        row = [intern(staying)] * class_count
        if any(isinstance(nodes[member].loop, FieldWildcard) for member in staying):
            beyond = {member for member in staying if nodes[member].loop is Wildcard.ANY}
            row[colon_class] = intern(beyond)
        else:
            beyond = staying
        for byte_class, targets in by_class.items():
            row[byte_class] = intern(targets | (beyond if byte_class == colon_class else staying))
        rows.append(row)
        work += (1 + len(by_class)) * (1 + len(members))
        if len(order) > state_limit or work > WORK_LIMIT:
            return None, work

    absorbing = [state for state, row in enumerate(rows) if all(target == state for target in row)]
    is_absorbing = set(absorbing)
    others = [state for state in range(len(rows)) if state not in is_absorbing]
    place = {state: i for i, state in enumerate(absorbing + others)}
    transitions = [place[target] for state in absorbing + others for target in rows[state]]
    accepts = [
        frozenset(pattern for member in order[state] for pattern in nodes[member].accepts)
        for state in absorbing + others
    ]
    return Automaton(byte_map, class_count, transitions, accepts, place[0], len(absorbing)), work


def _build_simulation(patterns: Sequence[Symbols], numbers: Sequence[int], folds_ascii: bool) -> Simulation:
    """Lay patterns out as positions, one behind the other.

    A literal byte crosses one position; a character crosses four, so that its continuation bytes have places of their
    own: | character | three to come | two to come | one to come | behind |.
    """
    byte_map, class_count = _Trie(patterns, numbers, folds_ascii).byte_classes(folds_ascii)
    advance = [[0, 0, 0, 0, 0] for _ in range(class_count)]
    byte_of = {byte_map[byte]: byte for byte in range(255, -1, -1)}
    position = starts = 0
    accepts: list[tuple[int, int]] = []
    for number in numbers:
        starts |= 1 << position
        for symbol in patterns[number]:
            if isinstance(symbol, str):
                for byte in _encode(symbol, folds_ascii):
                    advance[byte_map[byte]][0] |= 1 << position
                    position += 1
            elif symbol.value == "*":
                for byte_class in range(class_count):
                    if symbol is Wildcard.ANY or byte_class != byte_map[COLON]:
                        advance[byte_class][4] |= 1 << position
            else:
                for byte_class, byte in byte_of.items():
                    for low, high, continuation_count in _LEADS:
                        if low <= byte <= high and not (symbol is FieldWildcard.ONE and byte == COLON):
                            advance[byte_class][3 - continuation_count] |= 1 << position
                    if _CONTINUATION[0] <= byte <= _CONTINUATION[1]:
                        advance[byte_class][0] |= 0b111 << (position + 1)
                position += 4
        accepts.append((position, number))
        position += 1
    masks = [(row[0], row[1], row[2], row[3], row[4]) for row in advance]
    return Simulation(byte_map, class_count, masks, position, starts, accepts)
