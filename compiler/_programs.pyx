# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Statements -> programs and cells: the inner loop of flattening, once for each row of policies and each of actions.

A set of statements is a few words of bits: each run of a program (the denies, then the allows of each layer) has words
of its own.  What a program needs of a set is found by operations on words; each distinct set becomes a program once.

Programs and rows outlast a compilation.  So statements have lasting numbers in them, which stay the same while what a
statement asks of actions does, wherever it stands.  Placing gives programs their places in a table, in the order in
which its rows use them, and statements the numbers that they have there.
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
    uint32_t program  # its number + 1; 0: the slot is empty


cdef struct Program:
    uint64_t first  # of its words
    uint32_t size
    uint32_t head   # words before those of its statements
    bint is_generic


cdef struct Run:
    uint32_t head  # the mark, or the kind of the layer in its bits
    Py_ssize_t first, count  # in the list of the principal's statements
    Py_ssize_t first_word, end_word  # in a set


@cython.final
cdef class LocalRow:
    """A row in terms of programs, wherever these stand.

    A cell below PROGRAM_FIRST is as in the table, others have PROGRAM_FIRST + the number of a program.  `used` lists the
    programs in the order in which they are placed: that of all statements, which cell 0 has, then cell by cell.
    """

    cdef uint32_t *used
    cdef uint32_t *cells  # NULL: the row is but the program of all statements
    cdef size_t used_count
    cdef Py_ssize_t cell_count

    def __init__(self):
        raise TypeError("rows are made by Programs.make_row")

    def __dealloc__(self):
        free(self.used)
        free(self.cells)


cdef uint32_t *copy_words(const uint32_t *words, size_t count) except NULL:
    cdef uint32_t *copied = <uint32_t *>malloc((count + 1) * sizeof(uint32_t))
    if not copied:
        raise MemoryError
    memcpy(copied, words, count * sizeof(uint32_t))
    return copied


