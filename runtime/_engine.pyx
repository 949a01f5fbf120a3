# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests: texts in, decisions out.

boundscheck is off: memoryviews are indexed only with codes that this module assigned itself, and the table's own
indices were verified when it was opened.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from ._table cimport GW_UNKNOWN, GW_VIEW_ONE, Table, gw_key, gw_statement, gw_table
from .errors import RequestError
from .requests import OTHERS, UNKNOWN_RESOURCE, set_texts, value_text

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    ACTION_SLOT = 0
    RESOURCE_SLOT = 1
    FIRST_KEY_SLOT = 2
    CODE_ABSENT = 0
    CODE_UNKNOWN = 1
    FIRST_CODE = 2

cdef Py_ssize_t SPACE_ROWS = 64  # rows allocated at once for values that no single table row answers


cdef const uint8_t *read_text(object text, size_t *size, list kept) except NULL:
    """Return the UTF-8 bytes of a text; they live as long as the text and `kept`."""
    cdef Py_ssize_t length
    cdef const char *start
    if not isinstance(text, str):
        raise RequestError(f"expected text, not {type(text).__name__}")
    if PyUnicode_IS_ASCII(text):
        size[0] = PyUnicode_GET_LENGTH(text)
        return <const uint8_t *>PyUnicode_DATA(text)
    try:
        start = PyUnicode_AsUTF8AndSize(text, &length)
    except UnicodeEncodeError:
        # A lone surrogate: no policy can name it, but it must not stop a decision.
        encoded = (<str>text).encode("utf-8", "surrogatepass")
        kept.append(encoded)
        start = PyBytes_AS_STRING(encoded)
        length = PyBytes_GET_SIZE(encoded)
    size[0] = length
    return <const uint8_t *>start


