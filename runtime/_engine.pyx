# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests: texts in, decisions out.

boundscheck is off: memoryviews are indexed only with codes that this module assigned itself and with requests whose
number was checked, and the table's own indices were verified when it was opened.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc

from ._table cimport GW_IMPLICIT_DENY, GW_UNKNOWN, GW_VIEW_ONE, Table, gw_key, gw_statement, gw_table
from .errors import RequestError
from .requests import OTHERS, UNKNOWN_RESOURCE, context_dict, context_value, key_names

__all__ = ["Batch", "Engine"]

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

cdef tuple EMPTY = ()
cdef Py_ssize_t SPACE_ROWS = 64  # rows allocated at once for values that no single table row answers


cdef const uint8_t *read_text(object text, str what, size_t *size, list kept) except NULL:
    """Return the UTF-8 bytes of a text; they live as long as the text and `kept`."""
    cdef Py_ssize_t length
    cdef const char *start
    if not isinstance(text, str):
        raise RequestError(f"{what} must be text, not {type(text).__name__}")
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


cdef int read_value(object value, gw_text *single, gw_value *out, list kept) except -1:
    """Read None, a text or a tuple of texts as a value; texts live as long as `kept`, which holds the value too."""
    cdef Py_ssize_t i, n
    cdef gw_text *texts = single
    if value is None:
        out.state = GW_VALUE_ABSENT
        out.count = 0
        return 0
    kept.append(value)
    if type(value) is not tuple:
        texts[0].text = read_text(value, "a value", &texts[0].bytes, kept)
        out.state = GW_VALUE_ONE
        out.count = 1
    else:
        n = len(<tuple>value)
        room = PyBytes_FromStringAndSize(NULL, n * sizeof(gw_text))
        kept.append(room)
        texts = <gw_text *>PyBytes_AS_STRING(room)
        for i in range(n):
            texts[i].text = read_text((<tuple>value)[i], "a value", &texts[i].bytes, kept)
        out.state = GW_VALUE_SEVERAL if n else GW_VALUE_ABSENT
        out.count = <uint32_t>n
    out.texts = texts
    return 0


cdef gw_row classify_value(const gw_table *t, uint32_t classifier, object value, list kept, uint64_t *simulation,
                           uint64_t *space, uint64_t *spare) except? 12345:
    """Classify a text or a tuple of texts; the row may lie in `space`, never in `spare`."""
    cdef size_t size
    cdef const uint8_t *start
    cdef gw_row row
    cdef bint is_single = t.classifiers[classifier].view == GW_VIEW_ONE
    cdef bint is_first = True
    if type(value) is not tuple:
        start = read_text(value, "a value", &size, kept)
        if size == 0 and not is_single:
            return GW_ROW_SEVERAL
        return gw_classify(t, classifier, start, size, simulation, space)
    if not value:
        return GW_ROW_ABSENT
    if is_single:
        return GW_ROW_SEVERAL
    for text in <tuple>value:
        start = read_text(text, "a value", &size, kept)
        row = gw_classify(t, classifier, start, size, simulation, spare)
        gw_gather(t, classifier, row, is_first, space)
        is_first = False
    return <gw_row>space


@cython.final
cdef class Scratch:
    def __cinit__(self, Engine engine not None):
        cdef const gw_table *t = &engine.table.c
        cdef size_t words = engine.places[t.classifier_count] + t.header.row_words
        self.kept = []
        self.rows = <gw_row *>calloc(t.classifier_count, sizeof(gw_row))
        self.space = <uint64_t *>calloc(words, sizeof(uint64_t))
        self.simulation = <uint64_t *>calloc(2 * <size_t>t.header.simulation_words + 1, sizeof(uint64_t))
        self.turns = <uint64_t *>calloc(<size_t>t.key_count + 1, sizeof(uint64_t))
        self.values = <gw_value *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, sizeof(gw_value))
        self.texts = <gw_text *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, sizeof(gw_text))
        if not self.values or not self.texts:
            raise MemoryError
        if not self.rows or not self.space or not self.simulation or not self.turns:
            raise MemoryError

    def __dealloc__(self):
        free(self.rows)
        free(self.space)
        free(self.simulation)
        free(self.turns)
        free(self.values)
        free(self.texts)