@cython.final
cdef class Programs:
    """Programs made unique, over statements with lasting numbers.

    Parameters
    ----------
    block_words : int
        About as many words of sets are held at once, however many statements somebody is under.
    spare_words : int
        So many words, beside two for each that the last table had, are kept before unused programs are looked for.
    """

    cdef Py_ssize_t row_count, block_words, spare_words
    cdef const uint64_t[::1] first_hits
    cdef const uint32_t[::1] hits, first_statements, lasting
    cdef const uint8_t[::1] is_deny, is_plain
    # The words of all programs; which there are, by open addressing.
    cdef uint32_t *words
    cdef Program *programs
    cdef Slot *slots
    cdef size_t word_count, word_room, program_count, program_room, slot_count
    cdef uint64_t seed
    # The row at hand: statements, runs, the bits of plain statements, and the sets of a block of rows of actions.
    cdef uint32_t *own
    cdef Run *runs
    cdef uint64_t *plain
    cdef uint64_t *sets
    cdef size_t own_room, run_room, plain_room, set_room, own_count
    cdef Py_ssize_t run_count, set_words
    # Its programs, its cells, and a program under construction.
    cdef uint32_t *local_used
    cdef uint32_t *local_cells
    cdef uint32_t *local_words
    cdef size_t used_room, cell_room, local_room, used_count
    # The block's distinct sets: slots of rows + 1.
    cdef uint32_t *known
    cdef size_t known_room
    # For each value of a cell the place of its program, or what the table has; and the programs in that order.
    cdef uint32_t *places
    cdef uint32_t *order
    cdef size_t place_room, order_room, order_count, placed_count
    # The rows that these are of, None when they are of none, and the places of those without cells.
    cdef list placed_rows
    cdef list placed_without

    def __cinit__(self, block_words, spare_words):
        self.block_words, self.spare_words = block_words, spare_words
        self.seed = secrets.randbits(64)
        self.slot_count = FIRST_SLOTS
        self.slots = <Slot *>calloc(self.slot_count, sizeof(Slot))
        if not self.slots:
            raise MemoryError

    def __dealloc__(self):
        free(self.words)
        free(self.programs)
        free(self.slots)
        free(self.own)
        free(self.runs)
        free(self.plain)
        free(self.sets)
        free(self.local_used)
        free(self.local_cells)
        free(self.local_words)
        free(self.known)
        free(self.places)
        free(self.order)

    def set_statements(
        self,
        Py_ssize_t row_count,
        const uint8_t[::1] is_deny not None,
        const uint8_t[::1] is_plain not None,
        const uint32_t[::1] lasting not None,
        const uint32_t[::1] first_statements not None,
    ):
        """Say what the statements are that rows are made of from now on.

        Parameters
        ----------
        row_count : int
            Rows of actions.
        is_deny, is_plain : buffers of uint8
            Of each statement; a plain one has no test but the action's.
        lasting : buffer of uint32
            Of each statement its lasting number.
        first_statements : buffer of uint32
            Policy i has the statements first_statements[i] to first_statements[i + 1] - 1.
        """
        if not is_deny.shape[0] == is_plain.shape[0] == lasting.shape[0]:
            raise ValueError("each statement has an effect, is plain or not, and has a lasting number")
        self.row_count = row_count
        self.is_deny, self.is_plain, self.lasting = is_deny, is_plain, lasting
        self.first_statements = first_statements

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
        self.used_count = 0
        if layers:
            self._write_all()
        if has_cells:
            grow(<void **>&self.local_cells, &self.cell_room, self.row_count + 1, sizeof(uint32_t))
            self.local_cells[0] = FIRST + self.local_used[0] if layers else ALWAYS
            if not layers:
                for end in range(1, self.row_count + 1):
                    self.local_cells[end] = ALWAYS
            elif self.set_words == 0:
                for end in range(1, self.row_count + 1):
                    self.local_cells[end] = self.local_cells[0] if keeps_layers else NONE
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
        row.used = copy_words(self.local_used, self.used_count)
        row.used_count = self.used_count
        return row

    def renumber_rows(self, list rows not None, const Py_ssize_t[::1] columns not None):
        """Let cell i of each row be what cell columns[i] was; cell 0 stays the first."""
        cdef LocalRow row
        cdef uint32_t *cells
        cdef uint32_t cell
        cdef Py_ssize_t i, count = columns.shape[0]
        if not count or columns[0]:
            raise IndexError("cell 0 stays the first")
        self.placed_rows = None
        grow(<void **>&self.places, &self.place_room, FIRST + self.program_count, sizeof(uint32_t))
        memset(self.places, 0, (FIRST + self.program_count) * sizeof(uint32_t))
        for row in rows:
            if not row.cells:
                continue
            cells = <uint32_t *>malloc(count * sizeof(uint32_t))
            if not cells:
                raise MemoryError
            for i in range(count):
                if not 0 <= columns[i] < row.cell_count:
                    free(cells)
                    raise IndexError(columns[i])
                cells[i] = row.cells[columns[i]]
            free(row.cells)
            row.cells, row.cell_count = cells, count
            # What the row used before is marked, and listed where a cell has it still.
            for i in range(<Py_ssize_t>row.used_count):
                self.places[FIRST + row.used[i]] = 1
            self.used_count = 0
            for i in range(count):
                cell = cells[i]
                if cell >= FIRST and self.places[cell]:
                    self.places[cell] = 0
                    self._use_program(cell - FIRST)
            for i in range(<Py_ssize_t>row.used_count):
                self.places[FIRST + row.used[i]] = 0
            free(row.used)
            row.used = NULL
            row.used_count = 0
            row.used = copy_words(self.local_used, self.used_count)
            row.used_count = self.used_count

    def place_rows(self, list rows not None, uint32_t[::1] places not None):
        """Give the programs of rows their places; of rows without cells that of their program is told.

        Returns
        -------
        int
            How many words the programs of the table have.
        """
        cdef LocalRow row
        cdef Py_ssize_t without = 0
        cdef uint64_t word_count = FIRST
        if self._are_placed(rows):
            if <size_t>len(self.placed_without) > <size_t>places.shape[0]:
                raise ValueError("there are more rows without cells than places")
            for place in self.placed_without:
                places[without] = place
                without += 1
            return self.placed_count
        self.placed_rows, self.placed_without = None, []
        grow(<void **>&self.places, &self.place_room, FIRST + self.program_count, sizeof(uint32_t))
        grow(<void **>&self.order, &self.order_room, self.program_count + 1, sizeof(uint32_t))
        memset(self.places, 0, (FIRST + self.program_count) * sizeof(uint32_t))
        self.places[ALWAYS] = ALWAYS
        self.order_count = 0
        for row in rows:
            word_count = self._place_row(row, word_count)
            if not row.cells:
                if without >= places.shape[0]:
                    raise ValueError("there are more rows without cells than places")
                places[without] = self.places[FIRST + row.used[0]] if row.used_count else ALWAYS
                self.placed_without.append(places[without])
                without += 1
        self.placed_count = word_count
        self.placed_rows = list(rows)
        return word_count

    cdef uint64_t _place_row(self, LocalRow row, uint64_t word_count) except 0:
        """Give the programs of a row places behind so many words, but for those that have one; return where they end."""
        cdef uint32_t *places = self.places + FIRST
        cdef const uint32_t *used = row.used
        cdef const Program *p
        cdef size_t i, order_count = self.order_count
        for i in range(row.used_count):
            if places[used[i]]:
                continue
            p = &self.programs[used[i]]
            places[used[i]] = <uint32_t>word_count
            # A generic program repeats what its statements ask of actions.
            word_count += <uint64_t>p.size + (p.size - p.head if p.is_generic else 0)
            if word_count > 0xffffffff:
                raise OverflowError("the programs have more than 4,294,967,295 words")
            self.order[order_count] = used[i]
            order_count += 1
        self.order_count = order_count
        return word_count

    cdef bint _are_placed(self, list rows):
        """Tell whether these very rows are those whose programs have places."""
        cdef Py_ssize_t i
        if self.placed_rows is None or len(rows) != len(self.placed_rows):
            return False
        for i in range(len(rows)):
            if rows[i] is not self.placed_rows[i]:
                return False
        return True

    def fill_words(self, const uint32_t[::1] numbers not None, const uint32_t[::1] asked not None,
                   uint32_t[::1] words not None):
        """Write the words of the programs that have just been placed.

        Parameters
        ----------
        numbers : buffer of uint32
            Of each lasting number the number of the statement in the table.
        asked : buffer of uint32
            Of each statement of the table what it asks of actions: 2 x column, and 1 more where it is negated.
        words : buffer of uint32
            As many as `place_rows` said.
        """
        cdef size_t i, at, count
        cdef uint32_t *out
        cdef const uint32_t *program
        cdef Program *found
        if <size_t>words.shape[0] != self.placed_count:
            raise ValueError("there is room for other programs than those placed")
        memset(&words[0], 0, FIRST * sizeof(uint32_t))
        out = &words[0] + FIRST
        for i in range(self.order_count):
            found = &self.programs[self.order[i]]
            program = &self.words[found.first]
            memcpy(out, program, found.head * sizeof(uint32_t))
            for at in range(found.head, found.size):
                out[at] = numbers[program[at]]
            out += found.size
            if found.is_generic:
                count = found.size - found.head
                for at in range(count):
                    out[at] = asked[out[<Py_ssize_t>at - <Py_ssize_t>count]]
                out += count

    def fill_cells(self, list rows not None, uint32_t[:, ::1] cells not None):
        """Write the cells of the rows that have just been placed and have cells."""
        cdef LocalRow row
        cdef Py_ssize_t number = 0, column
        cdef uint32_t *out
        for row in rows:
            if not row.cells:
                continue
            if number >= cells.shape[0] or not cells.shape[1] == row.cell_count == self.row_count + 1:
                raise ValueError("a row has a cell for each row of actions, and one more")
            out = &cells[number, 0]
            for column in range(row.cell_count):
                out[column] = self.places[row.cells[column]]
            number += 1

    def drop_unused(self, list rows not None):
        """Forget the programs of other rows than these, when they are many; no row of others may be used again."""
        cdef LocalRow row
        cdef uint32_t *words
        cdef Program *programs
        cdef size_t i, at = 0, count = 0
        cdef Py_ssize_t column
        cdef Program *found
        if self.word_count <= 2 * self.placed_count + self.spare_words:
            return
        self.placed_rows = None
        grow(<void **>&self.places, &self.place_room, FIRST + self.program_count, sizeof(uint32_t))
        memset(self.places, 0, (FIRST + self.program_count) * sizeof(uint32_t))
        self.places[ALWAYS] = ALWAYS
        for row in rows:
            for i in range(row.used_count):
                self.places[FIRST + row.used[i]] = 1
        words = <uint32_t *>malloc(self.word_count * sizeof(uint32_t))
        programs = <Program *>malloc((self.program_count + 1) * sizeof(Program))
        if not words or not programs:
            free(words)
            free(programs)
            raise MemoryError
        for i in range(self.program_count):
            if not self.places[FIRST + i]:
                continue
            found = &self.programs[i]
            memcpy(&words[at], &self.words[found.first], found.size * sizeof(uint32_t))
            programs[count] = found[0]
            programs[count].first = at
            at += found.size
            self.places[FIRST + i] = FIRST + <uint32_t>count
            count += 1
        free(self.words)
        free(self.programs)
        self.word_room, self.program_room = self.word_count, self.program_count + 1
        self.words, self.programs = words, programs
        self.word_count, self.program_count = at, count
        for row in rows:
            for i in range(row.used_count):
                row.used[i] = self.places[FIRST + row.used[i]] - FIRST
            for column in range(row.cell_count):
                row.cells[column] = self.places[row.cells[column]]
        memset(self.slots, 0, self.slot_count * sizeof(Slot))
        for i in range(count):
            self._fill_slot(self.slots, self.slot_count, self._hash_words(&words[programs[i].first], programs[i].size), i)

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
            out[1 + self.run_count + i] = self.lasting[self.own[i]]
        out[0] |= GENERIC
        self._end_program(1 + self.run_count + self.own_count)
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
                    next[0] = self.lasting[self.own[base + __builtin_ctzll(bits)]]
                    next += 1
                    bits &= bits - 1
            out[0 if run == 0 else 1 + run] = self.runs[run].head | <uint32_t>(next - first)
        if next == out + 1 + self.run_count and not keeps_layers:
            return NONE
        return FIRST + self._end_program(next - out)

    cdef uint32_t *_begin_program(self) except NULL:
        """Return where the words of a program go; there is room for all statements of the row."""
        grow(<void **>&self.local_words, &self.local_room, 1 + self.run_count + self.own_count, sizeof(uint32_t))
        self.local_words[1] = self.run_count - 1
        return self.local_words

    cdef uint32_t _end_program(self, size_t size) except? 0xffffffff:
        """Return the number of the program just written, and note that the row uses it."""
        cdef uint64_t h = self._hash_words(self.local_words, size)
        cdef size_t slot = h & (self.slot_count - 1)
        cdef Program *found
        cdef uint32_t number
        while self.slots[slot].program:
            found = &self.programs[self.slots[slot].program - 1]
            if (
                self.slots[slot].hash == h
                and found.size == size
                and not memcmp(&self.words[found.first], self.local_words, size * sizeof(uint32_t))
            ):
                number = self.slots[slot].program - 1
                self._use_program(number)
                return number
            slot = (slot + 1) & (self.slot_count - 1)
        if self.program_count + FIRST >= 0xffffffff or size > 0xffffffff:
            raise OverflowError("there are more than 4,294,967,295 programs or words of one")
        number = <uint32_t>self.program_count
        grow(<void **>&self.words, &self.word_room, self.word_count + size, sizeof(uint32_t))
        grow(<void **>&self.programs, &self.program_room, self.program_count + 1, sizeof(Program))
        memcpy(&self.words[self.word_count], self.local_words, size * sizeof(uint32_t))
        self.programs[number].first = self.word_count
        self.programs[number].size = <uint32_t>size
        self.programs[number].head = 1 + self.run_count
        self.programs[number].is_generic = self.local_words[0] & GENERIC != 0
        self.word_count += size
        self.program_count += 1
        self.slots[slot].hash, self.slots[slot].program = h, number + 1
        if 2 * self.program_count > self.slot_count:
            self._grow_slots()
        self._use_program(number)
        return number

    cdef int _use_program(self, uint32_t number) except -1:
        grow(<void **>&self.local_used, &self.used_room, self.used_count + 1, sizeof(uint32_t))
        self.local_used[self.used_count] = number
        self.used_count += 1
        return 0

    cdef uint64_t _hash_words(self, const uint32_t *words, size_t size) noexcept:
        cdef uint64_t h = self.seed
        cdef size_t i
        for i in range(size):
            h = gw_hash_word(h, words[i])
        return h

    cdef void _fill_slot(self, Slot *slots, size_t count, uint64_t h, size_t number) noexcept:
        cdef size_t slot = h & (count - 1)
        while slots[slot].program:
            slot = (slot + 1) & (count - 1)
        slots[slot].hash, slots[slot].program = h, <uint32_t>number + 1

    cdef int _grow_slots(self) except -1:
        cdef size_t count = 4 * self.slot_count
        cdef size_t i
        cdef Slot *slots = <Slot *>calloc(count, sizeof(Slot))
        if not slots:
            raise MemoryError
        for i in range(self.slot_count):
            if self.slots[i].program:
                self._fill_slot(slots, count, self.slots[i].hash, self.slots[i].program - 1)
        free(self.slots)
        self.slots, self.slot_count = slots, count
        return 0
