# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Columns of batches: values, and what they were read as.

boundscheck is off: values are read between 0 and their number.
"""

from threading import Lock

cimport cython
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free

from ._engine cimport (
    ACTION_SLOT,
    FIRST_KEY_SLOT,
    GW_ROW_UNKNOWN,
    GW_VALUE_ABSENT,
    GW_VALUE_ONE,
    GW_VALUE_UNKNOWN,
    RESOURCE_SLOT,
    Engine,
    gw_action_column,
    gw_read_caller,
    gw_read_target,
    read_text,
    read_value,
)
from ._handles cimport Handle
from ._table cimport GW_CLASSIFIER_ACTION, GW_CLASSIFIER_RESOURCE, GW_CLASSIFIER_SETS, gw_table
from ._values cimport CODE_ABSENT, CODE_MISSING, CODE_STATES, CODE_UNKNOWN, RowsOfValues, Texts

__all__ = ["ColumnHandle", "ReadColumn", "TakenColumn"]

cdef Py_ssize_t PART_VALUES = 8192  # values that are worth a thread of their own


cdef object classifiers_of(const gw_table *t, Py_ssize_t slot):
    """Return the classifiers that read a slot."""
    cdef uint32_t first, key = <uint32_t>(slot - FIRST_KEY_SLOT)
    if slot == ACTION_SLOT:
        return (GW_CLASSIFIER_ACTION, GW_CLASSIFIER_SETS)
    if slot == RESOURCE_SLOT:
        return (GW_CLASSIFIER_RESOURCE,)
    if slot < FIRST_KEY_SLOT or key >= t.key_count:
        return ()
    first = t.keys[key].classifier_first
    return range(first, first + t.keys[key].classifier_count)


@cython.final
cdef class ReadColumn:
    def __cinit__(self, values, Py_ssize_t slot, bint is_missing_unknown):
        self.values = values
        self.slot = slot
        self.is_missing_unknown = is_missing_unknown
        self.rows = {}
        self.kept = []

    def __dealloc__(self):
        free(self.callers)
        free(self.targets)
        free(self.columns)
        free(self.texts)
        free(self.singles)

    cdef void *room(self, size_t count, size_t size) except NULL:
        """Return zeroed memory."""
        cdef void *block = calloc(count + 1, size)
        if not block:
            raise MemoryError
        self.byte_count += (count + 1) * size
        return block

    cdef size_t whole_bytes(self) except? 0:
        """Return how much memory the texts take, and what they were read as."""
        cdef size_t whole = self.byte_count + self.values.byte_count if isinstance(self.values, Texts) else self.byte_count
        for rows in self.rows.values():
            whole += (<RowsOfValues>rows).byte_count
        return whole

    cdef const uint8_t *text(self, Py_ssize_t i, str what, size_t *size) except NULL:
        if isinstance(self.values, Texts):
            return (<Texts>self.values).text(i, size)
        return read_text(self.values[i], what, size, self.kept)

    cdef list begin(self, const gw_table *t):
        """Return what threads can classify: arguments of `Batch.classify_part`; the other values are classified here."""
        cdef RowsOfValues rows
        cdef Py_ssize_t n = len(self.values), first
        parts = []
        if self.is_finished:
            return parts
        for classifier in classifiers_of(t, self.slot):
            rows = RowsOfValues(n, self.is_missing_unknown)
            if classifier == GW_CLASSIFIER_RESOURCE:
                rows.rows[CODE_MISSING] = GW_ROW_UNKNOWN
            self.rows[classifier] = rows
            if isinstance(self.values, Texts):
                for first in range(0, n, PART_VALUES):
                    parts.append((rows, classifier, self.values, first, min(first + PART_VALUES, n)))
            else:
                rows.classify_list(t, classifier, self.values)
        return parts

    cdef int finish(self, const gw_table *t) except -1:
        """Read the rest, when all parts have been classified."""
        if self.is_finished:
            return 0
        if self.slot == PRINCIPAL_SLOT:
            self.read_callers(t)
        elif self.slot == ACTION_SLOT:
            self.read_action_columns(t)
        elif self.slot == RESOURCE_SLOT:
            self.read_targets(t)
        if t.template_count and RESOURCE_SLOT <= self.slot < FIRST_KEY_SLOT + <Py_ssize_t>t.key_count:
            self.read_values()
        self.is_finished = True
        return 0

    cdef int read_callers(self, const gw_table *t) except -1:
        cdef Py_ssize_t i
        cdef size_t size
        cdef const uint8_t *start
        self.callers = <gw_caller *>self.room(len(self.values), sizeof(gw_caller))
        for i in range(len(self.values)):
            start = self.text(i, "the principal", &size)
            gw_read_caller(t, start, size, &self.callers[i])
        return 0

    cdef int read_targets(self, const gw_table *t) except -1:
        cdef Py_ssize_t i
        cdef size_t size
        cdef const uint8_t *start
        self.targets = <gw_target *>self.room(CODE_STATES + len(self.values), sizeof(gw_target))
        for i in range(CODE_STATES):
            gw_read_target(t, NULL, 0, &self.targets[i])
        for i in range(len(self.values)):
            start = self.text(i, "the resource", &size)
            gw_read_target(t, start, size, &self.targets[CODE_STATES + i])
        return 0

    cdef int read_action_columns(self, const gw_table *t) except -1:
        cdef Py_ssize_t i
        cdef RowsOfValues read = <RowsOfValues>self.rows[GW_CLASSIFIER_ACTION]
        self.columns = <uint32_t *>self.room(len(self.values), sizeof(uint32_t))
        for i in range(len(self.values)):
            self.columns[i] = gw_action_column(t, read.rows[i])
        return 0

    cdef int read_values(self) except -1:
        """Keep the texts, for templates."""
        cdef Py_ssize_t i, n = len(self.values)
        cdef gw_value *values
        self.texts = <gw_value *>self.room(CODE_STATES + n, sizeof(gw_value))
        self.singles = <gw_text *>self.room(n, sizeof(gw_text))
        values = self.texts + CODE_STATES
        values[CODE_ABSENT].state = GW_VALUE_ABSENT
        values[CODE_UNKNOWN].state = GW_VALUE_UNKNOWN
        values[CODE_MISSING].state = GW_VALUE_UNKNOWN if self.is_missing_unknown else GW_VALUE_ABSENT
        for i in range(n):
            if isinstance(self.values, Texts):
                self.singles[i].text = (<Texts>self.values).text(i, &self.singles[i].bytes)
                values[i].state = GW_VALUE_ONE
                values[i].count = 1
                values[i].texts = &self.singles[i]
            else:
                read_value(self.values[i], &self.singles[i], &values[i], self.kept)
        return 0


@cython.final
@cython.auto_pickle(False)
cdef class ColumnHandle(Handle):
    """The values of a column; see `Authorizer.column`."""

    def __cinit__(self, Engine engine not None, str name not None, Py_ssize_t slot, values):
        self.table = engine.table
        self.name = name
        self.slot = slot
        self.values = values
        self.lock = Lock()
        self.reads = {}
        self.read(slot, False)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, Py_ssize_t i):
        return self.values[i]

    def __repr__(self):
        return f"<gatewright column {self.name} of {len(self.values)} values>"

    def take(self, codes):
        """Return a column of a batch: request i has value codes[i], or with -1 none.

        Parameters
        ----------
        codes : array of shape (n,), dtype int32
            Not copied where it is contiguous; it must not change before the batch has been decided.
        """
        return TakenColumn(self, codes)

    cdef ReadColumn read(self, Py_ssize_t slot, bint is_missing_unknown):
        """Return what the values were read as, once for each kind of batch."""
        cdef ReadColumn read = self.reads.get(is_missing_unknown)
        if read is not None:
            return read
        with self.lock:
            read = ReadColumn(self.values, slot, is_missing_unknown)
            for rows, classifier, texts, first, end in read.begin(&self.table.c):
                (<RowsOfValues>rows).classify_texts(&self.table.c, classifier, texts, first, end)
            read.finish(&self.table.c)
            self.reads[is_missing_unknown] = read
        return read


@cython.final
@cython.auto_pickle(False)
cdef class TakenColumn:
    """A column of a batch; see `ColumnHandle.take`."""

    cdef readonly ColumnHandle handle
    cdef readonly object codes

    def __cinit__(self, ColumnHandle handle not None, codes):
        self.handle = handle
        self.codes = codes
