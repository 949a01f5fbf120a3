# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Statements -> programs and cells: the inner loop of flattening, once for each principal and each row of actions.

A set of statements is a few words of bits: each run of a program (the denies, then the allows of each layer) has words
of its own.  What a program needs of a set is found by operations on words; each distinct set becomes a program once.
"""

import secrets

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memset

from ..runtime.layout import LAYER_SHIFT, PROGRAM_FIRST, PROGRAM_GENERIC, PROGRAM_MARK, PROGRAM_NONE

__all__ = ["Programs"]

cdef extern from "gatewright/hash.h":
    uint64_t gw_hash_word(uint64_t h, uint64_t word) noexcept nogil

cdef extern from *:
    int __builtin_ctzll(unsigned long long bits) noexcept nogil

cdef uint32_t MARK = PROGRAM_MARK
cdef uint32_t GENERIC = PROGRAM_GENERIC
cdef uint32_t NONE = PROGRAM_NONE
cdef uint32_t FIRST = PROGRAM_FIRST
cdef int SHIFT = LAYER_SHIFT

cdef enum:
    FIRST_SLOTS = 1 << 12


cdef struct Slot:
    uint64_t hash
    uint32_t place
    uint32_t size  # words; 0: the slot is empty


cdef struct Run:
    uint32_t head  # the mark, or the kind of the layer in its bits
    Py_ssize_t first, count  # in the list of the principal's statements
    Py_ssize_t first_word, end_word  # in a set


cdef int grow(void **block, size_t *room, size_t wanted, size_t size) except -1:
    """Make room for so many elements of a size; a block at least doubles."""
    cdef void *grown
    if wanted <= room[0]:
        return 0
    wanted = max(wanted, 2 * room[0])
    grown = realloc(block[0], wanted * size)
    if not grown:
        raise MemoryError
    block[0] = grown
    room[0] = wanted
    return 0


@cython.final
cdef class Programs:
    """Programs made unique, over the statements that they are made of.

    Parameters
    ----------
    row_count : int
        Rows of actions.
    first_hits, hits : buffers of uint64 and uint32
        The actions of the rows hits[first_hits[s]] to hits[first_hits[s + 1] - 1] may reach statement s.
    is_deny, is_plain : buffers of uint8
        Of each statement; a plain one has no test but the action's.
    first_statements : buffer of uint32
        Policy i has the statements first_statements[i] to first_statements[i + 1] - 1.
    block_words : int
        About as many words of sets are held at once, however many statements somebody is under.
    """

    cdef Py_ssize_t row_count, block_words
    cdef const uint64_t[::1] first_hits
    cdef const uint32_t[::1] hits, first_statements
    cdef const uint8_t[::1] is_deny, is_plain
    # The words of all programs; which there are, by open addressing.
    cdef uint32_t *words
    cdef Slot *slots
    cdef size_t word_count, word_room, slot_count, program_count
    cdef uint64_t seed
    # The principal at hand: statements, runs, the bits of plain statements, and the sets of a block of rows.
    cdef uint32_t *own
    cdef Run *runs
    cdef uint64_t *plain
    cdef uint64_t *sets
    cdef size_t own_room, run_room, plain_room, set_room
    cdef Py_ssize_t run_count, set_words
    # The block's distinct sets: slots of rows + 1, and the place of each row.
    cdef uint32_t *known
    cdef uint32_t *places
    cdef size_t known_room, place_room

    def __cinit__(self, row_count, first_hits, hits, is_deny, is_plain, first_statements, block_words):
        self.row_count = row_count
        self.block_words = block_words
        self.first_hits, self.hits = first_hits, hits
        self.is_deny, self.is_plain = is_deny, is_plain
        self.first_statements = first_statements
        self.seed = secrets.randbits(64)
        self.slot_count = FIRST_SLOTS
        self.slots = <Slot *>calloc(self.slot_count, sizeof(Slot))
        if not self.slots:
            raise MemoryError
        grow(<void **>&self.words, &self.word_room, FIRST, sizeof(uint32_t))
        memset(self.words, 0, FIRST * sizeof(uint32_t))
        self.word_count = FIRST

    def __dealloc__(self):
        free(self.words)
        free(self.slots)
        free(self.own)
        free(self.runs)
        free(self.plain)
        free(self.sets)
        free(self.known)
        free(self.places)

    def to_bytes(self):
        """Return the words of all programs."""
        return (<const char *>self.words)[: self.word_count * sizeof(uint32_t)]

    def flatten_row(self, tuple layers not None, bint keeps_layers, uint32_t[::1] cells not None):
        """Fill the cells of who is under these layers, each a kind and policies in ascending order."""
        cdef Py_ssize_t begin = 0, end, step
        cdef uint32_t place
        if cells.shape[0] != self.row_count + 1:
            raise ValueError("a row has a cell for each row of actions, and one more")
        self._list_runs(layers)
        place = cells[0] = self._place_all()
        if self.set_words == 0:
            cells[1:] = place if keeps_layers else NONE
            return
        step = self.block_words // self.set_words + 1
        while begin < self.row_count:
            end = min(begin + step, self.row_count)
            self._collect_sets(begin, end)
            self._cut_sets(end - begin, keeps_layers)
            self._place_sets(end - begin, keeps_layers, &cells[1 + begin])
            begin = end

    def place_all(self, tuple layers not None):
        """Return the place of the program that runs all statements of layers, with their action tests."""
        self._list_runs(layers)
        return self._place_all()

    cdef int _list_runs(self, tuple layers) except -1:
        """List the statements of each run."""
        cdef Py_ssize_t room = 0, at = 0, word = 0, run
        cdef uint32_t policy, statement
        parts = [(MARK, sorted({policy for _, policies in layers for policy in policies}))]
        parts += [(<uint32_t>kind << SHIFT, policies) for kind, policies in layers]
        for _, policies in parts:
            for policy in policies:
                room += self.first_statements[policy + 1] - self.first_statements[policy]
        self.run_count = len(parts)
        grow(<void **>&self.own, &self.own_room, room + 1, sizeof(uint32_t))
        grow(<void **>&self.runs, &self.run_room, self.run_count, sizeof(Run))
        for run in range(self.run_count):
            head, policies = parts[run]
            self.runs[run].head = head
            self.runs[run].first = at
            for policy in policies:
                for statement in range(self.first_statements[policy], self.first_statements[policy + 1]):
                    if self.is_deny[statement] == (run == 0):
                        self.own[at] = statement
                        at += 1
            self.runs[run].count = at - self.runs[run].first
            self.runs[run].first_word = word
            word += (self.runs[run].count + 63) >> 6
            self.runs[run].end_word = word
        self.set_words = word
        return 0

    cdef int _collect_sets(self, Py_ssize_t begin, Py_ssize_t end) except -1:
        """Make the sets of the statements that the rows of a block reach."""
        cdef Py_ssize_t run, i, word
        cdef uint64_t hit
        cdef uint32_t statement, row
        cdef uint64_t bit
        cdef size_t total = (end - begin) * self.set_words
        grow(<void **>&self.sets, &self.set_room, total, sizeof(uint64_t))
        grow(<void **>&self.plain, &self.plain_room, self.set_words, sizeof(uint64_t))
        memset(self.sets, 0, total * sizeof(uint64_t))
        memset(self.plain, 0, self.set_words * sizeof(uint64_t))
        for run in range(self.run_count):
            for i in range(self.runs[run].count):
                statement = self.own[self.runs[run].first + i]
                word = self.runs[run].first_word + (i >> 6)
                bit = <uint64_t>1 << (i & 63)
                if self.is_plain[statement]:
                    self.plain[word] |= bit
                for hit in range(self.first_hits[statement], self.first_hits[statement + 1]):
                    row = self.hits[hit]
                    if begin <= row < end:
                        self.sets[(row - begin) * self.set_words + word] |= bit
        return 0

    cdef void _cut_sets(self, Py_ssize_t count, bint keeps_layers) noexcept:
        """Leave of each set what a program needs.

        Behind a run's first statement without further tests none changes the decision or its reason.  Where allowing
        is out of the question, whether a Deny applies still tells one kind of denial from the other.
        """
        cdef Py_ssize_t number, run, word
        cdef uint64_t *own
        cdef uint64_t stop, any_left
        cdef bint is_stopped, can_allow
        for number in range(count):
            own = &self.sets[number * self.set_words]
            can_allow = True
            for run in range(self.run_count):
                is_stopped = False
                any_left = 0
                for word in range(self.runs[run].first_word, self.runs[run].end_word):
                    if is_stopped:
                        own[word] = 0
                        continue
                    any_left |= own[word]
                    stop = own[word] & self.plain[word]
                    if stop:
                        stop &= ~stop + 1  # the lowest
                        own[word] &= stop | (stop - 1)
                        is_stopped = True
                if is_stopped if run == 0 else not any_left:
                    can_allow = False
            if not can_allow and not keeps_layers:
                for word in range(self.runs[0].end_word, self.set_words):
                    own[word] = 0

    cdef int _place_sets(self, Py_ssize_t count, bint keeps_layers, uint32_t *cells) except -1:
        """Write the place of each set's program."""
        cdef size_t slot_count = 64, slot
        cdef Py_ssize_t number, word
        cdef uint64_t *own
        cdef uint64_t h
        cdef size_t set_bytes = self.set_words * sizeof(uint64_t)
        while slot_count < 2 * <size_t>count:
            slot_count *= 2
        grow(<void **>&self.known, &self.known_room, slot_count, sizeof(uint32_t))
        memset(self.known, 0, slot_count * sizeof(uint32_t))
        for number in range(count):
            own = &self.sets[number * self.set_words]
            h = self.seed
            for word in range(self.set_words):
                h = gw_hash_word(h, own[word])
            slot = h & (slot_count - 1)
            while self.known[slot] and memcmp(own, &self.sets[(self.known[slot] - 1) * self.set_words], set_bytes):
                slot = (slot + 1) & (slot_count - 1)
            if self.known[slot]:
                cells[number] = cells[self.known[slot] - 1]
            else:
                self.known[slot] = number + 1
                cells[number] = self._place_set(own, keeps_layers)
        return 0

    cdef uint32_t _place_all(self) except? 0xffffffff:
        """Return the place of the program with all statements, which runs the action tests too."""
        cdef Py_ssize_t run, i
        cdef uint32_t *out = self._begin_program()
        cdef uint32_t *next = out + 1 + self.run_count
        for run in range(self.run_count):
            out[0 if run == 0 else 1 + run] = self.runs[run].head | <uint32_t>self.runs[run].count
            for i in range(self.runs[run].count):
                next[0] = self.own[self.runs[run].first + i]
                next += 1
        out[0] |= GENERIC
        return self._end_program(next - out)

    cdef uint32_t _place_set(self, const uint64_t *own, bint keeps_layers) except? 0xffffffff:
        """Return the place of the program with these statements of the principal."""
        cdef Py_ssize_t run, word
        cdef uint32_t *out = self._begin_program()
        cdef uint32_t *next = out + 1 + self.run_count
        cdef uint32_t *first
        cdef const uint32_t *listed
        cdef uint64_t bits
        for run in range(self.run_count):
            first = next
            for word in range(self.runs[run].first_word, self.runs[run].end_word):
                listed = &self.own[self.runs[run].first + 64 * (word - self.runs[run].first_word)]
                bits = own[word]
                while bits:
                    next[0] = listed[__builtin_ctzll(bits)]
                    next += 1
                    bits &= bits - 1
            out[0 if run == 0 else 1 + run] = self.runs[run].head | <uint32_t>(next - first)
        if next == out + 1 + self.run_count and not keeps_layers:
            return NONE
        return self._end_program(next - out)

    cdef uint32_t *_begin_program(self) except NULL:
        """Return where the words of the next program go; there is room for all statements of the principal."""
        cdef Run *last = &self.runs[self.run_count - 1]
        cdef size_t room = 1 + self.run_count + last.first + last.count
        grow(<void **>&self.words, &self.word_room, self.word_count + room, sizeof(uint32_t))
        self.words[self.word_count] = 0
        self.words[self.word_count + 1] = self.run_count - 1
        return &self.words[self.word_count]

    cdef uint32_t _end_program(self, size_t size) except? 0xffffffff:
        """Return the place of the program just written, which is taken back where the same one stands already."""
        cdef uint32_t *program = &self.words[self.word_count]
        cdef uint64_t h = self.seed
        cdef size_t i, slot
        cdef Slot *found
        if self.word_count + size > 0xffffffff:
            raise OverflowError("the programs have more than 4,294,967,295 words")
        for i in range(size):
            h = gw_hash_word(h, program[i])
        slot = h & (self.slot_count - 1)
        while True:
            found = &self.slots[slot]
            if not found.size:
                break
            if (
                found.hash == h
                and found.size == size
                and not memcmp(&self.words[found.place], program, size * sizeof(uint32_t))
            ):
                return found.place
            slot = (slot + 1) & (self.slot_count - 1)
        found.hash, found.size, found.place = h, <uint32_t>size, <uint32_t>self.word_count
        self.word_count += size
        self.program_count += 1
        i = found.place
        if 2 * self.program_count > self.slot_count:
            self._grow_slots()
        return i

    cdef int _grow_slots(self) except -1:
        cdef size_t count = 4 * self.slot_count
        cdef size_t i, slot
        cdef Slot *slots = <Slot *>calloc(count, sizeof(Slot))
        if not slots:
            raise MemoryError
        for i in range(self.slot_count):
            if self.slots[i].size:
                slot = self.slots[i].hash & (count - 1)
                while slots[slot].size:
                    slot = (slot + 1) & (count - 1)
                slots[slot] = self.slots[i]
        free(self.slots)
        self.slots, self.slot_count = slots, count
        return 0
