"""Build automata from patterns: a few deterministic ones for all patterns together, whatever the patterns are.

Patterns become a trie of byte classes, in which a star is a node that loops; sets of trie nodes become states.
Patterns whose states outgrow their budget are split into several groups, and one that outgrows it alone (many ``?``
behind a star) is simulated position by position instead, so that every pattern costs time linear in the subject and
bounded memory.  docs/decisions/0005-automata.md has the reasons and what was measured.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from ._subset import find_states
from .characters import CONTINUATION, LEADS, character_size, encode
from .relays import Relays, build_relays, can_relay
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
WHOLE_SPARE_STATES = 8_192  # ... of all patterns together: then each text has a row, and each action a column of cells
WHOLE_ACCEPTS = 1_024  # sets of patterns that such an automaton tells apart, at most: each is a column of cells
NODE_LIMIT = 2 * STATE_LIMIT  # trie nodes of a group: some 60 MB while it is built
WORK_LIMIT = 4_000_000  # steps (node visits, mostly) while building one group
TOTAL_WORK_LIMIT = 32_000_000  # ... all groups of a table, some ten seconds: what is left then is simulated
SIMPLE_WORK_LIMIT = 64_000_000  # ... groups of prefixes: some 300,000 of them
RELAY_LIMIT = 1 << 14  # patterns of a group of relays: 24 bytes of scratch each
RELAYED_TOO = 256  # patterns that have an automaton and go into relays that are there anyway
PIECE_STATES_PER_SYMBOL = 4  # an automaton that finds pieces may have this many states per byte of them, ...
PIECE_SPARE_STATES = 1_024  # ... plus these: it has one for each byte, but for pieces with ``?``
SIMULATED_POSITIONS = 128  # patterns that outgrow an automaton and have no more positions are simulated together
UNTRIED_LIMIT = 7  # parts that are simulated without a try, at most, behind one that had to be
PACK_POSITIONS = 4_096  # positions of simulated patterns that share one run over the subject


@dataclass(frozen=True, slots=True)
class Automaton:
    """A deterministic automaton over bytes.

    Attributes
    ----------
    byte_map : bytes
        Byte class of each of the 256 bytes.
    transitions : array of uint16
        State x byte class, row by row.
    accepts : list of frozenset of int
        Patterns (numbers as given to `build_groups`) that match in each state.
    absorbing_count : int
        The first so many states lead only to themselves; of an automaton that gathers, only they accept patterns.
    gathers : bool
        What is accepted in any state on the way matches.  Such an automaton forgets a pattern that it has found, where
        another one has states for every set of patterns found so far.
    is_dead_next : bool
        The state behind those that accept leads only to itself; of an automaton that gathers.
    """

    byte_map: bytes
    class_count: int
    transitions: array[int]
    accepts: list[frozenset[int]]
    start: int
    absorbing_count: int
    gathers: bool = False
    is_dead_next: bool = False

    def run(self, text: bytes) -> frozenset[int]:
        """Return the patterns that match a text."""
        if not self.gathers:
            return self.accepts[self.run_to_state(text)]
        state = self.start
        found = set(self.accepts[state])
        for byte in text:
            state = self.follow(state, byte)
            if state < self.absorbing_count:
                found |= self.accepts[state]
        return frozenset(found)

    def run_to_state(self, text: bytes) -> int:
        """Return the state that a text ends in; not for automata that gather."""
        state = self.start
        for byte in text:
            if state < self.absorbing_count:
                break
            state = self.follow(state, byte)
        return state

    def follow(self, state: int, byte: int) -> int:
        """Return the state that a byte leads to."""
        return self.transitions[state * self.class_count + self.byte_map[byte]]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Patterns as positions: bit i of a mask is position i (see run_simulation in runtime/kernel/groups.c).

    Attributes
    ----------
    start : int
        Mask of the positions in front of the patterns.
    masks : list of tuple of int
        Per byte class two masks: positions that advance by 1, and positions that stay.
    accepts : list of (int, int)
        Position behind each pattern, and the pattern's number.
    """

    byte_map: bytes
    class_count: int
    start: int
    masks: list[tuple[int, int]]
    accepts: list[tuple[int, int]]
    position_count: int

    @property
    def word_count(self) -> int:
        """64-bit words of a mask."""
        return (self.position_count + 63) // 64

    def run(self, text: bytes) -> frozenset[int]:
        """Return the patterns that match a text."""
        now = self.start
        whole = 0
        for at, byte in enumerate(text):
            is_character = byte < 0x80 or at < whole
            if not is_character:
                size = character_size(text, at)
                whole = at + size
                is_character = size > 0
            # Bytes that are in no character count as one that is in no pattern.
            advance, stay = self.masks[self.byte_map[byte if is_character else 0xFF]]
            now = (now & advance) << 1 | now & stay
        return frozenset(pattern for position, pattern in self.accepts if now >> position & 1)