cdef class Engine:
    """Decide requests against one table.

    Notes
    -----
    The scratch of single requests belongs to the object and is used with the GIL held; batches bring their own, so
    that any number of threads may share one engine.
    """

    def __cinit__(self, Table table not None):
        cdef size_t count = table.c.classifier_count
        cdef size_t words = table.c.header.row_words
        self.table = table
        self.kept = []
        self.rows = <gw_row *>calloc(count, sizeof(gw_row))
        self.space = <uint64_t *>calloc((count + 1) * words + 1, sizeof(uint64_t))
        self.simulation = <uint64_t *>calloc(2 * <size_t>table.c.header.simulation_words + 1, sizeof(uint64_t))
        if not self.rows or not self.space or not self.simulation:
            raise MemoryError

    def __dealloc__(self):
        free(self.rows)
        free(self.space)
        free(self.simulation)

    cdef gw_row classify_value(self, uint32_t classifier, object value) except? 12345:
        """Classify a text, or a tuple of texts."""
        cdef const gw_table *t = &self.table.c
        cdef size_t size, words = t.header.row_words
        cdef uint64_t *space = self.space + classifier * words
        cdef uint64_t *spare = self.space + t.classifier_count * words
        cdef const uint8_t *start
        cdef gw_row row
        cdef bint is_single = t.classifiers[classifier].view == GW_VIEW_ONE
        cdef bint is_first = True
        if type(value) is not tuple:
            start = read_text(value, &size, self.kept)
            if size == 0 and not is_single:
                return GW_ROW_SEVERAL
            return gw_classify(t, classifier, start, size, self.simulation, space)
        if not value:
            return GW_ROW_ABSENT
        if is_single:
            return GW_ROW_SEVERAL
        for text in <tuple>value:
            start = read_text(text, &size, self.kept)
            row = gw_classify(t, classifier, start, size, self.simulation, spare)
            gw_gather(t, classifier, row, is_first, space)
            is_first = False
        return <gw_row>space

    cdef int set_key(self, object name, object value) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start = read_text(name, &size, self.kept)
        cdef uint32_t key = gw_find_key(t, start, size), c
        cdef const gw_key *k
        if type(value) is not str and value is not None:
            if isinstance(value, (list, tuple, set, frozenset)):
                value = set_texts(name, value)
            else:
                value = value_text(name, value)
        if key == GW_NONE:
            return 0
        k = &t.keys[key]
        for c in range(k.classifier_first, k.classifier_first + k.classifier_count):
            self.rows[c] = GW_ROW_ABSENT if value is None else self.classify_value(c, value)
        return 0

    cdef int set_unknown(self, object name) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start = read_text(name, &size, self.kept)
        cdef uint32_t key = gw_find_key(t, start, size), c
        if key != GW_NONE:
            for c in range(t.keys[key].classifier_first, t.keys[key].classifier_first + t.keys[key].classifier_count):
                self.rows[c] = GW_ROW_UNKNOWN
        return 0

    cdef int read_request(self, gw_request *request, object principal, object action, object resource, object context,
                          object unknown) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size, words = t.header.row_words
        cdef const uint8_t *start
        cdef gw_row missing = GW_ROW_UNKNOWN if unknown is OTHERS else GW_ROW_ABSENT
        cdef uint32_t c
        self.kept.clear()
        for c in range(2, t.classifier_count):
            self.rows[c] = missing
        start = read_text(principal, &size, self.kept)
        request.principal = gw_find_principal(t, start, size)
        start = read_text(action, &size, self.kept)
        self.rows[0] = gw_classify(t, 0, start, size, self.simulation, self.space)
        request.action_column = gw_action_column(t, self.rows[0])
        if resource is None:
            self.rows[1] = GW_ROW_UNKNOWN
        else:
            start = read_text(resource, &size, self.kept)
            self.rows[1] = gw_classify(t, 1, start, size, self.simulation, self.space + words)
        if context is not None:
            if type(context) is not dict:
                context = dict(context)
            for name, value in (<dict>context).items():
                self.set_key(name, value)
        if unknown is not OTHERS and unknown:
            for name in ((unknown,) if isinstance(unknown, str) else unknown):
                self.set_unknown(name)
        request.rows = self.rows
        return 0

    cdef tuple unknown_keys(self, const gw_request *request):
        cdef const gw_table *t = &self.table.c
        cdef uint32_t k, c
        cdef uint8_t *marks = <uint8_t *>calloc(t.classifier_count, 1)
        if not marks:
            raise MemoryError
        try:
            gw_mark_unknown(t, request, marks)
            names = [UNKNOWN_RESOURCE] if marks[1] else []
            for k in range(t.key_count):
                for c in range(t.keys[k].classifier_first, t.keys[k].classifier_first + t.keys[k].classifier_count):
                    if marks[c]:
                        names.append(self.table.symbol_text(t.keys[k].symbol))
                        break
        finally:
            free(marks)
        return tuple(sorted(names))

    def knows(self, principal):
        """Tell whether the table has a principal of this ARN; a session counts as its role."""
        cdef size_t size
        cdef const uint8_t *start = read_text(principal, &size, self.kept)
        return gw_find_principal(&self.table.c, start, size) != GW_NONE

    def decide(self, principal, action, resource, context, unknown):
        """Decide one request: (decision, determining statement or -1, unknown keys)."""
        cdef gw_request request
        cdef int32_t statement
        self.read_request(&request, principal, action, resource, context, unknown)
        cdef uint8_t decision = gw_decide(&self.table.c, &request, &statement)
        return decision, statement, self.unknown_keys(&request) if decision == GW_UNKNOWN else ()

    def trace(self, principal, action, resource, context, unknown):
        """Decide one request and tell how every statement of the principal fared.

        Returns
        -------
        tuple
            Decision, determining statement, unknown keys, and a list of (statement, truths of its tests).
        """
        cdef const gw_table *t = &self.table.c
        cdef gw_request request
        cdef int32_t statement
        cdef uint32_t place, i, count, layer, k
        cdef const uint32_t *words
        cdef const gw_statement *s
        self.read_request(&request, principal, action, resource, context, unknown)
        cdef uint8_t decision = gw_decide(t, &request, &statement)
        keys = self.unknown_keys(&request) if decision == GW_UNKNOWN else ()
        traces = []
        if request.principal != GW_NONE:
            # Column 0 of the cells has the program of an action that no pattern names: all statements.
            place = t.cells[<size_t>t.principals[request.principal].cell_row * t.action_column_count]
            if place >= GW_PROGRAM_FIRST:
                words = t.programs + place
                count = words[0] & GW_PROGRAM_COUNT
                for layer in range(words[1]):
                    count += words[2 + layer]
                for i in range(count):
                    s = &t.statements[words[2 + words[1] + i]]
                    truths = [gw_test_truth(t, self.rows, s.test_first + k) for k in range(s.test_count)]
                    traces.append((words[2 + words[1] + i], truths))
        return decision, statement, keys, sorted(traces)

    def statement_tests(self, uint32_t statement):
        """Indices of a statement's tests."""
        if statement >= self.table.c.statement_count:
            raise IndexError(statement)
        cdef const gw_statement *s = &self.table.c.statements[statement]
        return range(s.test_first, s.test_first + s.test_count)

    def is_deny(self, uint32_t statement):
        """Tell whether a statement denies."""
        if statement >= self.table.c.statement_count:
            raise IndexError(statement)
        return bool(self.table.c.statements[statement].is_deny)


