# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests by the million: columns of codes in, arrays of decisions out.

boundscheck is off: memoryviews are indexed only with codes that this module assigned itself and with requests whose
number was checked, and the table's own indices were verified when it was opened.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc

from ._engine cimport (
    ACTION_SLOT,
    CODE_ABSENT,
    CODE_UNKNOWN,
    FIRST_CODE,
    FIRST_KEY_SLOT,
    GW_NONE,
    GW_ROW_ABSENT,
    GW_ROW_SEVERAL,
    GW_ROW_UNKNOWN,
    GW_VALUE_ABSENT,
    GW_VALUE_UNKNOWN,
    RESOURCE_SLOT,
    Engine,
    Scratch,
    classify_value,
    gw_action_column,
    gw_batch,
    gw_caller,
    gw_classify,
    gw_decide,
    gw_decide_batch,
    gw_find_key,
    gw_read_caller,
    gw_read_request,
    gw_read_target,
    gw_request,
    gw_row,
    gw_target,
    gw_text,
    gw_value,
    read_account,
    read_endpoints,
    read_text,
    read_value,
)
from ._table cimport (
    GW_CLASSIFIER_ACTION,
    GW_CLASSIFIER_RESOURCE,
    GW_CLASSIFIER_SETS,
    GW_UNKNOWN,
    GW_VIEW_ONE,
    gw_table,
)
from .errors import RequestError
from .requests import OTHERS, SOURCE_ENDPOINT, Target, key_names

__all__ = ["Batch", "Rows", "number_values"]

cdef tuple EMPTY = ()
cdef Py_ssize_t SPACE_ROWS = 64  # rows allocated at once for values that no single table row answers


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
        cdef Scratch now = self.engine.borrow(), before = self.engine.borrow()
        action = action_before = None
        try:
            for i in range(self.count + 1):
                if i < self.count:
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
                                 self._is_rest_unknown)
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


cdef bint is_others(object unknown) except -1:
    """Tell whether every key that no request names is unknown."""
    if unknown is not OTHERS and unknown:
        raise RequestError("`unknown` of a batch is OTHERS or nothing; give the keys of single requests with them")
    return unknown is OTHERS


cdef int check_threads(Py_ssize_t threads) except -1:
    if threads < 1:
        raise RequestError(f"a batch is decided by one thread or more, not {threads}")
    return 0