Group = Automaton | Simulation | Relays


@dataclass(slots=True)
class Budget:
    """Steps that are left for building the automata of a table; each list of patterns has its own for prefixes."""

    work: int = TOTAL_WORK_LIMIT
    simple_work: int = SIMPLE_WORK_LIMIT


KnownGroups = dict[tuple[bool, tuple[Symbols, ...]], tuple[list[Group], int]]
"""By patterns and whether ASCII is folded: their groups, and the steps that these took from the budget."""


def limits() -> tuple[int, ...]:
    """Return what `build_groups` heeds beside its arguments."""
    return (
        STATE_LIMIT, STATES_PER_SYMBOL, SPARE_STATES, WHOLE_SPARE_STATES, WHOLE_ACCEPTS, NODE_LIMIT, WORK_LIMIT,
        SIMPLE_WORK_LIMIT, RELAY_LIMIT, RELAYED_TOO, PIECE_STATES_PER_SYMBOL, PIECE_SPARE_STATES, SIMULATED_POSITIONS,
        UNTRIED_LIMIT, PACK_POSITIONS,
    )  # fmt: skip


def recall_groups(
    patterns: Sequence[Symbols], *, folds_ascii: bool, budget: Budget, known: KnownGroups, used: KnownGroups
) -> list[Group]:
    """Do as `build_groups` does, or take the groups from those known from before; note them as used.

    The budget that is left decides what is tried.  So groups are kept only where it never did: where each try had the
    steps of a whole one.
    """
    key = (folds_ascii, tuple(patterns))
    groups, cost = known.get(key, (None, 0))
    if groups is None or cost + WORK_LIMIT > budget.work:
        before = budget.work
        groups = build_groups(patterns, folds_ascii=folds_ascii, budget=budget)
        cost = before - budget.work
        if cost + WORK_LIMIT > before:
            return groups
    else:
        budget.work -= cost
    used[key] = groups, cost
    return groups


def build_groups(
    patterns: Sequence[Symbols], *, folds_ascii: bool = False, budget: Budget | None = None
) -> list[Group]:
    """Build the groups that together match all patterns.

    Parameters
    ----------
    patterns : sequence of Symbols
        Their numbers are their indices.
    folds_ascii : bool
        Compare ASCII letters without case.
    budget : Budget, optional
        What this call takes from it is gone for the next; a full one when omitted.

    Returns
    -------
    list of Automaton or Simulation
        Each pattern is in exactly one group.
    """
    if not patterns:
        return []
    budget = budget or Budget()
    # Neighbours share their beginnings, and what they share they pay for once.
    numbers = sorted(range(len(patterns)), key=lambda number: _sort_key(patterns[number]))
    spare_states = max(SPARE_STATES, WHOLE_SPARE_STATES)
    whole = _build_automaton(patterns, numbers, folds_ascii, budget, spare_states, is_whole=True)
    if whole is not None and len(set(whole.accepts)) <= max(WHOLE_ACCEPTS, 2 * len(patterns)):
        return [whole]
    # Patterns whose only wildcard is the last symbol need few states beyond trie nodes; they must not pay for others.
    is_simple = [all(isinstance(symbol, str) for symbol in symbols[:-1]) for symbols in patterns]
    simple = [number for number in numbers if is_simple[number]]
    others = [number for number in numbers if not is_simple[number]]
    # Whatever follows a last star, the pattern has matched: such patterns can be found on the way and forgotten.
    open_ended = [number for number in others if patterns[number][-1] is Wildcard.ANY]
    closed = [number for number in others if patterns[number][-1] is not Wildcard.ANY]
    groups: list[Group] = []
    simulated: list[int] = []
    relayed: list[int] = []
    _build_parts(patterns, simple, folds_ascii, Budget(budget.simple_work), groups, simulated)
    parts = [(part, gathers) for part, gathers in ((open_ended, True), (closed, False)) if part]
    built = [
        _build_automaton(patterns, part, folds_ascii, budget, SPARE_STATES, gathers=gathers) for part, gathers in parts
    ]
    # One automaton is the fastest, but where there would be several, or none, relays are one; and where there are any
    # they take a few patterns more, which would cost another run over the text.
    for (part, gathers), automaton in zip(parts, built, strict=True):
        left = [number for number in part if not can_relay(patterns[number])]
        if automaton is not None and (left or None not in built or len(part) > RELAYED_TOO):
            groups.append(automaton)
            continue
        relayed += [number for number in part if can_relay(patterns[number])]
        _build_parts(patterns, left, folds_ascii, budget, groups, simulated, gathers=gathers)
    _build_relay_parts(patterns, relayed, folds_ascii, budget, groups, simulated)
    for pack in _pack(patterns, simulated):
        groups.append(_build_simulation(patterns, pack, folds_ascii))
    return groups


