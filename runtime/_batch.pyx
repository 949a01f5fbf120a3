# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests by the million: columns of codes in, arrays of decisions out.

boundscheck is off: codes are checked when a column is filled, requests when they are asked for, and the table's own
indices were verified when it was opened.
"""

import numpy as np

cimport cython
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free

from ._columns cimport PRINCIPAL_SLOT, ColumnHandle, ReadColumn
from ._engine cimport (
    ACTION_SLOT,
    FIRST_KEY_SLOT,
    GW_NONE,
    GW_ROW_ABSENT,
    GW_ROW_UNKNOWN,
    RESOURCE_SLOT,
    Engine,
    gw_batch,
    gw_decide,
    gw_decide_batch,
    gw_find_key,
    gw_read_request,
    gw_request,
    gw_row,
    gw_target,
    gw_value,
    read_account,
    read_endpoints,
    read_text,
)
from ._table cimport GW_UNKNOWN, gw_table
from ._values cimport CODE_MISSING, CODE_STATES, CODE_UNKNOWN, RowsOfValues, Texts
from ._values import are_between
from .errors import RequestError
from .requests import OTHERS, SOURCE_ENDPOINT, check_threads, is_others, key_names
from .threads import MOST_THREADS, cut, share

__all__ = ["Batch"]

cdef size_t KEPT_BYTES = 4 << 20       # of the texts, and of what they were read as, of a column that is kept
cdef size_t ALL_KEPT_BYTES = 64 << 20  # ... of all columns: who sends columns without end starts anew


@cython.final
cdef class Batch:
    """Requests of one table as codes: a value that many requests have is classified once.

    A slot is a column: 0 the actions, 1 the resources, 2 + k the values of key k, and behind the keys the owners of the
    resources and the endpoints.  Code i is the value i of its slot; -1 a value that is missing, which makes the key
    absent, or unknown where the batch says so; -2 is unknown, -3 absent.  A slot that no request fills has no codes.

    Notes
    -----
    Codes and texts are not copied: they must stay as they are until the batch has been decided and nobody asks for
    unknown keys any more.  One thread fills and decides a batch, once; after that any number may ask for `unknown_keys`.
    """

    cdef readonly Engine engine
    cdef readonly Py_ssize_t count
    cdef readonly Py_ssize_t account_slot, endpoint_slot
    cdef bint _is_rest_unknown
    cdef bint _is_classified
    cdef object _caller_codes         # int32 array of shape (count,)
    cdef object _caller_values        # as `_values`
    cdef ReadColumn _callers
    cdef object _target_codes         # int32 array of shape (count,), once the batch is classified
    cdef ReadColumn _targets
    cdef list _codes                  # per slot: int32 array of shape (count,), or None
    cdef set _own                     # slots whose codes may be written
    cdef list _values                 # per slot: values, as ReadColumn has them
    cdef dict _slots                  # spelling of a key -> slot, or -1
    cdef object _missing              # int32 array of shape (count,): codes of missing keys, if not all are CODE_MISSING
    cdef list _kept                   # what the pointers below point into
    cdef const int32_t **_code_arrays # per classifier: request -> code, or NULL
    cdef const gw_row **_row_arrays   # per classifier: code -> row, or NULL
    cdef const int32_t **_slot_codes  # per slot, where the table has templates: request -> code, or NULL
    cdef const gw_value **_slot_values
    cdef gw_batch _batch              # all of these, once the batch is classified

    def __cinit__(self, Engine engine not None, Py_ssize_t count, unknown):
        cdef size_t classifier_count = engine.table.c.classifier_count
        cdef uint32_t slots = 4 + engine.table.c.key_count
        self._is_rest_unknown = is_others(unknown)
        self._code_arrays = <const int32_t **>calloc(classifier_count, sizeof(void *))
        self._row_arrays = <const gw_row **>calloc(classifier_count, sizeof(void *))
        self._slot_codes = <const int32_t **>calloc(slots, sizeof(void *))
        self._slot_values = <const gw_value **>calloc(slots, sizeof(void *))
        if not self._code_arrays or not self._row_arrays or not self._slot_codes or not self._slot_values:
            raise MemoryError
        self.engine = engine
        self.count = count
        self.account_slot = slots - 2
        self.endpoint_slot = slots - 1
        self._codes = [None] * slots
        self._own = set()
        self._values = [[] for _ in range(slots)]
        self._slots = {}
        self._kept = []

    def __dealloc__(self):
        free(self._code_arrays)
        free(self._row_arrays)
        free(self._slot_codes)
        free(self._slot_values)

    def slot_of(self, name):
        """Return the slot of a context key, or -1 when no statement asks for it."""
        return self.find_slot(name)

    def is_typed(self, Py_ssize_t slot):
        """Tell whether the values of a slot are read faster than they are told apart: numbers, dates, addresses."""
        cdef const gw_table *t = &self.engine.table.c
        cdef uint32_t c
        if not FIRST_KEY_SLOT <= slot < self.account_slot or t.template_count:
            return False
        for c in range(t.keys[slot - FIRST_KEY_SLOT].classifier_first,
                       t.keys[slot - FIRST_KEY_SLOT].classifier_first + t.keys[slot - FIRST_KEY_SLOT].classifier_count):
            if self.engine.remembers[c]:
                return False
        return True

    cdef Py_ssize_t find_slot(self, object name) except -2:
        cdef size_t size
        cdef const uint8_t *start
        cdef uint32_t key
        slot = self._slots.get(name) if isinstance(name, str) else None
        if slot is None:
            kept = []
            start = read_text(name, "a context key", &size, kept)
            key = gw_find_key(&self.engine.table.c, start, size)
            slot = -1 if key == GW_NONE else FIRST_KEY_SLOT + key
            if len(self._slots) < 65536:
                self._slots[name] = slot
        return slot

    cdef int check_open(self, Py_ssize_t i) except -1:
        if not 0 <= i < self.count:
            raise IndexError(i)
        if self._is_classified:
            raise RuntimeError("the batch has been decided")
        return 0

    cdef int32_t[::1] codes_of(self, Py_ssize_t slot):
        """Return the codes of a slot, to be written."""
        if self._codes[slot] is None:
            self._codes[slot] = (
                np.full(self.count, CODE_MISSING, dtype=np.int32) if self._missing is None else self._missing.copy()
            )
        elif slot not in self._own:
            self._codes[slot] = self._codes[slot].copy()
        self._own.add(slot)
        return self._codes[slot]

    cdef int set_missing_unknown(self, Py_ssize_t i) except -1:
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        if self._is_rest_unknown:
            return 0
        if self._missing is None:
            self._missing = np.full(self.count, CODE_MISSING, dtype=np.int32)
        self._missing[i] = CODE_UNKNOWN
        for slot in range(FIRST_KEY_SLOT, self.account_slot):
            if self._codes[slot] is not None:
                codes = self.codes_of(slot)
                codes[i] = CODE_UNKNOWN
        return 0

    cdef int set_keys_unknown(self, Py_ssize_t i, object names) except -1:
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        for name in key_names(names):
            if not isinstance(name, str):
                raise RequestError(f"an unknown key must be text, not {type(name).__name__}")
            slot = self.find_slot(name)
            if slot >= 0:
                codes = self.codes_of(slot)
                codes[i] = CODE_UNKNOWN
        return 0

    cdef object check_codes(self, object codes, object values, int32_t lowest):
        """Return codes, each of which has a value."""
        if len(codes) != self.count or not are_between(codes, lowest, len(values)):
            raise IndexError(len(codes))
        return codes

    def fill_principals(self, codes, values):
        """Set the principals: values[codes[i]] is the ARN of request i; no code may be -1."""
        self._caller_codes = self.check_codes(codes, values, 0)
        self._caller_values = values

    def fill_column(self, Py_ssize_t slot, codes, values):
        """Set a column: values[codes[i]] is the value of request i, a text or a tuple of texts; -1 is a missing one.

        Parameters
        ----------
        codes : ndarray of shape (count,), dtype int32, contiguous
        values : ColumnHandle, Texts, or list of str and tuple of str
        """
        if not 0 <= slot < len(self._codes):
            raise IndexError(slot)
        codes = self.check_codes(codes, values, CODE_MISSING if slot != ACTION_SLOT else 0)
        self._own.discard(slot)
        if self._missing is not None and FIRST_KEY_SLOT <= slot < self.account_slot:
            codes = np.where(codes < 0, self._missing, codes)
            self._own.add(slot)
        self._codes[slot] = codes
        self._values[slot] = values

    def fill_unknown(self, Py_ssize_t i, names):
        """Make keys of request i unknown: those named, or with OTHERS, before any column is filled, the unnamed ones."""
        self.check_open(i)
        if names is OTHERS:
            self.set_missing_unknown(i)
        else:
            self.set_keys_unknown(i, names)

    # ---- reading the values ----

    cdef bint is_worth_keeping(self, object values):
        """Tell whether a column's values are likely to come again: requests share them."""
        return isinstance(values, Texts) and 2 * len(values) <= self.count and values.byte_count <= KEPT_BYTES

    cdef ReadColumn read_column(self, Py_ssize_t slot, values):
        """Return a column as it was read before, if its values are the same, or unread."""
        cdef ReadColumn read
        if isinstance(values, ColumnHandle):
            return (<ColumnHandle>values).read(slot, self._is_rest_unknown)
        if self.is_worth_keeping(values):
            read = <ReadColumn>self.engine.read_columns.get((slot, self._is_rest_unknown))
            if read is not None and (<Texts>read.values).equals(<Texts>values):
                return read
            values = values.copy()
        return ReadColumn(values, slot, self._is_rest_unknown)

    cdef int keep_column(self, Py_ssize_t slot, ReadColumn read) except -1:
        """Keep what was read, for the next batch with the same values."""
        cdef ReadColumn before
        cdef size_t bytes
        if not self.is_worth_keeping(read.values):
            return 0
        bytes = read.whole_bytes()
        if bytes > KEPT_BYTES:
            return 0
        before = <ReadColumn>self.engine.read_columns.get((slot, self._is_rest_unknown))
        if before is read:
            return 0
        if before is not None:
            self.engine.kept_bytes -= before.whole_bytes()
        if self.engine.kept_bytes + bytes > ALL_KEPT_BYTES:
            self.engine.read_columns.clear()
            self.engine.kept_bytes = 0
        self.engine.read_columns[(slot, self._is_rest_unknown)] = read
        self.engine.kept_bytes += bytes
        return 0

    def classify_part(self, RowsOfValues rows not None, uint32_t classifier, Texts texts not None, Py_ssize_t begin,
                      Py_ssize_t end):
        """Classify some of a column's texts: a thread's work."""
        if not 0 <= begin <= end <= min(texts.count, rows.count) or classifier >= self.engine.table.c.classifier_count:
            raise IndexError(end)
        rows.classify_texts(&self.engine.table.c, classifier, texts, begin, end)

    cdef int set_rows(self, ReadColumn read) except -1:
        """Let requests have the rows of a column, and where the table has templates its texts."""
        cdef const int32_t[::1] codes = self._codes[read.slot]
        for classifier, rows in read.rows.items():
            self._code_arrays[<uint32_t>classifier] = &codes[0]
            self._row_arrays[<uint32_t>classifier] = (<RowsOfValues>rows).rows
        if read.texts != NULL:
            self._slot_codes[read.slot] = &codes[0]
            self._slot_values[read.slot] = read.texts + CODE_STATES
        return 0

    cdef list classify(self, Py_ssize_t threads):
        """Classify all columns."""
        cdef const gw_table *t = &self.engine.table.c
        cdef Py_ssize_t slot
        cdef uint32_t k
        cdef ReadColumn read
        columns = {PRINCIPAL_SLOT: self._caller_values, ACTION_SLOT: self._values[ACTION_SLOT],
                   RESOURCE_SLOT: self._values[RESOURCE_SLOT]}
        for k in range(t.key_count):
            slot = FIRST_KEY_SLOT + k
            if self._codes[slot] is None and self._missing is not None:
                self._codes[slot] = self._missing
            if self._codes[slot] is not None:
                columns[slot] = self._values[slot]
        read_columns = {slot: self.read_column(slot, values) for slot, values in columns.items()}
        share(threads, self.classify_part, [part for read in read_columns.values() for part in (<ReadColumn>read).begin(t)])
        for slot, read in read_columns.items():
            read.finish(t)
            if slot != PRINCIPAL_SLOT:
                self.set_rows(read)
            if not isinstance(columns[slot], ColumnHandle):
                self.keep_column(slot, read)
        self._callers = read_columns[PRINCIPAL_SLOT]
        self._batch.action_columns = (<ReadColumn>read_columns[ACTION_SLOT]).columns
        self.set_targets(read_columns[RESOURCE_SLOT])
        return list(read_columns.values())

    cdef int set_targets(self, ReadColumn resources) except -1:
        """Make a target of each combination of resource, owner and endpoints that occurs."""
        cdef const gw_table *t = &self.engine.table.c
        cdef gw_target *target
        cdef Py_ssize_t i, slot
        cdef int32_t code
        endpoint_slots = [self.endpoint_slot] if self._codes[self.endpoint_slot] is not None else []
        if t.endpoint_count:
            slot = self.find_slot(SOURCE_ENDPOINT)
            if self._codes[slot] is None:
                self.codes_of(slot)
            endpoint_slots.append(slot)
        account_slots = [self.account_slot] if self._codes[self.account_slot] is not None else []
        if not endpoint_slots and not account_slots:
            self._targets, self._target_codes = resources, self._codes[RESOURCE_SLOT]
            return 0
        slots = [RESOURCE_SLOT, *account_slots, *endpoint_slots]
        combinations, codes = np.unique(np.stack([self._codes[slot] for slot in slots], axis=1), axis=0, return_inverse=True)
        self._target_codes = np.ascontiguousarray(codes.reshape(-1), dtype=np.int32)
        self._targets = ReadColumn([], RESOURCE_SLOT, self._is_rest_unknown)
        self._targets.targets = <gw_target *>self._targets.room(CODE_STATES + len(combinations), sizeof(gw_target))
        for i in range(len(combinations)):
            told = dict(zip(slots, combinations[i].tolist()))
            target = &self._targets.targets[CODE_STATES + i]
            code = told[RESOURCE_SLOT]
            target[0] = resources.targets[CODE_STATES + code]
            for slot in account_slots:
                if told[slot] >= 0:
                    read_account(self._values[slot][told[slot]], target)
            for slot in endpoint_slots:
                code = told[slot]
                if code >= 0:
                    read_endpoints(t, self._values[slot][code], target)
                    break
                target.is_endpoint_unknown = code == CODE_UNKNOWN or (
                    code == CODE_MISSING and self._is_rest_unknown and slot != self.endpoint_slot
                )
        return 0

    cdef int set_batch(self) except -1:
        cdef const int32_t[::1] callers = self._caller_codes
        cdef const int32_t[::1] targets = self._target_codes
        cdef gw_batch *batch = &self._batch
        batch.slot_codes = self._slot_codes
        batch.slot_values = self._slot_values
        batch.caller_codes = &callers[0]
        batch.callers = self._callers.callers
        batch.target_codes = &targets[0]
        batch.targets = self._targets.targets + CODE_STATES
        batch.codes = self._code_arrays
        batch.values = self._row_arrays
        batch.missing = GW_ROW_UNKNOWN if self._is_rest_unknown else GW_ROW_ABSENT
        return 0

    # ---- deciding ----

    def decide(self, Py_ssize_t threads=1):
        """Decide all requests.

        Parameters
        ----------
        threads : int
            At least 1; more than there are requests, or 256, are not started.

        Returns
        -------
        decision : ndarray of shape (count,), dtype uint8
        statement : ndarray of shape (count,), dtype int32
            The determining statement, or -1.
        """
        decisions = np.zeros(self.count, dtype=np.uint8)
        statements = np.empty(self.count, dtype=np.int32)
        check_threads(threads)
        if self.count == 0:
            return decisions, statements
        self.check_open(0)
        if self._codes[ACTION_SLOT] is None or self._codes[RESOURCE_SLOT] is None or self._caller_codes is None:
            raise RequestError("a batch needs the columns `principal`, `action` and `resource`")
        self._is_classified = True
        threads = min(threads, self.count, MOST_THREADS)
        self._kept = self.classify(threads)
        self.set_batch()
        share(threads, self.decide_range, [(*part, decisions, statements) for part in cut(self.count, threads)])
        return decisions, statements

    def decide_range(self, Py_ssize_t begin, Py_ssize_t end, uint8_t[::1] decisions, int32_t[::1] statements):
        """Decide requests begin .. end - 1 into arrays of shape (count,)."""
        cdef const gw_table *t = &self.engine.table.c
        if not 0 <= begin <= end <= self.count or decisions.shape[0] != self.count or statements.shape[0] != self.count:
            raise IndexError(end)
        if self._batch.callers == NULL:
            raise RuntimeError("the batch has not been decided")
        if begin < end:
            with nogil:
                gw_decide_batch(t, &self._batch, begin, end, &decisions[0], &statements[0])

    def unknown_keys(self, Py_ssize_t i):
        """Return the keys whose value can still change the decision of request i, sorted; () for a definite one."""
        cdef gw_request request
        cdef int32_t statement
        if not 0 <= i < self.count or self._batch.callers == NULL:
            raise IndexError(i)
        request = gw_read_request(&self._batch, i)
        if gw_decide(&self.engine.table.c, &request, &statement) != GW_UNKNOWN:
            return ()
        return self.engine.unknown_keys(&request)

