# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The subset construction: nodes of a trie and their moves -> states, as sets of nodes, and their transitions."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from ._growing cimport grow

__all__ = ["find_states"]

cdef extern from "gatewright/hash.h":
    uint64_t gw_hash_word(uint64_t h, uint64_t word) noexcept nogil
    uint64_t gw_hash_end(uint64_t h, size_t size) noexcept nogil

cdef enum:
    FIRST_SLOTS = 1 << 10
    ANY_LOOP = 1  # a star that every byte may follow; 2: a star that a colon ends


cdef struct State:
    uint64_t hash
    size_t first  # of its nodes
    uint32_t count


@cython.final
cdef class _Construction:
    """Sets of nodes found so far, and the set under construction.

    A set has no order: its hash is a sum over its nodes, and two of one size are equal when the nodes of the one are
    marked as those of the other.
    """

    cdef const uint32_t[::1] star_first, star_target, chain, depth
    cdef const uint8_t[::1] loop
    cdef State *states
    cdef uint32_t *nodes
    cdef uint32_t *slots  # state + 1
    cdef size_t state_room, node_room, node_count, slot_count
    cdef uint32_t state_count
    # The set under construction, and per node the number of the last set that it was added to.
    cdef uint32_t *now
    cdef uint32_t now_count
    cdef uint64_t *marks
    cdef uint64_t mark
    # Per chain the depth of its last star in the set with this number.
    cdef uint32_t *last_star
    cdef uint64_t *starred

    def __cinit__(self, star_first, star_target, chain, depth, loop):
        cdef size_t node_count = len(loop)
        self.star_first, self.star_target = star_first, star_target
        self.chain, self.depth, self.loop = chain, depth, loop
        self.slot_count = FIRST_SLOTS
        self.slots = <uint32_t *>calloc(self.slot_count, sizeof(uint32_t))
        self.now = <uint32_t *>calloc(node_count, sizeof(uint32_t))
        self.marks = <uint64_t *>calloc(node_count, sizeof(uint64_t))
        self.last_star = <uint32_t *>calloc(node_count, sizeof(uint32_t))
        self.starred = <uint64_t *>calloc(node_count, sizeof(uint64_t))
        if not (self.slots and self.now and self.marks and self.last_star and self.starred):
            raise MemoryError

    def __dealloc__(self):
        free(self.states)
        free(self.nodes)
        free(self.slots)
        free(self.now)
        free(self.marks)
        free(self.last_star)
        free(self.starred)

    cdef void begin_set(self) noexcept:
        self.mark += 1
        self.now_count = 0

    cdef void add_node(self, uint32_t node) noexcept:
        if self.marks[node] != self.mark:
            self.marks[node] = self.mark
            self.now[self.now_count] = node
            self.now_count += 1

    cdef void _close(self) noexcept:
        """Add the stars that follow, then drop what a later star of the same chain makes superfluous."""
        cdef uint32_t i = 0, node, chain, kept = 0, edge
        cdef bint has_star = False
        while i < self.now_count:
            node = self.now[i]
            i += 1
            for edge in range(self.star_first[node], self.star_first[node + 1]):
                self.add_node(self.star_target[edge])
            if self.loop[node] == ANY_LOOP and self.depth[node] >= 1:
                chain = self.chain[node]
                if self.starred[chain] != self.mark or self.depth[node] > self.last_star[chain]:
                    self.starred[chain] = self.mark
                    self.last_star[chain] = self.depth[node]
                has_star = True
        if not has_star:
            return
        for i in range(self.now_count):
            node = self.now[i]
            chain = self.chain[node]
            if self.starred[chain] == self.mark and self.depth[node] < self.last_star[chain]:
                self.marks[node] = 0
            else:
                self.now[kept] = node
                kept += 1
        self.now_count = kept

    cdef uint32_t end_set(self) except? 0xffffffff:
        """Return the state of the set under construction, closed; a new one if need be."""
        cdef uint64_t h = 0
        cdef uint32_t i
        cdef size_t slot
        cdef State *state
        self._close()
        for i in range(self.now_count):
            h += gw_hash_end(gw_hash_word(0, self.now[i]), 0)
        slot = h & (self.slot_count - 1)
        while self.slots[slot]:
            state = &self.states[self.slots[slot] - 1]
            if state.hash == h and state.count == self.now_count and self._has_all(state):
                return self.slots[slot] - 1
            slot = (slot + 1) & (self.slot_count - 1)
        grow(<void **>&self.states, &self.state_room, self.state_count + 1, sizeof(State))
        grow(<void **>&self.nodes, &self.node_room, self.node_count + self.now_count, sizeof(uint32_t))
        state = &self.states[self.state_count]
        state.hash, state.first, state.count = h, self.node_count, self.now_count
        memcpy(&self.nodes[self.node_count], self.now, self.now_count * sizeof(uint32_t))
        self.node_count += self.now_count
        self.state_count += 1
        self.slots[slot] = self.state_count
        if 2 * <size_t>self.state_count > self.slot_count:
            self._grow_slots()
        return self.state_count - 1

    cdef bint _has_all(self, const State *state) noexcept:
        cdef size_t i
        for i in range(state.first, state.first + state.count):
            if self.marks[self.nodes[i]] != self.mark:
                return False
        return True

    cdef int _grow_slots(self) except -1:
        cdef size_t count = 4 * self.slot_count, slot
        cdef uint32_t i
        cdef uint32_t *slots = <uint32_t *>calloc(count, sizeof(uint32_t))
        if not slots:
            raise MemoryError
        for i in range(self.state_count):
            slot = self.states[i].hash & (count - 1)
            while slots[slot]:
                slot = (slot + 1) & (count - 1)
            slots[slot] = i + 1
        free(self.slots)
        self.slots, self.slot_count = slots, count
        return 0