def _sort_key(symbols: Symbols) -> list[tuple[bool, str]]:
    return [(not isinstance(symbol, str), symbol if isinstance(symbol, str) else symbol.value) for symbol in symbols]


def _build_parts(
    patterns: Sequence[Symbols],
    numbers: list[int],
    folds_ascii: bool,
    budget: Budget,
    groups: list[Group],
    simulated: list[int],
    *,
    gathers: bool = False,
) -> None:
    """Build automata of as many neighbours as fit; what does not fit, or is beyond the budget, is simulated.

    The size of a part follows what fitted before it: trying the largest each time would cost the most and mostly fail.
    So does what is simulated without a try: patterns that do not fit have neighbours of their kind.
    """
    size = len(numbers)
    done = 0
    untried = 0
    while done < len(numbers) and budget.work > 0:
        part = numbers[done : done + size]
        automaton = _build_automaton(patterns, part, folds_ascii, budget, SPARE_STATES, gathers=gathers)
        if automaton is not None:
            groups.append(automaton)
            done += len(part)
            size = len(part) + 1 + len(part) // 8
            untried = 0
        elif len(part) > 1 and sum(_position_count(patterns[number]) for number in part) > SIMULATED_POSITIONS:
            size = len(part) // 2
        else:
            size = len(part)
            simulated += numbers[done : done + size * (1 + untried)]
            done += size * (1 + untried)
            untried = min(2 * untried + 1, UNTRIED_LIMIT)
    simulated += numbers[done:]