cdef class Batch:
    """Requests of one table as codes: every distinct value stands once and is classified once.

    A slot is a column: 0 the actions, 1 the resources, 2 + k the values of key k.  Code 0 is absent, 1 unknown, 2 + i
    the value i of its slot.  A slot that no request fills has no codes.
    """

    cdef readonly Engine engine
    cdef readonly Py_ssize_t count
    cdef object _principals           # uint32 array of shape (count,)
    cdef list _codes                  # per slot: int32 array of shape (count,), or None
    cdef list _values                 # per slot: list of distinct values, str or tuple of str
    cdef list _interned               # per slot: dict from value to code
    cdef dict _principal_ids
    cdef dict _slots                  # spelling of a key -> slot, or -1
    cdef object _missing              # int32 array of shape (count,): code of a key that a request does not name
    cdef bint _is_uniform             # all of it is the same code
    cdef list _rows                   # per classifier: uintptr array, code -> row
    cdef list _spaces                 # arrays that rows point into
    cdef object _action_columns

    def __cinit__(self, Engine engine not None, Py_ssize_t count, unknown):
        cdef uint32_t slots = 2 + engine.table.c.key_count
        if not (unknown is OTHERS or not unknown):
            raise RequestError("`unknown` of a batch is OTHERS or nothing; give the keys of single requests with them")
        self.engine = engine
        self.count = count
        self._principals = np.full(count, GW_NONE, dtype=np.uint32)
        self._codes = [None] * slots
        self._values = [[] for _ in range(slots)]
        self._interned = [{} for _ in range(slots)]
        self._principal_ids = {}
        self._slots = {}
        self._missing = np.full(count, CODE_UNKNOWN if unknown is OTHERS else CODE_ABSENT, dtype=np.int32)
        self._is_uniform = True

    def slot_of(self, name):
        """Return the slot of a context key, or -1 when no statement asks for it."""
        cdef size_t size
        cdef const uint8_t *start
        cdef uint32_t key
        slot = self._slots.get(name)
        if slot is None:
            start = read_text(name, &size, self.engine.kept)
            key = gw_find_key(&self.engine.table.c, start, size)
            slot = -1 if key == GW_NONE else FIRST_KEY_SLOT + key
            if len(self._slots) < 65536:
                self._slots[name] = slot
        return slot

    cdef int32_t[::1] codes_of(self, Py_ssize_t slot):
        if self._codes[slot] is None:
            self._codes[slot] = self._missing.copy()
        return self._codes[slot]

    cdef int32_t intern(self, Py_ssize_t slot, object value) except -1:
        cdef dict interned = <dict>self._interned[slot]
        code = interned.get(value)
        if code is None:
            code = FIRST_CODE + len(interned)
            interned[value] = code
            (<list>self._values[slot]).append(value)
        return code

    cdef uint32_t principal_id(self, object arn) except? 0:
        cdef size_t size
        cdef const uint8_t *start
        found = self._principal_ids.get(arn)
        if found is None:
            start = read_text(arn, &size, self.engine.kept)
            found = gw_find_principal(&self.engine.table.c, start, size)
            self._principal_ids[arn] = found
        return found

    def fill_request(self, Py_ssize_t i, principal, action, resource, context, unknown):
        """Set request i; a key that it does not name is absent, or unknown if the batch or the request says OTHERS."""
        cdef uint32_t[::1] principals = self._principals
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        if not 0 <= i < self.count:
            raise IndexError(i)
        if not isinstance(action, str):
            raise RequestError(f"expected text, not {type(action).__name__}")
        principals[i] = self.principal_id(principal)
        codes = self.codes_of(ACTION_SLOT)
        codes[i] = self.intern(ACTION_SLOT, action)
        codes = self.codes_of(RESOURCE_SLOT)
        if resource is None:
            codes[i] = CODE_UNKNOWN
        elif isinstance(resource, str):
            codes[i] = self.intern(RESOURCE_SLOT, resource)
        else:
            raise RequestError(f"expected text or None as resource, not {type(resource).__name__}")
        if unknown is OTHERS:
            self.set_missing_unknown(i)
        if context is not None:
            if type(context) is not dict:
                context = dict(context)
            for name, value in (<dict>context).items():
                slot = self.slot_of(name)
                if type(value) is not str and value is not None:
                    if isinstance(value, (list, tuple, set, frozenset)):
                        value = set_texts(name, value)
                    else:
                        value = value_text(name, value)
                if slot >= 0:
                    codes = self.codes_of(slot)
                    codes[i] = CODE_ABSENT if value is None else self.intern(slot, value)
        if unknown is not OTHERS and unknown:
            for name in ((unknown,) if isinstance(unknown, str) else unknown):
                slot = self.slot_of(name)
                if slot >= 0:
                    codes = self.codes_of(slot)
                    codes[i] = CODE_UNKNOWN

    cdef int set_missing_unknown(self, Py_ssize_t i) except -1:
        cdef int32_t[::1] missing = self._missing
        cdef Py_ssize_t slot
        if missing[i] == CODE_UNKNOWN:
            return 0
        missing[i] = CODE_UNKNOWN
        self._is_uniform = False
        for slot in range(FIRST_KEY_SLOT, len(self._codes)):
            if self._codes[slot] is not None:
                self._codes[slot][i] = CODE_UNKNOWN
        return 0

    def fill_principals(self, codes, values):
        """Set the principals: values[codes[i]] is the ARN of request i."""
        ids = np.array([self.principal_id(value) for value in values], dtype=np.uint32)
        self._principals = ids[codes] if len(ids) else self._principals

    def fill_column(self, Py_ssize_t slot, codes, values):
        """Set a column: values[codes[i]] is the value of request i, a text or a tuple of texts; -1 is a missing one."""
        if slot in (ACTION_SLOT, RESOURCE_SLOT):
            missing = np.full(self.count, CODE_UNKNOWN, dtype=np.int32)
        else:
            missing = self._missing
        own = np.array([self.intern(slot, value) for value in values] + [0], dtype=np.int32)
        self._codes[slot] = np.ascontiguousarray(np.where(codes < 0, missing, own[codes]), dtype=np.int32)

    def fill_unknown(self, Py_ssize_t i, names):
        """Make keys of request i unknown."""
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        if names is OTHERS:
            self.set_missing_unknown(i)
            return
        for name in ((names,) if isinstance(names, str) else names):
            slot = self.slot_of(name)
            if slot >= 0:
                codes = self.codes_of(slot)
                codes[i] = CODE_UNKNOWN

    cdef object classify_slot(self, uint32_t classifier, Py_ssize_t slot):
        """Classify the distinct values of a slot: uintptr array, code -> row."""
        cdef const gw_table *t = &self.engine.table.c
        cdef list values = <list>self._values[slot]
        cdef Py_ssize_t n = len(values), i
        cdef size_t words = t.classifiers[classifier].row_words, size
        cdef uint64_t[::1] space
        cdef uint64_t *simulation
        cdef uint64_t *free_row
        cdef const uint8_t **starts
        cdef size_t *sizes
        cdef gw_row row
        cdef bint is_single = t.classifiers[classifier].view == GW_VIEW_ONE
        rows_array = np.zeros(FIRST_CODE + n, dtype=np.uintp)
        cdef gw_row[::1] rows = rows_array
        cdef Py_ssize_t space_left = 0
        rows[CODE_ABSENT] = GW_ROW_ABSENT
        rows[CODE_UNKNOWN] = GW_ROW_UNKNOWN
        kept = []
        starts = <const uint8_t **>malloc((n + 1) * sizeof(uint8_t *))
        sizes = <size_t *>malloc((n + 1) * sizeof(size_t))
        simulation = <uint64_t *>malloc((2 * <size_t>t.header.simulation_words + 1) * sizeof(uint64_t))
        try:
            if not starts or not sizes or not simulation:
                raise MemoryError
            for i in range(n):
                value = values[i]
                starts[i] = NULL if type(value) is tuple else read_text(value, &sizes[i], kept)
            i = 0
            while i < n:
                space = self.new_space(words, &space_left)
                free_row = &space[0]
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
                    row = self.engine.classify_value(classifier, values[i])
                    if row >= GW_ROW_STATES:
                        # It lies in the engine's own space, which the next value will use again.
                        memcpy(free_row, <const void *>row, words * sizeof(uint64_t))
                        row = <gw_row>free_row
                    rows[FIRST_CODE + i] = row
                    i += 1
        finally:
            free(starts)
            free(sizes)
            free(simulation)
        return rows_array

    cdef uint64_t[::1] new_space(self, size_t words, Py_ssize_t *row_count):
        row_count[0] = SPACE_ROWS
        space = np.empty(SPACE_ROWS * words + 1, dtype=np.uint64)
        self._spaces.append(space)
        return space

    cdef int classify(self) except -1:
        cdef const gw_table *t = &self.engine.table.c
        cdef uint32_t c, k
        cdef Py_ssize_t slot
        if not self._is_uniform:
            for slot in range(FIRST_KEY_SLOT, len(self._codes)):
                self.codes_of(slot)
        self._rows = [None] * t.classifier_count
        self._spaces = []
        for slot in (ACTION_SLOT, RESOURCE_SLOT):
            self._rows[slot] = self.classify_slot(slot, slot)
        for k in range(t.key_count):
            if self._codes[FIRST_KEY_SLOT + k] is None:
                continue
            for c in range(t.keys[k].classifier_first, t.keys[k].classifier_first + t.keys[k].classifier_count):
                self._rows[c] = self.classify_slot(c, FIRST_KEY_SLOT + k)
        action_rows = self._rows[0]
        self._action_columns = np.array(
            [gw_action_column(t, <gw_row>row) for row in action_rows.tolist()], dtype=np.uint32
        )
        return 0

    cdef object slot_by_classifier(self):
        cdef const gw_table *t = &self.engine.table.c
        cdef uint32_t k, c
        slots = [ACTION_SLOT, RESOURCE_SLOT] + [0] * (t.classifier_count - 2)
        for k in range(t.key_count):
            for c in range(t.keys[k].classifier_first, t.keys[k].classifier_first + t.keys[k].classifier_count):
                slots[c] = FIRST_KEY_SLOT + k
        return slots

    def decide(self, int threads=1):
        """Decide all requests.

        Returns
        -------
        decision : ndarray of shape (count,), dtype uint8
        statement : ndarray of shape (count,), dtype int32
            The determining statement, or -1.
        """
        decisions = np.zeros(self.count, dtype=np.uint8)
        statements = np.full(self.count, -1, dtype=np.int32)
        if self.count == 0:
            return decisions, statements
        if self._codes[ACTION_SLOT] is None or self._codes[RESOURCE_SLOT] is None:
            raise RequestError("a batch needs the columns `principal`, `action` and `resource`")
        self.classify()
        slots = self.slot_by_classifier()
        if threads <= 1 or self.count < 2 * threads:
            self.decide_range(0, self.count, slots, decisions, statements)
            return decisions, statements
        edges = [self.count * k // threads for k in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            jobs = [
                pool.submit(self.decide_range, low, high, slots, decisions, statements)
                for low, high in zip(edges, edges[1:])
            ]
            for job in jobs:
                job.result()
        return decisions, statements

    def decide_range(self, Py_ssize_t begin, Py_ssize_t end, list slots, uint8_t[::1] decisions,
                     int32_t[::1] statements):
        cdef const gw_table *t = &self.engine.table.c
        cdef gw_batch batch
        cdef size_t c, count = t.classifier_count
        cdef const uint32_t[::1] principals = self._principals
        cdef const uint32_t[::1] action_columns = self._action_columns
        cdef const int32_t[::1] codes
        cdef const gw_row[::1] values
        cdef gw_row *rows = <gw_row *>malloc(count * sizeof(gw_row))
        cdef const int32_t **code_arrays = <const int32_t **>calloc(count, sizeof(void *))
        cdef const gw_row **row_arrays = <const gw_row **>calloc(count, sizeof(void *))
        try:
            if not rows or not code_arrays or not row_arrays:
                raise MemoryError
            for c in range(count):
                if self._rows[c] is not None:
                    codes = self._codes[slots[c]]
                    values = self._rows[c]
                    code_arrays[c] = &codes[0]
                    row_arrays[c] = &values[0]
            batch.principals = &principals[0]
            batch.action_columns = &action_columns[0]
            batch.codes = code_arrays
            batch.values = row_arrays
            batch.missing = GW_ROW_UNKNOWN if self._missing[0] == CODE_UNKNOWN else GW_ROW_ABSENT
            with nogil:
                gw_decide_batch(t, &batch, begin, end, rows, &decisions[0], &statements[0])
        finally:
            free(rows)
            free(code_arrays)
            free(row_arrays)

    def unknown_keys(self, Py_ssize_t i):
        """Return the keys whose value can still change the decision of request i, sorted; () for a definite one."""
        cdef gw_request request
        cdef int32_t statement
        cdef size_t c, count = self.engine.table.c.classifier_count
        cdef gw_row *rows
        if not 0 <= i < self.count:
            raise IndexError(i)
        rows = <gw_row *>malloc(count * sizeof(gw_row))
        if not rows:
            raise MemoryError
        try:
            slots = self.slot_by_classifier()
            for c in range(count):
                code = self._missing[i] if self._rows[c] is None else self._codes[slots[c]][i]
                rows[c] = code if self._rows[c] is None else self._rows[c][code]
            request.principal = self._principals[i]
            request.action_column = self._action_columns[self._codes[ACTION_SLOT][i]]
            request.rows = rows
            if gw_decide(&self.engine.table.c, &request, &statement) != GW_UNKNOWN:
                return ()
            return self.engine.unknown_keys(&request)
        finally:
            free(rows)
