# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests that come one by one in a list.

boundscheck is off: memoryviews are indexed only with requests whose number was checked.
"""

import numpy as np

cimport cython
from libc.stdint cimport int32_t, uint8_t

from ._engine cimport Engine, Scratch, gw_decide, gw_request
from ._table cimport GW_UNKNOWN
from .errors import RequestError
from .requests import Target, check_threads, is_others

__all__ = ["Rows"]

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define GW_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define GW_PREFETCH(address) ((void)(address))
    #endif

    /* Ask the memory for the requests behind request i of a list, in steps: the tuple, its parts, where the dict has its
     * items, and the values among them.  Each step looks only at what the step before asked for. */
    static inline void gw_prefetch_requests(PyObject *rows, Py_ssize_t i)
    {
        enum { TUPLE = 12, PARTS = 9, ITEMS = 6, VALUES = 3, CONTEXT = 3 };
        Py_ssize_t size = PyList_GET_SIZE(rows);
        PyObject *row;
        if (i + TUPLE < size)
            GW_PREFETCH(PyList_GET_ITEM(rows, i + TUPLE));
        if (i + PARTS < size && PyTuple_CheckExact(row = PyList_GET_ITEM(rows, i + PARTS)))
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(row) && k <= CONTEXT; k++)
                GW_PREFETCH(PyTuple_GET_ITEM(row, k));
        if (i + ITEMS < size && PyTuple_CheckExact(row = PyList_GET_ITEM(rows, i + ITEMS)) &&
            PyTuple_GET_SIZE(row) > CONTEXT && PyDict_CheckExact(PyTuple_GET_ITEM(row, CONTEXT))) {
            const char *keys = (const char *)((PyDictObject *)PyTuple_GET_ITEM(row, CONTEXT))->ma_keys;
            GW_PREFETCH(keys);
            GW_PREFETCH(keys + 64);
            GW_PREFETCH(keys + 128);
        }
        if (i + VALUES < size && PyTuple_CheckExact(row = PyList_GET_ITEM(rows, i + VALUES)) &&
            PyTuple_GET_SIZE(row) > CONTEXT && PyDict_CheckExact(PyTuple_GET_ITEM(row, CONTEXT))) {
            Py_ssize_t place = 0;
            PyObject *key, *value;
            for (int k = 0; k < 16 && PyDict_Next(PyTuple_GET_ITEM(row, CONTEXT), &place, &key, &value); k++)
                GW_PREFETCH(value);
        }
    }
    """
    void gw_prefetch_requests(object rows, Py_ssize_t i) noexcept

cdef tuple EMPTY = ()


@cython.final
cdef class Rows:
    """Requests of one table that come one by one, decided as they come.

    Requests repeat callers, resources and values, which the engine remembers: giving them numbers first, as a batch of
    columns does, takes longer than deciding them.
    """

    cdef readonly Engine engine
    cdef readonly Py_ssize_t count
    cdef bint _is_rest_unknown
    cdef object _decisions
    cdef object _statements
    cdef dict _unknown_keys  # request -> keys, where the decision is unknown

    def __cinit__(self, Engine engine not None, rows, read_parts, unknown):
        """Decide rows: tuples of principal, action, resource, context, unknown keys; or whatever `read_parts` makes such a
        tuple of, with the resource's owner and the endpoint behind."""
        cdef Py_ssize_t i = 0
        self.engine = engine
        self.count = len(rows)
        self._is_rest_unknown = is_others(unknown)
        self._decisions = np.zeros(self.count, dtype=np.uint8)
        self._statements = np.full(self.count, -1, dtype=np.int32)
        self._unknown_keys = {}
        self.decide_all(rows, read_parts)

    cdef int decide_all(self, object rows, object read_parts) except -1:
        """Decide each row while the next one is read: what its decision needs is on the way from memory meanwhile."""
        cdef uint8_t[::1] decisions = self._decisions
        cdef int32_t[::1] statements = self._statements
        cdef gw_request requests[2]
        cdef Py_ssize_t i = 0
        cdef bint is_list = type(rows) is list
        cdef Scratch now = self.engine.borrow(), before = self.engine.borrow()
        action = action_before = None
        try:
            for i in range(self.count + 1):
                if i < self.count:
                    if is_list:
                        gw_prefetch_requests(rows, i)
                    row = rows[i]
                    if type(row) is not tuple or not 2 <= len(<tuple>row) <= 5:
                        row = read_parts(i, row)
                    action = (<tuple>row)[1]
                    self.read_row(now, &requests[i & 1], <tuple>row)
                if i:
                    self.decide_row(before, &requests[~i & 1], action_before, i - 1, &decisions[i - 1], &statements[i - 1])
                now, before, action_before = before, now, action
        except (TypeError, ValueError) as error:
            text = str(error)
            raise RequestError(text if text.startswith(f"request {i} ") else f"request {i}: {text}") from None
        finally:
            self.engine.give_back(now)
            self.engine.give_back(before)
        return 0

    cdef int read_row(self, Scratch scratch, gw_request *request, tuple row) except -1:
        cdef Py_ssize_t size = len(row)
        resource = row[2] if size > 2 else "*"
        context = row[3] if size > 3 else None
        unknown = row[4] if size > 4 else EMPTY
        target = None
        if size > 5 and not (row[5] is None and row[6] is None):
            target = Target(row[5], None, None if row[6] is None else (row[6],))
        scratch.turn += 1
        self.engine.read_request(scratch, request, row[0], row[1], resource, context, unknown, target,
                                 self._is_rest_unknown, False)
        return 0

    cdef int decide_row(self, Scratch scratch, const gw_request *request, object action, Py_ssize_t i, uint8_t *decision,
                        int32_t *statement) except -1:
        decision[0] = gw_decide(&self.engine.table.c, request, statement)
        if decision[0] == GW_UNKNOWN:
            self.engine.set_sets(scratch, action)
            self._unknown_keys[i] = self.engine.unknown_keys(request)
        if scratch.kept:
            scratch.kept.clear()
        return 0

    def decide(self, Py_ssize_t threads=1):
        """Return decisions and statements as `Batch.decide` does; they have been made."""
        check_threads(threads)
        return self._decisions, self._statements

    def unknown_keys(self, Py_ssize_t i):
        """Return the keys whose value can still change the decision of request i, sorted; () for a definite one."""
        if not 0 <= i < self.count:
            raise IndexError(i)
        return self._unknown_keys.get(i, ())