def _build_relay_parts(
    patterns: Sequence[Symbols],
    numbers: list[int],
    folds_ascii: bool,
    budget: Budget,
    groups: list[Group],
    simulated: list[int],
) -> None:
    """Build relays of as many patterns as have an automaton for their pieces; one that has none alone is simulated."""

    def build(pieces: Sequence[Symbols]) -> Automaton | None:
        return _build_automaton(
            pieces, range(len(pieces)), folds_ascii, budget, PIECE_SPARE_STATES, PIECE_STATES_PER_SYMBOL, gathers=True
        )

    parts = [numbers[first : first + RELAY_LIMIT] for first in range(0, len(numbers), RELAY_LIMIT)]
    while parts:
        part = parts.pop()
        relays = build_relays(patterns, part, folds_ascii, build) if budget.work > 0 else None
        if relays is not None:
            groups.append(relays)
        elif len(part) == 1 or budget.work <= 0:
            simulated += part
        else:
            parts += [part[: len(part) // 2], part[len(part) // 2 :]]


_EDGES = frozenset(edge for low, high in (CONTINUATION, *(lead[:2] for lead in LEADS)) for edge in (low, high + 1))


class _ByteClasses:
    """Classes of bytes that no pattern tells apart.

    Attributes
    ----------
    map : bytes
        Class of each of the 256 bytes.
    characters : dict of FieldWildcard or Wildcard to list of (int, int)
        For each kind of ``?`` the classes that begin a character, and how many continuation bytes must follow.
    continuations : list of int
        Classes of the continuation bytes.
    """

    def __init__(self, patterns: Sequence[Symbols], numbers: Iterable[int], folds_ascii: bool) -> None:
        single: set[int] = set()
        edges: frozenset[int] = frozenset()
        for number in numbers:
            for symbol in patterns[number]:
                if isinstance(symbol, str):
                    single.update(encode(symbol, folds_ascii))
                    continue
                if symbol.value == "?":
                    edges = _EDGES
                if isinstance(symbol, FieldWildcard):
                    single.add(COLON)
        classes: dict[tuple[int, int], int] = {}
        byte_map = bytearray(256)
        region = 0
        for byte in range(256):
            region += byte in edges
            folded = byte + 32 if folds_ascii and 65 <= byte <= 90 else byte
            key = (1, folded) if folded in single else (0, region)
            byte_map[byte] = classes.setdefault(key, len(classes))
        self.map = bytes(byte_map)
        self.count = len(classes)
        self.colon = self.map[COLON]
        leads = [(c, count) for low, high, count in LEADS for c in dict.fromkeys(self.map[low : high + 1])]
        self.characters = {
            Wildcard.ONE: leads,
            FieldWildcard.ONE: [(c, count) for c, count in leads if c != self.colon],
        }
        self.continuations = list(dict.fromkeys(self.map[CONTINUATION[0] : CONTINUATION[1] + 1]))


@dataclass(slots=True)
class _Node:
    """A trie node.

    ``loop`` is the star that stands here, ``waits_for`` the node behind one more continuation byte, ``pattern_count``
    the number of patterns that pass or end here.
    """

    parent: int
    loop: Wildcard | FieldWildcard | None = None
    waits_for: int = 0
    children: dict[int | Wildcard | FieldWildcard, int] = field(default_factory=dict)
    accepts: tuple[int, ...] = ()
    pattern_count: int = 0


class _Trie:
    """Patterns as a tree with a child for each byte class or wildcard.

    The child of a ``?`` has three nodes in front of it, | three to come | two to come | one to come |, for the
    continuation bytes of a character.
    """

    def __init__(
        self, patterns: Sequence[Symbols], numbers: Iterable[int], classes: _ByteClasses, folds_ascii: bool
    ) -> None:
        self.nodes = [_Node(parent=-1)]
        self.symbol_count = 0
        self.plain_count = 0  # nodes in front of all wildcards: each is in a state of its own
        self.is_too_large = False
        for number in numbers:
            self._add(patterns[number], number, classes, folds_ascii)
            self.is_too_large = len(self.nodes) > NODE_LIMIT or self.plain_count > STATE_LIMIT
            if self.is_too_large:
                return

    def _add(self, symbols: Symbols, number: int, classes: _ByteClasses, folds_ascii: bool) -> None:
        path = [0]
        is_plain = True
        for symbol in symbols:
            if isinstance(symbol, str):
                known = len(self.nodes)
                for byte in encode(symbol, folds_ascii):
                    path.append(self._child(path[-1], classes.map[byte]))
                self.plain_count += is_plain * (len(self.nodes) - known)
                if len(self.nodes) > NODE_LIMIT:
                    return
                continue
            is_plain = False
            known = len(self.nodes)
            child = self._child(path[-1], symbol)
            if symbol.value == "*":
                self.nodes[child].loop = symbol
            elif child == known:
                for waiting in range(3):
                    self.nodes.append(_Node(parent=path[-1], waits_for=child + waiting, pattern_count=-1))
            path.append(child)
        self.nodes[path[-1]].accepts += (number,)
        self.symbol_count += len(path)
        for node in path:
            self.nodes[node].pattern_count += 1

    def _child(self, node: int, move: int | Wildcard | FieldWildcard) -> int:
        children = self.nodes[node].children
        child = children.get(move)
        if child is None:
            child = children[move] = len(self.nodes)
            self.nodes.append(_Node(parent=node))
        return child


def _moves(node: _Node, classes: _ByteClasses) -> Iterator[tuple[int, int]]:
    """Yield where a node's bytes lead: byte class and node."""
    for move, child in node.children.items():
        if isinstance(move, int):
            yield move, child
        elif move.value == "?":
            # The nodes that wait for continuation bytes stand behind the child.
            for byte_class, continuation_count in classes.characters[move]:
                yield byte_class, child + continuation_count
    if node.waits_for:
        for byte_class in classes.continuations:
            yield byte_class, node.waits_for


_LOOPS = {None: 0, Wildcard.ANY: 1, FieldWildcard.ANY: 2}  # as find_states numbers them


def _build_automaton(
    patterns: Sequence[Symbols],
    numbers: Sequence[int],
    folds_ascii: bool,
    budget: Budget,
    spare_states: int,
    states_per_symbol: int | None = None,
    *,
    gathers: bool = False,
    is_whole: bool = False,
) -> Automaton | None:
    """Build one automaton by the subset construction, or give up when it outgrows its budget.

    One that gathers takes patterns that end with a star of any characters, whose last node it need not stay in.  Of a
    whole one what patterns share counts once: where some hundred prefixes meet a few stars, it is given up soon.
    """
    classes = _ByteClasses(patterns, numbers, folds_ascii)
    trie = _Trie(patterns, numbers, classes, folds_ascii)
    budget.work -= len(trie.nodes) + trie.symbol_count
    if trie.is_too_large:
        return None
    nodes = trie.nodes
    states_per_symbol = STATES_PER_SYMBOL if states_per_symbol is None else states_per_symbol
    size = min(len(nodes), trie.symbol_count) if is_whole else trie.symbol_count
    state_limit = min(STATE_LIMIT, spare_states + states_per_symbol * size)

    # The chain of each node: nodes on one line of the trie that the same patterns pass.  On a chain a later star makes
    # all earlier nodes superfluous, for whatever they still could match the star can match too.
    chain = array("I", range(len(nodes)))
    depth = array("I", bytes(4 * len(nodes)))
    move_first, move_class, move_target = array("I", [0]), array("I"), array("I")
    star_first, star_target = array("I", [0]), array("I")
    for number, node in enumerate(nodes):
        if node.parent >= 0 and nodes[node.parent].pattern_count == node.pattern_count:
            chain[number], depth[number] = chain[node.parent], depth[node.parent] + 1
        for byte_class, target in _moves(node, classes):
            move_class.append(byte_class)
            move_target.append(target)
        move_first.append(len(move_class))
        star_target.extend(child for move, child in node.children.items() if nodes[child].loop is move)
        star_first.append(len(star_target))
    loops = [0 if gathers and node.accepts and not node.children else _LOOPS[node.loop] for node in nodes]
    work, found, accepting = find_states(
        classes.count, classes.colon, move_first, move_class, move_target, star_first, star_target, chain, depth,
        bytes(loops), bytes(bool(node.accepts) for node in nodes), state_limit,
        max(0, min(WORK_LIMIT, budget.work)),
    )  # fmt: skip
    budget.work -= work
    if found is None:
        return None
    rows = np.frombuffer(found, dtype=np.uint32).reshape(-1, classes.count)
    stays = (rows == np.arange(len(rows))[:, None]).all(axis=1)
    is_absorbing = np.array([bool(members) for members in accepting]) if gathers else stays
    is_dead = stays & ~is_absorbing
    places = np.lexsort((~is_dead, ~is_absorbing))
    place = np.empty(len(rows), dtype=np.uint16)
    place[places] = np.arange(len(rows))
    transitions = array("H", place[rows[places]].tobytes())
    # Most states accept nothing; equal sets are one object.
    distinct = {
        members: frozenset(number for member in members for number in nodes[member].accepts)
        for members in dict.fromkeys(accepting)
    }
    accepts = [distinct[accepting[state]] for state in places.tolist()]
    return Automaton(
        classes.map, classes.count, transitions, accepts, int(place[0]), int(np.count_nonzero(is_absorbing)), gathers,
        bool(is_dead.any()),
    )  # fmt: skip


def _position_count(symbols: Symbols) -> int:
    sizes = (len(s.encode("utf-8", "surrogatepass")) if isinstance(s, str) else s.value == "?" for s in symbols)
    return 1 + sum(sizes)


def _pack(patterns: Sequence[Symbols], numbers: Iterable[int]) -> Iterator[list[int]]:
    """Yield runs of patterns whose positions fit together; a longer one stands alone."""
    pack: list[int] = []
    filled = 0
    for number in numbers:
        count = _position_count(patterns[number])
        if pack and filled + count > PACK_POSITIONS:
            yield pack
            pack, filled = [], 0
        pack.append(number)
        filled += count
    if pack:
        yield pack


ADVANCE, STAY = 0, 1  # masks of a byte class


def _build_simulation(patterns: Sequence[Symbols], numbers: Sequence[int], folds_ascii: bool) -> Simulation:
    """Lay patterns out as positions, one pattern behind the other.

    A literal byte crosses one position, and so does a character: its first byte moves on, and at its continuation bytes
    the position behind it stays.  The position behind a pattern is its own.
    """
    classes = _ByteClasses(patterns, numbers, folds_ascii)
    position_count = sum(_position_count(patterns[number]) for number in numbers)
    masks = [[bytearray((position_count + 7) // 8) for _ in range(2)] for _ in range(classes.count)]

    def mark(byte_class: int, move: int, position: int) -> None:
        masks[byte_class][move][position >> 3] |= 1 << (position & 7)

    start = 0
    accepts = []
    position = 0
    for number in numbers:
        start |= 1 << position
        for symbol in patterns[number]:
            if isinstance(symbol, str):
                for byte in encode(symbol, folds_ascii):
                    mark(classes.map[byte], ADVANCE, position)
                    position += 1
            elif symbol.value == "*":
                for byte_class in range(classes.count):
                    if symbol is Wildcard.ANY or byte_class != classes.colon:
                        mark(byte_class, STAY, position)
            else:
                for byte_class, _ in classes.characters[symbol]:
                    mark(byte_class, ADVANCE, position)
                position += 1
                for byte_class in classes.continuations:
                    mark(byte_class, STAY, position)
        accepts.append((position, number))
        position += 1
    packed = [(int.from_bytes(advance, "little"), int.from_bytes(stay, "little")) for advance, stay in masks]
    return Simulation(classes.map, classes.count, start, packed, accepts, position_count)
