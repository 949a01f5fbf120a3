cimport cython
from libc.stdint cimport uint8_t, uint32_t

from ._engine cimport Engine, gw_text, gw_value
from ._handles cimport Handle, gw_caller, gw_target
from ._table cimport gw_table


cdef enum:
    PRINCIPAL_SLOT = -1


@cython.final
cdef class ReadColumn:
    """What the values of a column were read as, in two steps: `begin`, the parts that it returns, `finish`."""

    cdef readonly object values  # Texts, or a list of texts and tuples of texts
    cdef readonly dict rows      # classifier -> RowsOfValues
    cdef Py_ssize_t slot
    cdef bint is_missing_unknown
    cdef bint is_finished        # nothing is written any more
    cdef gw_caller *callers      # of principals
    cdef gw_target *targets      # of resources, with the states before
    cdef uint32_t *columns       # of actions
    cdef gw_value *texts         # where the table has templates, with the states before
    cdef gw_text *singles
    cdef list kept
    cdef size_t byte_count
    cdef void *room(self, size_t count, size_t size) except NULL
    cdef size_t whole_bytes(self) except? 0
    cdef const uint8_t *text(self, Py_ssize_t i, str what, size_t *size) except NULL
    cdef list begin(self, const gw_table *t)
    cdef int finish(self, const gw_table *t) except -1
    cdef int read_callers(self, const gw_table *t) except -1
    cdef int read_targets(self, const gw_table *t) except -1
    cdef int read_action_columns(self, const gw_table *t) except -1
    cdef int read_values(self) except -1


@cython.final
cdef class ColumnHandle(Handle):
    cdef readonly str name
    cdef readonly Py_ssize_t slot
    cdef object values           # Texts, or a list of texts and tuples of texts
    cdef object lock
    cdef dict reads              # whether missing keys are unknown -> ReadColumn
    cdef ReadColumn read(self, Py_ssize_t slot, bint is_missing_unknown)