@cython.final
cdef class Engine:
    """Decide requests against one table.

    Notes
    -----
    Any number of threads may share one engine, and a request may come in while another is being read: reading one runs
    Python code (conversions, mappings, finalizers), which may let other threads in or ask the engine again.  So every
    request has a scratch of its own; `idle` keeps as many as were ever in use at once.
    """

    def __cinit__(self, Table table not None):
        cdef const gw_table *t = &table.c
        cdef size_t c
        self.table = table
        self.idle = []
        self.places = <size_t *>calloc(<size_t>t.classifier_count + 1, sizeof(size_t))
        if not self.places:
            raise MemoryError
        for c in range(t.classifier_count):
            self.places[c + 1] = self.places[c] + t.classifiers[c].row_words

    def __dealloc__(self):
        free(self.places)

    cdef Scratch borrow(self):
        cdef Scratch scratch
        try:
            scratch = self.idle.pop()
        except IndexError:
            scratch = Scratch(self)
        scratch.turn += 1
        return scratch

    cdef int give_back(self, Scratch scratch) except -1:
        scratch.kept.clear()
        self.idle.append(scratch)
        return 0

    cdef gw_row classify_key(self, Scratch scratch, uint32_t classifier, object value) except? 12345:
        cdef const gw_table *t = &self.table.c
        return classify_value(t, classifier, value, scratch.kept, scratch.simulation,
                              scratch.space + self.places[classifier], scratch.space + self.places[t.classifier_count])

    cdef int set_value(self, Scratch scratch, uint32_t slot, object value) except -1:
        """Keep the texts of a slot, for templates; a table without any needs none."""
        if self.table.c.template_count:
            read_value(value, &scratch.texts[slot], &scratch.values[slot], scratch.kept)
        return 0

    cdef int set_key(self, Scratch scratch, object name, object value) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start = read_text(name, "a context key", &size, scratch.kept)
        cdef uint32_t key = gw_find_key(t, start, size), c
        cdef const gw_key *k
        if type(value) is not str and value is not None:
            value = context_value(name, value)
        if key == GW_NONE:
            return 0
        if scratch.turns[key] == scratch.turn:
            raise RequestError(f"context key `{name}` is given twice; the case of a key's letters does not matter")
        scratch.turns[key] = scratch.turn
        k = &t.keys[key]
        self.set_value(scratch, FIRST_KEY_SLOT + key, value)
        for c in range(k.classifier_first, k.classifier_first + k.classifier_count):
            scratch.rows[c] = GW_ROW_ABSENT if value is None else self.classify_key(scratch, c, value)
        return 0

    cdef int set_unknown(self, Scratch scratch, object name) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start = read_text(name, "an unknown key", &size, scratch.kept)
        cdef uint32_t key = gw_find_key(t, start, size), c
        if key != GW_NONE:
            scratch.values[FIRST_KEY_SLOT + key].state = GW_VALUE_UNKNOWN
            for c in range(t.keys[key].classifier_first, t.keys[key].classifier_first + t.keys[key].classifier_count):
                scratch.rows[c] = GW_ROW_UNKNOWN
        return 0

    cdef int read_request(self, Scratch scratch, gw_request *request, object principal, object action, object resource,
                          object context, object unknown) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start
        cdef gw_row missing = GW_ROW_UNKNOWN if unknown is OTHERS else GW_ROW_ABSENT
        cdef uint32_t c
        for c in range(2, t.classifier_count):
            scratch.rows[c] = missing
        if t.template_count:
            for c in range(FIRST_KEY_SLOT, FIRST_KEY_SLOT + t.key_count):
                scratch.values[c].state = GW_VALUE_UNKNOWN if unknown is OTHERS else GW_VALUE_ABSENT
        start = read_text(principal, "the principal", &size, scratch.kept)
        request.principal = gw_find_principal(t, start, size)
        start = read_text(action, "the action", &size, scratch.kept)
        scratch.rows[0] = gw_classify(t, 0, start, size, scratch.simulation, scratch.space)
        request.action_column = gw_action_column(t, scratch.rows[0])
        if resource is None:
            scratch.rows[1] = GW_ROW_UNKNOWN
        else:
            start = read_text(resource, "the resource", &size, scratch.kept)
            scratch.rows[1] = gw_classify(t, 1, start, size, scratch.simulation, scratch.space + self.places[1])
            self.set_value(scratch, RESOURCE_SLOT, resource)
        if context is not None:
            if type(context) is not dict:
                context = context_dict(context)
            for name, value in (<dict>context).items():
                self.set_key(scratch, name, value)
        if unknown is not OTHERS and unknown is not EMPTY:
            for name in key_names(unknown):
                self.set_unknown(scratch, name)
        request.rows = scratch.rows
        request.values = scratch.values
        return 0

    cdef tuple unknown_keys(self, const gw_request *request):
        cdef const gw_table *t = &self.table.c
        cdef uint32_t k
        cdef uint8_t *marks = <uint8_t *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, 1)
        if not marks:
            raise MemoryError
        try:
            gw_mark_unknown(t, request, marks)
            names = [UNKNOWN_RESOURCE] if marks[RESOURCE_SLOT] else []
            for k in range(t.key_count):
                if marks[FIRST_KEY_SLOT + k]:
                    names.append(self.table.symbol_text(t.keys[k].symbol))
        finally:
            free(marks)
        return tuple(sorted(names))

    def knows(self, principal):
        """Tell whether the table has a principal of this ARN; a session counts as its role."""
        cdef size_t size
        kept = []
        cdef const uint8_t *start = read_text(principal, "the principal", &size, kept)
        return gw_find_principal(&self.table.c, start, size) != GW_NONE

    def decide(self, principal, action, resource, context, unknown):
        """Decide one request: (decision, determining statement or -1, unknown keys)."""
        cdef gw_request request
        cdef int32_t statement
        cdef uint8_t decision
        cdef Scratch scratch = self.borrow()
        try:
            self.read_request(scratch, &request, principal, action, resource, context, unknown)
            decision = gw_decide(&self.table.c, &request, &statement)
            return decision, statement, self.unknown_keys(&request) if decision == GW_UNKNOWN else ()
        finally:
            self.give_back(scratch)

    def trace(self, principal, action, resource, context, unknown):
        """Decide one request and tell how every statement of the principal fared.

        Returns
        -------
        tuple
            Decision, determining statement, unknown keys, kind of the layer that allows nothing (`LayerKind`, or None:
            see gw_missing_layer), and a list of (statement, truths of its tests).
        """
        cdef const gw_table *t = &self.table.c
        cdef gw_request request
        cdef int32_t statement
        cdef uint32_t place, i, count, layer, k
        cdef const uint32_t *words
        cdef const gw_statement *s
        cdef uint8_t decision
        cdef Scratch scratch = self.borrow()
        traces = []
        try:
            self.read_request(scratch, &request, principal, action, resource, context, unknown)
            decision = gw_decide(t, &request, &statement)
            keys = self.unknown_keys(&request) if decision == GW_UNKNOWN else ()
            if request.principal != GW_NONE:
                # Column 0 of the cells has the program of an action that no pattern names: all statements.
                place = t.cells[<size_t>t.principals[request.principal].cell_row * t.action_column_count]
                if place >= GW_PROGRAM_FIRST:
                    words = t.programs + place
                    count = words[0] & GW_PROGRAM_COUNT
                    for layer in range(words[1]):
                        count += GW_LAYER_COUNT(words[2 + layer])
                    for i in range(count):
                        s = &t.statements[words[2 + words[1] + i]]
                        truths = [gw_test_truth(t, &request, s.test_first + k) for k in range(s.test_count)]
                        traces.append((words[2 + words[1] + i], truths))
            missing = gw_missing_layer(t, &request) if decision == GW_IMPLICIT_DENY else GW_NONE
            return decision, statement, keys, None if missing == GW_NONE else missing, sorted(traces)
        finally:
            self.give_back(scratch)

    def statement_tests(self, Py_ssize_t statement):
        """Indices of a statement's tests."""
        if not 0 <= statement < <Py_ssize_t>self.table.c.statement_count:
            raise IndexError(statement)
        cdef const gw_statement *s = &self.table.c.statements[statement]
        return range(s.test_first, s.test_first + s.test_count)

    def is_deny(self, Py_ssize_t statement):
        """Tell whether a statement denies."""
        if not 0 <= statement < <Py_ssize_t>self.table.c.statement_count:
            raise IndexError(statement)
        return bool(self.table.c.statements[statement].is_deny)


