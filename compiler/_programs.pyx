# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Statements -> programs and cells: the inner loop of flattening, once for each row of policies and each of actions.

A set of statements is a few words of bits: each run of a program (the denies, then the allows of each layer) has words
of its own.  What a program needs of a set is found by operations on words; each distinct set becomes a program once.

First a row is made by its own numbers: it counts its statements and its programs from 0, so that it stays as it is while
its policies do, whatever their statements are numbered.  Then rows are placed, one after the other.
"""

import secrets

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from ._growing cimport grow

from ..runtime.layout import (
    LAYER_SHIFT,
    PROGRAM_ALWAYS,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_NONE,
)

__all__ = ["LocalRow", "Programs"]

cdef extern from "gatewright/hash.h":
    uint64_t gw_hash_word(uint64_t h, uint64_t word) noexcept nogil

cdef extern from *:
    int __builtin_ctzll(unsigned long long bits) noexcept nogil

cdef uint32_t MARK = PROGRAM_MARK
cdef uint32_t GENERIC = PROGRAM_GENERIC
cdef uint32_t NONE = PROGRAM_NONE
cdef uint32_t ALWAYS = PROGRAM_ALWAYS
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


@cython.final
cdef class LocalRow:
    """A row by its own numbers.

    Its statements are told by policy and number in the policy.  A cell below PROGRAM_FIRST is as in the table, others
    have PROGRAM_FIRST + the number of the row's program; program 0 is that of all statements.  The words of a program
    are those of the table, with the row's numbers of statements.
    """

    cdef uint32_t *policies
    cdef uint32_t *offsets
    cdef uint32_t *words
    cdef uint32_t *starts  # of each program, and behind the last
    cdef uint32_t *cells   # NULL: the row is but the program of all statements
    cdef size_t own_count, program_count
    cdef Py_ssize_t run_count, cell_count

    def __init__(self):
        raise TypeError("rows are made by Programs.make_row")

    def renumber(self, const Py_ssize_t[::1] columns not None):
        """Let cell i be what cell columns[i] was; none of these is beyond the last."""
        cdef uint32_t *cells
        cdef Py_ssize_t i
        if not self.cells:
            return
        cells = <uint32_t *>malloc((columns.shape[0] + 1) * sizeof(uint32_t))
        if not cells:
            raise MemoryError
        for i in range(columns.shape[0]):
            if not 0 <= columns[i] < self.cell_count:
                free(cells)
                raise IndexError(columns[i])
            cells[i] = self.cells[columns[i]]
        free(self.cells)
        self.cells = cells
        self.cell_count = columns.shape[0]

    def __dealloc__(self):
        free(self.policies)
        free(self.offsets)
        free(self.words)
        free(self.starts)
        free(self.cells)


cdef uint32_t *copy_words(const uint32_t *words, size_t count) except NULL:
    cdef uint32_t *copied = <uint32_t *>malloc((count + 1) * sizeof(uint32_t))
    if not copied:
        raise MemoryError
    memcpy(copied, words, count * sizeof(uint32_t))
    return copied


@cython.final
cdef class Programs:
    """Programs made unique, over the statements that they are made of.

    Parameters
    ----------
    row_count : int
        Rows of actions.
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
    # The row at hand: statements, runs, the bits of plain statements, and the sets of a block of rows of actions.
    cdef uint32_t *own
    cdef uint32_t *policies
    cdef uint32_t *offsets
    cdef Run *runs
    cdef uint64_t *plain
    cdef uint64_t *sets
    cdef size_t own_room, policy_room, offset_room, run_room, plain_room, set_room, own_count
    cdef Py_ssize_t run_count, set_words
    # Its programs by its own numbers, and its cells.
    cdef uint32_t *local_words
    cdef uint32_t *local_starts
    cdef uint32_t *local_cells
    cdef size_t local_room, start_room, cell_room, local_count
    # The block's distinct sets: slots of rows + 1, and the place of each program.
    cdef uint32_t *known
    cdef uint32_t *places
    cdef size_t known_room, place_room

    def __cinit__(self, row_count, is_deny, is_plain, first_statements, block_words):
        self.row_count = row_count
        self.block_words = block_words
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
        free(self.policies)
        free(self.offsets)
        free(self.runs)
        free(self.plain)
        free(self.sets)
        free(self.local_words)
        free(self.local_starts)
        free(self.local_cells)
        free(self.known)
        free(self.places)

    def to_bytes(self):
        """Return the words of all programs."""
        return (<const char *>self.words)[: self.word_count * sizeof(uint32_t)]

    def set_hits(self, first_hits, hits):
        """Say which actions may reach statement s: those of the rows hits[first_hits[s]] to hits[first_hits[s + 1] - 1].

        It must be said of the statements of all rows that are made.
        """
        self.first_hits, self.hits = first_hits, hits

    def make_row(self, tuple layers not None, bint keeps_layers, bint has_cells):
        """Make the row of who is under these layers, each a kind and policies in ascending order.

        Without layers everything is allowed.
        """
        cdef Py_ssize_t begin = 0, end, step
        cdef LocalRow row = LocalRow.__new__(LocalRow)
        self._list_runs(layers)
        self.local_count = 0
        grow(<void **>&self.local_starts, &self.start_room, 2, sizeof(uint32_t))
        self.local_starts[0] = 0
        if layers:
            self._write_all()
        if has_cells:
            grow(<void **>&self.local_cells, &self.cell_room, self.row_count + 1, sizeof(uint32_t))
            self.local_cells[0] = FIRST if layers else ALWAYS
            if not layers:
                for end in range(1, self.row_count + 1):
                    self.local_cells[end] = ALWAYS
            elif self.set_words == 0:
                for end in range(1, self.row_count + 1):
                    self.local_cells[end] = FIRST if keeps_layers else NONE
            else:
                step = self.block_words // self.set_words + 1
                while begin < self.row_count:
                    end = min(begin + step, self.row_count)
                    self._collect_sets(begin, end)
                    self._cut_sets(end - begin, keeps_layers)
                    self._number_sets(end - begin, keeps_layers, &self.local_cells[1 + begin])
                    begin = end
            row.cells = copy_words(self.local_cells, self.row_count + 1)
            row.cell_count = self.row_count + 1
        row.policies = copy_words(self.policies, self.own_count)
        row.offsets = copy_words(self.offsets, self.own_count)
        row.words = copy_words(self.local_words, self.local_starts[self.local_count])
        row.starts = copy_words(self.local_starts, self.local_count + 1)
        row.own_count, row.program_count, row.run_count = self.own_count, self.local_count, self.run_count
        return row

    def place_rows(self, list rows not None, uint32_t[:, ::1] cells not None, uint32_t[::1] places not None):
        """Place the programs of rows and fill the cells of those that have them; of others the place is told."""
        cdef LocalRow row
        cdef Py_ssize_t with_cells = 0, without = 0
        for row in rows:
            if row.cells:
                if with_cells >= cells.shape[0] or not cells.shape[1] == row.cell_count == self.row_count + 1:
                    raise ValueError("a row has a cell for each row of actions, and one more")
                self._place_row(row, &cells[with_cells, 0])
                with_cells += 1
            else:
                if without >= places.shape[0]:
                    raise ValueError("there are more rows without cells than places")
                self._place_row(row, &places[without])
                without += 1

    cdef int _place_row(self, LocalRow row, uint32_t *cells) except -1:
        cdef size_t i
        cdef Py_ssize_t column
        cdef uint32_t local
        grow(<void **>&self.own, &self.own_room, row.own_count + 1, sizeof(uint32_t))
        for i in range(row.own_count):
            self.own[i] = self.first_statements[row.policies[i]] + row.offsets[i]
        grow(<void **>&self.places, &self.place_room, row.program_count, sizeof(uint32_t))
        memset(self.places, 0, row.program_count * sizeof(uint32_t))
        cells[0] = ALWAYS
        if row.program_count:
            cells[0] = self.places[0] = self._place_program(row, 0)
        if not row.cells:
            return 0
        for column in range(1, self.row_count + 1):
            local = row.cells[column]
            if local >= FIRST:
                i = local - FIRST
                if not self.places[i]:
                    self.places[i] = self._place_program(row, i)
                cells[column] = self.places[i]
            else:
                cells[column] = local
        return 0

    cdef uint32_t _place_program(self, LocalRow row, size_t number) except? 0xffffffff:
        """Return the place of a program of a row, with the statements' numbers in the table."""
        cdef const uint32_t *words = &row.words[row.starts[number]]
        cdef size_t size = row.starts[number + 1] - row.starts[number]
        cdef size_t head = 1 + row.run_count, i
        cdef uint32_t *out
        grow(<void **>&self.words, &self.word_room, self.word_count + size, sizeof(uint32_t))
        out = &self.words[self.word_count]
        memcpy(out, words, head * sizeof(uint32_t))
        for i in range(head, size):
            out[i] = self.own[words[i]]
        return self._end_program(size)

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
        grow(<void **>&self.policies, &self.policy_room, room + 1, sizeof(uint32_t))
        grow(<void **>&self.offsets, &self.offset_room, room + 1, sizeof(uint32_t))
        grow(<void **>&self.runs, &self.run_room, self.run_count, sizeof(Run))
        for run in range(self.run_count):
            head, policies = parts[run]
            self.runs[run].head = head
            self.runs[run].first = at
            for policy in policies:
                for statement in range(self.first_statements[policy], self.first_statements[policy + 1]):
                    if self.is_deny[statement] == (run == 0):
                        self.own[at] = statement
                        self.policies[at] = policy
                        self.offsets[at] = statement - self.first_statements[policy]
                        at += 1
            self.runs[run].count = at - self.runs[run].first
            self.runs[run].first_word = word
            word += (self.runs[run].count + 63) >> 6
            self.runs[run].end_word = word
        self.set_words = word
        self.own_count = at
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

    cdef int _number_sets(self, Py_ssize_t count, bint keeps_layers, uint32_t *cells) except -1:
        """Number the programs of the sets of a block, each distinct set once."""
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
                cells[number] = self._write_set(own, keeps_layers)
        return 0

    cdef int _write_all(self) except -1:
        """Write the program with all statements, which runs the action tests too."""
        cdef Py_ssize_t run
        cdef size_t i
        cdef uint32_t *out = self._begin_program()
        for run in range(self.run_count):
            out[0 if run == 0 else 1 + run] = self.runs[run].head | <uint32_t>self.runs[run].count
        for i in range(self.own_count):
            out[1 + self.run_count + i] = i
        out[0] |= GENERIC
        self._count_program(1 + self.run_count + self.own_count)
        return 0

    cdef uint32_t _write_set(self, const uint64_t *own, bint keeps_layers) except? 0xffffffff:
        """Write the program with these statements of the row; return what its cell has."""
        cdef Py_ssize_t run, word
        cdef uint32_t *out = self._begin_program()
        cdef uint32_t *next = out + 1 + self.run_count
        cdef uint32_t *first
        cdef uint32_t base
        cdef uint64_t bits
        for run in range(self.run_count):
            first = next
            for word in range(self.runs[run].first_word, self.runs[run].end_word):
                base = self.runs[run].first + 64 * (word - self.runs[run].first_word)
                bits = own[word]
                while bits:
                    next[0] = base + __builtin_ctzll(bits)
                    next += 1
                    bits &= bits - 1
            out[0 if run == 0 else 1 + run] = self.runs[run].head | <uint32_t>(next - first)
        if next == out + 1 + self.run_count and not keeps_layers:
            return NONE
        self._count_program(next - out)
        return FIRST + self.local_count - 1

    cdef uint32_t *_begin_program(self) except NULL:
        """Return where the words of the row's next program go; there is room for all its statements."""
        cdef size_t used = self.local_starts[self.local_count]
        grow(<void **>&self.local_words, &self.local_room, used + 1 + self.run_count + self.own_count, sizeof(uint32_t))
        self.local_words[used] = 0
        self.local_words[used + 1] = self.run_count - 1
        return &self.local_words[used]

    cdef int _count_program(self, size_t size) except -1:
        if self.local_starts[self.local_count] + size > 0xffffffff:
            raise OverflowError("the programs have more than 4,294,967,295 words")
        grow(<void **>&self.local_starts, &self.start_room, self.local_count + 2, sizeof(uint32_t))
        self.local_starts[self.local_count + 1] = self.local_starts[self.local_count] + <uint32_t>size
        self.local_count += 1
        return 0

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