def find_states(
    uint32_t class_count,
    uint32_t colon,
    const uint32_t[::1] move_first,
    const uint32_t[::1] move_class,
    const uint32_t[::1] move_target,
    const uint32_t[::1] star_first,
    const uint32_t[::1] star_target,
    const uint32_t[::1] chain,
    const uint32_t[::1] depth,
    const uint8_t[::1] loop,
    const uint8_t[::1] is_accepting,
    uint64_t state_limit,
    uint64_t work_limit,
):
    """Find the states that the set of node 0 leads to, in the order in which they come up.

    Parameters
    ----------
    move_first, move_class, move_target
        Node n moves by the byte classes and to the nodes from move_first[n] to move_first[n + 1] - 1.
    star_first, star_target
        Likewise the stars that follow a node without a byte.
    chain, depth
        Line of the trie that a node is on, and how deep it lies there.
    loop
        0, 1 for a star that stays at every byte, 2 for one that a colon ends.

    Returns
    -------
    int
        Steps of work: about one for each node of a state and class that it moves by.
    bytes or None
        uint32, state x byte class to state; None where there would be more states or steps than the limits.
    list of tuple of int
        The accepting nodes of each state, ascending.
    """
    cdef _Construction sets = _Construction(star_first, star_target, chain, depth, loop)
    cdef uint32_t counts[257]
    cdef uint32_t *rows = NULL
    cdef uint32_t *row
    cdef uint32_t *targets = NULL
    cdef size_t row_room = 0, target_room = 0, move, i
    cdef uint32_t state = 0, node, c, staying, distinct
    cdef uint64_t work = 0
    cdef bint ends_at_colon
    cdef State *of
    sets.begin_set()
    sets.add_node(0)
    sets.end_set()
    try:
        while state < sets.state_count:
            grow(<void **>&rows, &row_room, <size_t>(state + 1) * class_count, sizeof(uint32_t))
            row = &rows[<size_t>state * class_count]
            of = &sets.states[state]
            # The targets of each class, one class behind the other.
            memset(counts, 0, sizeof(counts))
            ends_at_colon = False
            for i in range(of.first, of.first + of.count):
                node = sets.nodes[i]
                ends_at_colon |= loop[node] > ANY_LOOP
                for move in range(move_first[node], move_first[node + 1]):
                    counts[move_class[move] + 1] += 1
            distinct = 0
            for c in range(class_count):
                distinct += counts[c + 1] > 0
                counts[c + 1] += counts[c]
            grow(<void **>&targets, &target_room, counts[class_count] + 1, sizeof(uint32_t))
            for i in range(of.first, of.first + of.count):
                node = sets.nodes[i]
                for move in range(move_first[node], move_first[node + 1]):
                    targets[counts[move_class[move]]] = move_target[move]
                    counts[move_class[move]] += 1
            # Now counts[c] is where the targets of class c end.
            staying = _stay(sets, state, False)
            for c in range(class_count):
                row[c] = staying
            if ends_at_colon:
                row[colon] = _stay(sets, state, True)
            i = 0
            for c in range(class_count):
                if i == counts[c]:
                    continue
                sets.begin_set()
                _add_loops(sets, state, ends_at_colon and c == colon)
                while i < counts[c]:
                    sets.add_node(targets[i])
                    i += 1
                row[c] = sets.end_set()
            work += <uint64_t>(1 + distinct) * (1 + sets.states[state].count) + class_count // 8
            if sets.state_count > state_limit or work > work_limit:
                return work, None, []
            state += 1
        accepted = []
        for state in range(sets.state_count):
            of = &sets.states[state]
            accepted.append(tuple(sorted([
                sets.nodes[i] for i in range(of.first, of.first + of.count) if is_accepting[sets.nodes[i]]
            ])))
        return work, (<const char *>rows)[: <size_t>sets.state_count * class_count * sizeof(uint32_t)], accepted
    finally:
        free(rows)
        free(targets)


cdef void _add_loops(_Construction sets, uint32_t state, bint is_colon) noexcept:
    """Add the nodes of a state that stay where they are."""
    cdef size_t i
    cdef uint32_t node
    for i in range(sets.states[state].first, sets.states[state].first + sets.states[state].count):
        node = sets.nodes[i]
        if sets.loop[node] == ANY_LOOP or (sets.loop[node] and not is_colon):
            sets.add_node(node)


cdef uint32_t _stay(_Construction sets, uint32_t state, bint is_colon) except? 0xffffffff:
    sets.begin_set()
    _add_loops(sets, state, is_colon)
    return sets.end_set()