@cython.final
cdef class Batch:
    """Requests of one table as codes: every distinct value stands once and is classified once.

    A slot is a column: 0 the actions, 1 the resources, 2 + k the values of key k.  Code 0 is absent, 1 unknown, 2 + i
    the value i of its slot.  A slot that no request fills has no codes.

    Notes
    -----
    One thread fills and decides a batch, once; after that any number may ask for `unknown_keys`.
    """

    cdef readonly Engine engine
    cdef readonly Py_ssize_t count
    cdef object _principals           # uint32 array of shape (count,)
    cdef list _codes                  # per slot: int32 array of shape (count,), or None
    cdef list _values                 # per slot: list of distinct values, str or tuple of str
    cdef list _interned               # per slot: dict from value to code
    cdef dict _principal_ids
    cdef dict _slots                  # spelling of a key -> slot, or -1
    cdef object _named                # int64 per slot: the last request whose context named it
    cdef object _missing              # int32 array of shape (count,): code of a key that a request does not name
    cdef bint _is_uniform             # all of it is the same code
    cdef bint _is_classified
    cdef list _arrays                 # what the pointers below and the rows point into
    cdef const int32_t **_code_arrays # per classifier: request -> code, or NULL
    cdef const gw_row **_row_arrays   # per classifier: code -> row, or NULL
    cdef const int32_t **_slot_codes  # per slot, where the table has templates: request -> code, or NULL
    cdef const gw_value **_slot_values
    cdef object _action_columns       # uint32 array: code of the action -> action column

    def __cinit__(self, Engine engine not None, Py_ssize_t count, unknown):
        cdef size_t classifier_count = engine.table.c.classifier_count
        cdef uint32_t slots = 2 + engine.table.c.key_count
        if unknown is not OTHERS and unknown:
            raise RequestError("`unknown` of a batch is OTHERS or nothing; give the keys of single requests with them")
        self._code_arrays = <const int32_t **>calloc(classifier_count, sizeof(void *))
        self._row_arrays = <const gw_row **>calloc(classifier_count, sizeof(void *))
        self._slot_codes = <const int32_t **>calloc(slots, sizeof(void *))
        self._slot_values = <const gw_value **>calloc(slots, sizeof(void *))
        if not self._code_arrays or not self._row_arrays or not self._slot_codes or not self._slot_values:
            raise MemoryError
        self.engine = engine
        self.count = count
        self._principals = np.full(count, GW_NONE, dtype=np.uint32)
        self._codes = [None] * slots
        self._values = [[] for _ in range(slots)]
        self._interned = [{} for _ in range(slots)]
        self._principal_ids = {}
        self._slots = {}
        self._named = np.full(slots, -1, dtype=np.int64)
        self._missing = np.full(count, CODE_UNKNOWN if unknown is OTHERS else CODE_ABSENT, dtype=np.int32)
        self._is_uniform = True
        self._is_classified = False
        self._arrays = []

    def __dealloc__(self):
        free(self._code_arrays)
        free(self._row_arrays)
        free(self._slot_codes)
        free(self._slot_values)

    def slot_of(self, name):
        """Return the slot of a context key, or -1 when no statement asks for it."""
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
        found = self._principal_ids.get(arn) if isinstance(arn, str) else None
        if found is None:
            kept = []
            start = read_text(arn, "the principal", &size, kept)
            found = gw_find_principal(&self.engine.table.c, start, size)
            self._principal_ids[arn] = found
        return found

    def fill_request(self, Py_ssize_t i, principal, action, resource, context, unknown):
        """Set request i; a key that it does not name is absent, or unknown if the batch or the request says OTHERS."""
        cdef uint32_t[::1] principals = self._principals
        cdef int64_t[::1] named = self._named
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        self.check_open(i)
        if not isinstance(action, str):
            raise RequestError(f"the action must be text, not {type(action).__name__}")
        principals[i] = self.principal_id(principal)
        codes = self.codes_of(ACTION_SLOT)
        codes[i] = self.intern(ACTION_SLOT, action)
        codes = self.codes_of(RESOURCE_SLOT)
        if resource is None:
            codes[i] = CODE_UNKNOWN
        elif isinstance(resource, str):
            codes[i] = self.intern(RESOURCE_SLOT, resource)
        else:
            raise RequestError(f"the resource must be text, not {type(resource).__name__}")
        if unknown is OTHERS:
            self.set_missing_unknown(i)
        if context is not None:
            if type(context) is not dict:
                context = context_dict(context)
            for name, value in (<dict>context).items():
                slot = self.slot_of(name)
                if type(value) is not str and value is not None:
                    value = context_value(name, value)
                if slot < 0:
                    continue
                if named[slot] == i:
                    raise RequestError(
                        f"context key `{name}` is given twice; the case of a key's letters does not matter"
                    )
                named[slot] = i
                codes = self.codes_of(slot)
                codes[i] = CODE_ABSENT if value is None else self.intern(slot, value)
        if unknown is not OTHERS and unknown is not EMPTY:
            self.set_keys_unknown(i, unknown)

    cdef int set_missing_unknown(self, Py_ssize_t i) except -1:
        cdef int32_t[::1] missing = self._missing
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        if missing[i] == CODE_UNKNOWN:
            return 0
        missing[i] = CODE_UNKNOWN
        self._is_uniform = False
        for slot in range(FIRST_KEY_SLOT, len(self._codes)):
            if self._codes[slot] is not None:
                codes = self._codes[slot]
                codes[i] = CODE_UNKNOWN
        return 0

    cdef int set_keys_unknown(self, Py_ssize_t i, object names) except -1:
        cdef int32_t[::1] codes
        cdef Py_ssize_t slot
        for name in key_names(names):
            if not isinstance(name, str):
                raise RequestError(f"an unknown key must be text, not {type(name).__name__}")
            slot = self.slot_of(name)
            if slot >= 0:
                codes = self.codes_of(slot)
                codes[i] = CODE_UNKNOWN
        return 0

    def fill_principals(self, codes, values):
        """Set the principals: values[codes[i]] is the ARN of request i; no code may be -1."""
        ids = np.array([self.principal_id(value) for value in values], dtype=np.uint32)
        self._principals = np.ascontiguousarray(ids[codes]) if len(ids) else self._principals

    def fill_column(self, Py_ssize_t slot, codes, values):
        """Set a column: values[codes[i]] is the value of request i, a text or a tuple of texts; -1 is a missing one."""
        if slot in (ACTION_SLOT, RESOURCE_SLOT):
            missing = np.full(self.count, CODE_UNKNOWN, dtype=np.int32)
        else:
            missing = self._missing
        own = np.array([self.intern(slot, value) for value in values] + [0], dtype=np.int32)
        self._codes[slot] = np.ascontiguousarray(np.where(codes < 0, missing, own[codes]), dtype=np.int32)

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
        for slot in (ACTION_SLOT, RESOURCE_SLOT):
            self.set_classifier(slot, slot)
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
        if threads < 1:
            raise RequestError(f"a batch is decided by one thread or more, not {threads}")
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
        cdef gw_batch batch
        cdef const uint32_t[::1] principals = self._principals
        cdef const uint32_t[::1] action_columns = self._action_columns
        cdef const int32_t[::1] missing = self._missing
        cdef gw_row *rows
        cdef gw_value *values
        if not 0 <= begin <= end <= self.count or decisions.shape[0] != self.count or statements.shape[0] != self.count:
            raise IndexError(end)
        if begin == end:
            return
        rows = <gw_row *>malloc(t.classifier_count * sizeof(gw_row))
        values = <gw_value *>malloc((<size_t>t.key_count + FIRST_KEY_SLOT) * sizeof(gw_value))
        if not rows or not values:
            free(rows)
            free(values)
            raise MemoryError
        batch.slot_codes = self._slot_codes
        batch.slot_values = self._slot_values
        batch.principals = &principals[0]
        batch.action_columns = &action_columns[0]
        batch.codes = self._code_arrays
        batch.values = self._row_arrays
        batch.missing = GW_ROW_UNKNOWN if missing[0] == CODE_UNKNOWN else GW_ROW_ABSENT
        with nogil:
            gw_decide_batch(t, &batch, begin, end, rows, values, &decisions[0], &statements[0])
        free(rows)
        free(values)

    def unknown_keys(self, Py_ssize_t i):
        """Return the keys whose value can still change the decision of request i, sorted; () for a definite one."""
        cdef const gw_table *t = &self.engine.table.c
        cdef gw_request request
        cdef int32_t statement
        cdef uint32_t c
        cdef const uint32_t[::1] principals = self._principals
        cdef const uint32_t[::1] action_columns = self._action_columns
        cdef const int32_t[::1] missing = self._missing
        cdef gw_row *rows
        cdef gw_value *values
        if not 0 <= i < self.count:
            raise IndexError(i)
        rows = <gw_row *>malloc(t.classifier_count * sizeof(gw_row))
        values = <gw_value *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, sizeof(gw_value))
        try:
            if not rows or not values:
                raise MemoryError
            for c in range(t.classifier_count):
                if self._code_arrays[c] != NULL:
                    rows[c] = self._row_arrays[c][self._code_arrays[c][i]]
                else:
                    rows[c] = GW_ROW_UNKNOWN if missing[i] == CODE_UNKNOWN else GW_ROW_ABSENT
            request.principal = principals[i]
            request.action_column = action_columns[self._code_arrays[ACTION_SLOT][i]]
            for c in range(<uint32_t>t.key_count + FIRST_KEY_SLOT):
                if self._slot_codes[c] != NULL:
                    values[c] = self._slot_values[c][self._slot_codes[c][i]]
                else:
                    values[c].state = GW_VALUE_UNKNOWN if missing[i] == CODE_UNKNOWN else GW_VALUE_ABSENT
            request.rows = rows
            request.values = values
            if gw_decide(t, &request, &statement) != GW_UNKNOWN:
                return ()
            return self.engine.unknown_keys(&request)
        finally:
            free(rows)
            free(values)
