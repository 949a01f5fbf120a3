cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from ._engine cimport gw_row
from ._table cimport gw_table

cdef struct block:
    block *next


@cython.final
cdef class Texts:
    cdef readonly Py_ssize_t count
    cdef const uint8_t *data
    cdef const int32_t *narrow   # count + 1 offsets into the data, or NULL
    cdef const int64_t *wide     # the same
    cdef object kept
    cdef const uint8_t *text(self, Py_ssize_t i, size_t *size) noexcept nogil
    cdef bint equals(self, Texts other) noexcept


@cython.final
cdef class RowsOfValues:
    """Rows of the values of a column under one classifier; `rows` has those of the states before it."""

    cdef Py_ssize_t count
    cdef gw_row *all
    cdef gw_row *rows            # value -> row; rows[-3], [-2], [-1]: absent, unknown, missing
    cdef block *blocks           # rows that no row of the table is
    cdef size_t byte_count
    cdef void take_blocks(self, block *blocks, size_t words) noexcept
    cdef int classify_texts(self, const gw_table *t, uint32_t classifier, Texts texts, Py_ssize_t begin,
                            Py_ssize_t end) except -1
    cdef int classify_list(self, const gw_table *t, uint32_t classifier, list values) except -1


cdef enum:
    CODE_MISSING = -1
    CODE_UNKNOWN = -2
    CODE_ABSENT = -3
    CODE_STATES = 3
