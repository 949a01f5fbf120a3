# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Distinct values of a column, and the rows that classifiers make of them.

boundscheck is off: texts are read between offsets that Arrow has validated, and rows are indexed by their values.
"""

import numpy as np

cimport cython
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp

from ._engine cimport (
    GW_ROW_ABSENT,
    GW_ROW_SEVERAL,
    GW_ROW_UNKNOWN,
    classify_value,
    gw_classify,
    gw_row,
)
from ._table cimport GW_VIEW_ONE, gw_table

__all__ = ["RowsOfValues", "Texts", "are_between", "number_values"]

cdef Py_ssize_t BLOCK_ROWS = 64  # rows allocated at once for values that no row of the table answers


def number_values(column, convert):
    """Number the values of a column.

    Parameters
    ----------
    column : iterable
    convert : callable
        What is neither None nor text -> text or a tuple of texts.

    Returns
    -------
    codes : ndarray of int32
        Per value the place of its text in `values`, or -1 for None.
    values : list of str or tuple of str
        Distinct.
    """
    cdef list rows = list(column)
    cdef dict seen = {}
    cdef Py_ssize_t i
    codes = np.empty(len(rows), dtype=np.int32)
    cdef int32_t[::1] numbers = codes
    for i in range(len(rows)):
        value = rows[i]
        if value is None:
            numbers[i] = -1
            continue
        if type(value) is not str:
            value = convert(value)
        code = seen.get(value)
        if code is None:
            code = len(seen)
            seen[value] = code
        numbers[i] = code
    return codes, list(seen)


def are_between(const int32_t[::1] codes not None, int32_t lowest, Py_ssize_t end):
    """Tell whether all codes are at least `lowest`, which is not above 0, and below `end`."""
    cdef uint32_t span = <uint32_t>min(end, <Py_ssize_t>2147483647) - <uint32_t>lowest
    # One comparison of signed numbers, which are shifted so that `lowest` is the least of all; and four quarters of the
    # codes side by side: twice as fast as one loop.
    cdef uint32_t shift = 0x80000000u - <uint32_t>lowest
    cdef int32_t last = <int32_t>(span - 1 + 0x80000000u), strange = 0, strange1 = 0, strange2 = 0, strange3 = 0
    cdef Py_ssize_t i, quarter = codes.shape[0] // 4
    if span == 0:
        return codes.shape[0] == 0
    with nogil:
        for i in range(quarter):
            strange |= -(<int32_t>(<uint32_t>codes[i] + shift) > last)
            strange1 |= -(<int32_t>(<uint32_t>codes[quarter + i] + shift) > last)
            strange2 |= -(<int32_t>(<uint32_t>codes[2 * quarter + i] + shift) > last)
            strange3 |= -(<int32_t>(<uint32_t>codes[3 * quarter + i] + shift) > last)
        for i in range(4 * quarter, codes.shape[0]):
            strange |= -(<int32_t>(<uint32_t>codes[i] + shift) > last)
    return not (strange | strange1 | strange2 | strange3)


@cython.final
cdef class Texts:
    """Texts as Arrow lays them out: UTF-8 behind one another, and where each begins.

    Parameters
    ----------
    count : int
    data, offsets : int
        Addresses; `offsets` are count + 1 numbers of 8 bytes where `is_wide`, else of 4.  Nothing is copied: they must
        have been validated, and stay as they are while the texts are used.
    kept : object
        What keeps them alive.
    """

    def __cinit__(self, Py_ssize_t count, size_t data, size_t offsets, bint is_wide, kept):
        self.count = count
        self.data = <const uint8_t *><uintptr_t>data
        self.narrow = NULL if is_wide else <const int32_t *><uintptr_t>offsets
        self.wide = <const int64_t *><uintptr_t>offsets if is_wide else NULL
        self.kept = kept

    def __len__(self):
        return self.count

    def __getitem__(self, Py_ssize_t i):
        cdef size_t size
        cdef const uint8_t *start
        if not 0 <= i < self.count:
            raise IndexError(i)
        start = self.text(i, &size)
        return PyUnicode_DecodeUTF8(<const char *>start, size, NULL)

    cdef const uint8_t *text(self, Py_ssize_t i, size_t *size) noexcept nogil:
        if self.narrow != NULL:
            size[0] = <size_t>(self.narrow[i + 1] - self.narrow[i])
            return self.data + self.narrow[i]
        size[0] = <size_t>(self.wide[i + 1] - self.wide[i])
        return self.data + self.wide[i]

    cdef bint equals(self, Texts other) noexcept:
        """Tell whether these are the same texts, laid out alike."""
        cdef size_t first, end, width = sizeof(int32_t) if self.narrow != NULL else sizeof(int64_t)
        cdef const void *own = <const void *>self.narrow if self.narrow != NULL else <const void *>self.wide
        cdef const void *others = <const void *>other.narrow if self.narrow != NULL else <const void *>other.wide
        if self.count != other.count or others == NULL or memcmp(own, others, (self.count + 1) * width) != 0:
            return False
        first = self.narrow[0] if self.narrow != NULL else self.wide[0]
        end = self.narrow[self.count] if self.narrow != NULL else self.wide[self.count]
        return memcmp(self.data + first, other.data + first, end - first) == 0

    @property
    def byte_count(self):
        """Bytes of all texts and their offsets."""
        if self.narrow != NULL:
            return self.narrow[self.count] - self.narrow[0] + (self.count + 1) * sizeof(int32_t)
        return self.wide[self.count] - self.wide[0] + (self.count + 1) * sizeof(int64_t)

    def copy(self):
        """Return the same texts in memory of their own."""
        cdef size_t first, width = sizeof(int32_t) if self.narrow != NULL else sizeof(int64_t)
        cdef const char *offsets = <const char *>self.narrow if self.narrow != NULL else <const char *>self.wide
        first = self.narrow[0] if self.narrow != NULL else self.wide[0]
        kept_offsets = offsets[:(self.count + 1) * width]
        kept_data = (<const char *>self.data + first)[:self.byte_count - (self.count + 1) * width]
        return Texts(self.count, <uintptr_t><const char *>kept_data - first, <uintptr_t><const char *>kept_offsets,
                     self.wide != NULL, (kept_offsets, kept_data))


@cython.final
cdef class RowsOfValues:
    def __cinit__(self, Py_ssize_t count, bint is_missing_unknown):
        if count < 0:
            raise ValueError(count)
        self.count = count
        self.byte_count = (count + CODE_STATES) * sizeof(gw_row)
        self.all = <gw_row *>malloc(self.byte_count)
        if not self.all:
            raise MemoryError
        self.rows = self.all + CODE_STATES
        self.rows[CODE_ABSENT] = GW_ROW_ABSENT
        self.rows[CODE_UNKNOWN] = GW_ROW_UNKNOWN
        self.rows[CODE_MISSING] = GW_ROW_UNKNOWN if is_missing_unknown else GW_ROW_ABSENT

    def __dealloc__(self):
        cdef block *next
        free(self.all)
        while self.blocks != NULL:
            next = self.blocks.next
            free(self.blocks)
            self.blocks = next

    cdef int classify_texts(self, const gw_table *t, uint32_t classifier, Texts texts, Py_ssize_t begin,
                            Py_ssize_t end) except -1:
        """Classify texts begin .. end - 1, without the GIL; threads may do it for different ranges at once."""
        cdef size_t words = t.classifiers[classifier].row_words, left = 0, size
        cdef bint is_single = t.classifiers[classifier].view == GW_VIEW_ONE, is_out = False
        cdef uint64_t *simulation = <uint64_t *>malloc((2 * <size_t>t.header.simulation_words + 1) * sizeof(uint64_t))
        cdef uint64_t *space = NULL
        cdef block *blocks = NULL
        cdef block *new
        cdef const uint8_t *start
        cdef gw_row row
        cdef Py_ssize_t i
        if not simulation:
            raise MemoryError
        with nogil:
            for i in range(begin, end):
                if not left:
                    new = <block *>malloc(sizeof(block) + BLOCK_ROWS * words * sizeof(uint64_t))
                    if not new:
                        is_out = True
                        break
                    new.next = blocks
                    blocks = new
                    space = <uint64_t *>(new + 1)
                    left = BLOCK_ROWS
                start = texts.text(i, &size)
                if size == 0 and not is_single:
                    row = GW_ROW_SEVERAL
                else:
                    row = gw_classify(t, classifier, start, size, simulation, space)
                self.rows[i] = row
                if row == <gw_row>space:
                    space += words
                    left -= 1
            free(simulation)
        self.take_blocks(blocks, words)
        if is_out:
            raise MemoryError
        return 0

    cdef void take_blocks(self, block *blocks, size_t words) noexcept:
        cdef block *next
        while blocks != NULL:
            next = blocks.next
            blocks.next = self.blocks
            self.blocks = blocks
            self.byte_count += sizeof(block) + BLOCK_ROWS * words * sizeof(uint64_t)
            blocks = next

    cdef int classify_list(self, const gw_table *t, uint32_t classifier, list values) except -1:
        """Classify texts and tuples of texts."""
        cdef size_t words = t.classifiers[classifier].row_words, left = 0
        cdef uint64_t *space = NULL
        cdef uint64_t *simulation = <uint64_t *>malloc((2 * <size_t>t.header.simulation_words + 1) * sizeof(uint64_t))
        cdef uint64_t *spare = <uint64_t *>malloc(words * sizeof(uint64_t) + 1)
        cdef block *new
        cdef Py_ssize_t i
        kept = []
        try:
            if not simulation or not spare:
                raise MemoryError
            for i in range(len(values)):
                if not left:
                    new = <block *>malloc(sizeof(block) + BLOCK_ROWS * words * sizeof(uint64_t))
                    if not new:
                        raise MemoryError
                    new.next = NULL
                    self.take_blocks(new, words)
                    space = <uint64_t *>(new + 1)
                    left = BLOCK_ROWS
                self.rows[i] = classify_value(t, classifier, values[i], kept, simulation, space, spare)
                if self.rows[i] == <gw_row>space:
                    space += words
                    left -= 1
        finally:
            free(simulation)
            free(spare)
        return 0