@cython.final
cdef class Batch:
    """Requests of one table as codes: a value that many requests have is classified once.

    A slot is a column: 0 the actions, 1 the resources, 2 + k the values of key k, and behind the keys the owners of the
    resources and the endpoints.  Code 0 is absent, 1 unknown, 2 + i the value i of its slot.  A slot that no request
    fills has no codes.

    Notes
    -----
    One thread fills and decides a batch, once; after that any number may ask for `unknown_keys`.
    """

    cdef readonly Engine engine
    cdef readonly Py_ssize_t count
    cdef object _caller_codes         # int32 array of shape (count,)
    cdef gw_caller *_callers          # code -> caller
    cdef Py_ssize_t _caller_count, _caller_room
    cdef dict _caller_ids
    cdef object _target_codes         # int32 array of shape (count,), once the batch is classified
    cdef gw_target *_targets          # code -> target
    cdef readonly Py_ssize_t account_slot, endpoint_slot
    cdef list _codes                  # per slot: int32 array of shape (count,), or None
    cdef int32_t **_filled            # per slot: the numbers of that array, or NULL
    cdef list _values                 # per slot: list of values, str or tuple of str
    cdef dict _slots                  # spelling of a key -> slot, or -1
    cdef object _missing              # int32 array of shape (count,): code of a key that a request does not name
    cdef bint _is_uniform             # all of it is the same code
    cdef bint _is_classified
    cdef list _arrays                 # what the pointers below and the rows point into
    cdef const int32_t **_code_arrays # per classifier: request -> code, or NULL
    cdef const gw_row **_row_arrays   # per classifier: code -> row, or NULL
    cdef const int32_t **_slot_codes  # per slot, where the table has templates: request -> code, or NULL
    cdef const gw_value **_slot_values
    cdef object _action_columns       # uint32 array: code of the action -> action column
    cdef gw_batch _batch              # all of these, once the batch is classified

    def __cinit__(self, Engine engine not None, Py_ssize_t count, unknown):
        cdef size_t classifier_count = engine.table.c.classifier_count
        cdef uint32_t slots = 4 + engine.table.c.key_count, slot
        cdef bint is_rest_unknown = is_others(unknown)
        self._code_arrays = <const int32_t **>calloc(classifier_count, sizeof(void *))
        self._row_arrays = <const gw_row **>calloc(classifier_count, sizeof(void *))
        self._slot_codes = <const int32_t **>calloc(slots, sizeof(void *))
        self._slot_values = <const gw_value **>calloc(slots, sizeof(void *))
        self._filled = <int32_t **>calloc(slots, sizeof(void *))
        if not self._code_arrays or not self._row_arrays or not self._slot_codes or not self._slot_values:
            raise MemoryError
        if not self._filled:
            raise MemoryError
        self.engine = engine
        self.count = count
        self.account_slot = slots - 2
        self.endpoint_slot = slots - 1
        self._caller_codes = np.zeros(count, dtype=np.int32)
        self._codes = [None] * slots
        self._values = [[] for _ in range(slots)]
        self._caller_ids = {}
        self._slots = {}
        self._missing = np.full(count, CODE_UNKNOWN if is_rest_unknown else CODE_ABSENT, dtype=np.int32)
        self._is_uniform = True
        self._is_classified = False
        self._arrays = []

    def __dealloc__(self):
        free(self._code_arrays)
        free(self._row_arrays)
        free(self._slot_codes)
        free(self._slot_values)
        free(self._filled)
        free(self._callers)
        free(self._targets)

    def slot_of(self, name):
        """Return the slot of a context key, or -1 when no statement asks for it."""
        return self.find_slot(name)

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

    cdef int set_codes(self, Py_ssize_t slot, object codes) except -1:
        cdef int32_t[::1] numbers = codes
        self._codes[slot] = codes
        self._filled[slot] = &numbers[0] if self.count else NULL
        return 0

    cdef int32_t *codes_of(self, Py_ssize_t slot) except NULL:
        """Return the codes of a slot of a batch that is not empty."""
        if self._filled[slot] == NULL:
            self.set_codes(slot, self._missing.copy())
        return self._filled[slot]

    cdef int32_t caller_id(self, object name) except -1:
        cdef size_t size
        cdef const uint8_t *start
        cdef gw_caller *callers
        found = self._caller_ids.get(name) if isinstance(name, str) else None
        if found is not None:
            return found
        start = read_text(name, "the principal", &size, self._arrays)
        if self._caller_count == self._caller_room:
            callers = <gw_caller *>realloc(self._callers, (2 * self._caller_room + 64) * sizeof(gw_caller))
            if not callers:
                raise MemoryError
            self._callers = callers
            self._caller_room = 2 * self._caller_room + 64
        gw_read_caller(&self.engine.table.c, start, size, &self._callers[self._caller_count])
        self._caller_ids[name] = self._caller_count
        self._caller_count += 1
        return <int32_t>self._caller_count - 1

    cdef int set_missing_unknown(self, Py_ssize_t i) except -1:
        cdef int32_t[::1] missing = self._missing
        cdef Py_ssize_t slot
        if missing[i] == CODE_UNKNOWN:
            return 0
        missing[i] = CODE_UNKNOWN
        self._is_uniform = False
        for slot in range(FIRST_KEY_SLOT, self.account_slot):
            if self._filled[slot] != NULL:
                self._filled[slot][i] = CODE_UNKNOWN
        return 0

    cdef int set_keys_unknown(self, Py_ssize_t i, object names) except -1:
        cdef Py_ssize_t slot
        for name in key_names(names):
            if not isinstance(name, str):
                raise RequestError(f"an unknown key must be text, not {type(name).__name__}")
            slot = self.find_slot(name)
            if slot >= 0:
                self.codes_of(slot)[i] = CODE_UNKNOWN
        return 0

    def fill_principals(self, codes, values):
        """Set the principals: values[codes[i]] is the ARN of request i; no code may be -1."""
        ids = np.array([self.caller_id(value) for value in values], dtype=np.int32)
        self._caller_codes = np.ascontiguousarray(ids[codes]) if len(ids) else self._caller_codes

    def fill_column(self, Py_ssize_t slot, codes, values):
        """Set a column: values[codes[i]] is the value of request i, a text or a tuple of texts; -1 is a missing one."""
        cdef list own
        if not 0 <= slot < len(self._codes) or len(codes) != self.count or (self.count and codes.max() >= len(values)):
            raise IndexError(slot)
        missing = self._missing
        if slot in (ACTION_SLOT, RESOURCE_SLOT):
            missing = CODE_UNKNOWN
        elif slot in (self.account_slot, self.endpoint_slot):
            missing = CODE_ABSENT
        # The values are distinct, or nearly so: interning them would cost more than classifying some twice.
        own = <list>self._values[slot]
        filled = np.where(codes < 0, missing, codes + (FIRST_CODE + len(own)))
        own.extend(values)
        self.set_codes(slot, filled.astype(np.int32, copy=False))

    def fill_unknown(self, Py_ssize_t i, names):
        """Make keys of request i unknown: those named, or with OTHERS, before any column is filled, the unnamed ones."""
        self.check_open(i)
        if names is OTHERS:
            self.set_missing_unknown(i)
        else:
            self.set_keys_unknown(i, names)

    cdef object classify_slot(self, uint32_t classifier, Py_ssize_t slot):
        """Classify the distinct values of a slot: uintptr array, code -> row."""
        cdef const gw_table *t = &self.engine.table.c
        cdef list values = <list>self._values[slot]
        cdef Py_ssize_t n = len(values), i
        cdef size_t words = t.classifiers[classifier].row_words
        cdef uint64_t[::1] space
        cdef uint64_t *free_row
        cdef gw_row row
        cdef bint is_single = t.classifiers[classifier].view == GW_VIEW_ONE
        rows_array = np.zeros(FIRST_CODE + n, dtype=np.uintp)
        cdef gw_row[::1] rows = rows_array
        cdef Py_ssize_t space_left = 0
        cdef const uint8_t **starts = <const uint8_t **>malloc((n + 1) * sizeof(uint8_t *))
        cdef size_t *sizes = <size_t *>malloc((n + 1) * sizeof(size_t))
        cdef uint64_t *simulation = <uint64_t *>malloc((2 * <size_t>t.header.simulation_words + 1) * sizeof(uint64_t))
        cdef uint64_t *spare = <uint64_t *>malloc(words * sizeof(uint64_t))
        rows[CODE_ABSENT] = GW_ROW_ABSENT
        rows[CODE_UNKNOWN] = GW_ROW_UNKNOWN
        kept = []
        try:
            if not starts or not sizes or not simulation or not spare:
                raise MemoryError
            for i in range(n):
                value = values[i]
                starts[i] = NULL if type(value) is tuple else read_text(value, "a value", &sizes[i], kept)
            i = 0
            while i < n:
                if not space_left:
                    space = np.empty(SPACE_ROWS * words, dtype=np.uint64)
                    self._arrays.append(np.asarray(space))
                    free_row = &space[0]
                    space_left = SPACE_ROWS
                with nogil:
                    while i < n and space_left and starts[i] != NULL:
                        if sizes[i] == 0 and not is_single:
                            row = GW_ROW_SEVERAL
                        else:
                            row = gw_classify(t, classifier, starts[i], sizes[i], simulation, free_row)
                        if row == <gw_row>free_row:
                            free_row += words
                            space_left -= 1
                        rows[FIRST_CODE + i] = row
                        i += 1
                if i < n and space_left:
                    row = classify_value(t, classifier, values[i], kept, simulation, free_row, spare)
                    if row == <gw_row>free_row:
                        free_row += words
                        space_left -= 1
                    rows[FIRST_CODE + i] = row
                    i += 1
        finally:
            free(starts)
            free(sizes)
            free(simulation)
            free(spare)
        return rows_array

    cdef int set_slot(self, Py_ssize_t slot) except -1:
        """Keep the texts of a slot's distinct values, for templates."""
        cdef list values = <list>self._values[slot]
        cdef Py_ssize_t n = len(values), i
        cdef gw_value *read
        cdef gw_text *texts
        cdef const int32_t[::1] codes = self._codes[slot]
        kept = []
        room = PyBytes_FromStringAndSize(NULL, (FIRST_CODE + n) * sizeof(gw_value))
        singles = PyBytes_FromStringAndSize(NULL, n * sizeof(gw_text))
        read = <gw_value *>PyBytes_AS_STRING(room)
        texts = <gw_text *>PyBytes_AS_STRING(singles)
        read[CODE_ABSENT].state = GW_VALUE_ABSENT
        read[CODE_UNKNOWN].state = GW_VALUE_UNKNOWN
        for i in range(n):
            read_value(values[i], &texts[i], &read[FIRST_CODE + i], kept)
        self._arrays += [kept, room, singles, np.asarray(codes)]
        self._slot_codes[slot] = &codes[0]
        self._slot_values[slot] = read
        return 0

    cdef int set_classifier(self, uint32_t classifier, Py_ssize_t slot) except -1:
        cdef const int32_t[::1] codes = self._codes[slot]
        cdef const gw_row[::1] rows = self.classify_slot(classifier, slot)
        self._arrays += [np.asarray(codes), np.asarray(rows)]
        self._code_arrays[classifier] = &codes[0]
        self._row_arrays[classifier] = &rows[0]
        return 0

    cdef int classify(self) except -1:
        cdef const gw_table *t = &self.engine.table.c
        cdef uint32_t c, k
        cdef Py_ssize_t slot, code
        self.set_classifier(GW_CLASSIFIER_ACTION, ACTION_SLOT)
        self.set_classifier(GW_CLASSIFIER_SETS, ACTION_SLOT)
        self.set_classifier(GW_CLASSIFIER_RESOURCE, RESOURCE_SLOT)
        if t.template_count:
            self.set_slot(RESOURCE_SLOT)
        for k in range(t.key_count):
            slot = FIRST_KEY_SLOT + k
            if self._codes[slot] is None:
                if self._is_uniform:
                    continue
                self._codes[slot] = self._missing  # shared: nobody writes codes from here on
            if t.template_count:
                self.set_slot(slot)
            for c in range(t.keys[k].classifier_first, t.keys[k].classifier_first + t.keys[k].classifier_count):
                self.set_classifier(c, slot)
        self._action_columns = np.array(
            [gw_action_column(t, self._row_arrays[0][code]) for code in range(FIRST_CODE + len(self._values[0]))],
            dtype=np.uint32,
        )
        self.set_targets()
        self.set_batch()
        return 0

    cdef int set_batch(self) except -1:
        cdef const int32_t[::1] callers = self._caller_codes
        cdef const int32_t[::1] targets = self._target_codes
        cdef const uint32_t[::1] action_columns = self._action_columns
        cdef const int32_t[::1] missing = self._missing
        cdef gw_batch *batch = &self._batch
        batch.slot_codes = self._slot_codes
        batch.slot_values = self._slot_values
        batch.caller_codes = &callers[0]
        batch.callers = self._callers
        batch.target_codes = &targets[0]
        batch.targets = self._targets
        batch.action_columns = &action_columns[0]
        batch.codes = self._code_arrays
        batch.values = self._row_arrays
        batch.missing = GW_ROW_UNKNOWN if missing[0] == CODE_UNKNOWN else GW_ROW_ABSENT
        return 0

    cdef int set_targets(self) except -1:
        """Make a target of each combination of resource, owner and endpoints that occurs."""
        cdef const gw_table *t = &self.engine.table.c
        cdef Py_ssize_t i, n
        cdef size_t size
        cdef const uint8_t *start
        slots = [RESOURCE_SLOT]
        if self._codes[self.account_slot] is not None:
            slots.append(self.account_slot)
        endpoint_slots = []
        if self._codes[self.endpoint_slot] is not None:
            endpoint_slots.append(self.endpoint_slot)
        if t.endpoint_count:
            slot = self.find_slot(SOURCE_ENDPOINT)
            if self._codes[slot] is None:
                self._codes[slot] = self._missing
            endpoint_slots.append(slot)
        slots += endpoint_slots
        if len(slots) == 1:
            combinations = [(code,) for code in range(FIRST_CODE + len(self._values[RESOURCE_SLOT]))]
            self._target_codes = self._codes[RESOURCE_SLOT]
        else:
            found, codes = np.unique(np.stack([self._codes[slot] for slot in slots], axis=1), axis=0, return_inverse=True)
            combinations = found.tolist()
            self._target_codes = np.ascontiguousarray(codes.reshape(-1).astype(np.int32))
        n = len(combinations)
        self._targets = <gw_target *>calloc(n + 1, sizeof(gw_target))
        if not self._targets:
            raise MemoryError
        for i in range(n):
            sides = {
                slot: self._values[slot][code - FIRST_CODE]
                for slot, code in zip(slots, combinations[i])
                if code >= FIRST_CODE
            }
            start = NULL
            size = 0
            if RESOURCE_SLOT in sides:
                start = read_text(sides[RESOURCE_SLOT], "the resource", &size, self._arrays)
            gw_read_target(t, start, size, &self._targets[i])
            read_account(sides.get(self.account_slot), &self._targets[i])
            for slot, code in zip(slots, combinations[i]):
                if slot not in endpoint_slots:
                    continue
                if slot in sides:
                    read_endpoints(t, sides[slot], &self._targets[i])
                    break
                self._targets[i].is_endpoint_unknown = code == CODE_UNKNOWN
        return 0

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
        statements = np.full(self.count, -1, dtype=np.int32)
        check_threads(threads)
        if self.count == 0:
            return decisions, statements
        self.check_open(0)
        if self._codes[ACTION_SLOT] is None or self._codes[RESOURCE_SLOT] is None:
            raise RequestError("a batch needs the columns `principal`, `action` and `resource`")
        self._is_classified = True
        self.classify()
        threads = min(threads, self.count, 256)
        if threads == 1:
            self.decide_range(0, self.count, decisions, statements)
            return decisions, statements
        edges = [self.count * k // threads for k in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            jobs = [
                pool.submit(self.decide_range, low, high, decisions, statements)
                for low, high in zip(edges, edges[1:])
            ]
            for job in jobs:
                job.result()
        return decisions, statements

    def decide_range(self, Py_ssize_t begin, Py_ssize_t end, uint8_t[::1] decisions, int32_t[::1] statements):
        """Decide requests begin .. end - 1 into arrays of shape (count,)."""
        cdef const gw_table *t = &self.engine.table.c
        if not 0 <= begin <= end <= self.count or decisions.shape[0] != self.count or statements.shape[0] != self.count:
            raise IndexError(end)
        if begin < end:
            with nogil:
                gw_decide_batch(t, &self._batch, begin, end, &decisions[0], &statements[0])

    def unknown_keys(self, Py_ssize_t i):
        """Return the keys whose value can still change the decision of request i, sorted; () for a definite one."""
        cdef gw_request request
        cdef int32_t statement
        if not 0 <= i < self.count:
            raise IndexError(i)
        request = gw_read_request(&self._batch, i)
        if gw_decide(&self.engine.table.c, &request, &statement) != GW_UNKNOWN:
            return ()
        return self.engine.unknown_keys(&request)
