# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests one at a time: texts in, decisions out.

boundscheck is off: the table's own indices were verified when it was opened.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free

from ._table cimport GW_IMPLICIT_DENY, GW_UNKNOWN, GW_VIEW_ONE, Table, gw_key, gw_statement, gw_table
from .errors import RequestError
from .requests import OTHERS, UNKNOWN_RESOURCE, context_dict, context_value, key_names

__all__ = ["Engine"]

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    # Spellings of keys that an engine remembers: requests name the same few over and over.
    KNOWN_KEYS = 1024
    KNOWN_KEY_BYTES = 256

cdef tuple EMPTY = ()


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
        self.known_keys = {}
        self.places = <size_t *>calloc(<size_t>t.classifier_count + 1, sizeof(size_t))
        if not self.places:
            raise MemoryError
        for c in range(t.classifier_count):
            self.places[c + 1] = self.places[c] + t.classifiers[c].row_words

    def __dealloc__(self):
        free(self.places)

    cdef Scratch borrow(self):
        cdef Scratch scratch = <Scratch>self.idle.pop() if self.idle else Scratch(self)
        scratch.turn += 1
        return scratch

    cdef int give_back(self, Scratch scratch) except -1:
        if scratch.kept:
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

    cdef uint32_t find_key(self, Scratch scratch, object name) except? 12345:
        """Return the number of a key, or GW_NONE when no statement asks for it."""
        cdef size_t size
        cdef const uint8_t *start
        cdef uint32_t key
        if type(name) is str:
            known = self.known_keys.get(name)
            if known is not None:
                return known
        start = read_text(name, "a context key", &size, scratch.kept)
        key = gw_find_key(&self.table.c, start, size)
        if type(name) is str and size <= KNOWN_KEY_BYTES and len(self.known_keys) < KNOWN_KEYS:
            self.known_keys[name] = key
        return key

    cdef int set_key(self, Scratch scratch, object name, object value) except -1:
        cdef const gw_table *t = &self.table.c
        cdef uint32_t key = self.find_key(scratch, name), c
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
