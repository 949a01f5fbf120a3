# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Decide requests one at a time: texts in, decisions out.

boundscheck is off: the table's own indices were verified when it was opened.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free

from ._memo cimport (
    MEMO_LENGTH,
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    memo_free,
    memo_has,
    memo_hash,
    memo_make,
    memo_place,
    memo_put,
)
from ._table cimport (
    GW_CALLER_NOBODY,
    GW_CLASSIFIER_ACTION,
    GW_CLASSIFIER_CALLER,
    GW_CLASSIFIER_RESOURCE,
    GW_CLASSIFIER_SETS,
    GW_ENDPOINT_MAP,
    GW_IMPLICIT_DENY,
    GW_KEY_CLASSIFIERS,
    GW_RESOURCE_MAP,
    GW_UNKNOWN,
    GW_VIEW_ONE,
    Table,
    gw_key,
    gw_statement,
    gw_table,
)
from .errors import RequestError
from .requests import OTHERS, SOURCE_ENDPOINT, UNKNOWN_RESOURCE, Target, context_dict, context_value, key_names

__all__ = ["Asker", "Engine"]

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)

cdef enum:
    # Spellings of keys that an engine remembers: requests name the same few over and over.
    KNOWN_KEYS = 1024
    KNOWN_KEY_BYTES = 256
    # Texts that an engine remembers; classifying a value shorter than MEMO_FROM costs no more than finding it.
    KNOWN_VALUES = 4096
    KNOWN_CALLERS = 1024
    KNOWN_RESOURCES = 4096
    MEMO_FROM = 12

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


cdef int read_account(object account, gw_target *target) except -1:
    """Set the owner of a resource; None leaves it as it is."""
    cdef size_t size
    cdef const uint8_t *start
    cdef uint64_t number
    if account is None:
        return 0
    start = read_text(account, "a resource's account", &size, [])
    number = gw_read_account(start, size)
    if number == 0:
        raise RequestError("a resource's account must be 12 digits")
    target.account = number
    return 0


cdef int read_endpoints(const gw_table *t, object endpoints, gw_target *target) except -1:
    """Set the endpoints that a request passes: a text, or several."""
    cdef size_t size
    cdef const uint8_t *start
    names = (endpoints,) if isinstance(endpoints, str) else tuple(endpoints)
    if len(names) > <Py_ssize_t>GW_ENDPOINT_LIMIT:
        raise RequestError(f"a request passes {len(names)} endpoints; at most {GW_ENDPOINT_LIMIT} are evaluated")
    target.endpoint_count = 0
    for name in names:
        start = read_text(name, "an endpoint", &size, [])
        target.endpoints[target.endpoint_count] = gw_find(t, GW_ENDPOINT_MAP, start, size)
        target.endpoint_count += 1
    return 0


cdef void append_statement(void *state, uint32_t statement) noexcept with gil:
    (<list>state).append(statement)


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
        memo_make(&self.values_memo, KNOWN_VALUES)
        memo_make(&self.callers_memo, KNOWN_CALLERS)
        memo_make(&self.resources_memo, KNOWN_RESOURCES)
        self.known_rows = <gw_row *>calloc(KNOWN_VALUES, sizeof(gw_row))
        self.known_callers = <gw_caller *>calloc(KNOWN_CALLERS, sizeof(gw_caller))
        self.known_resource_rows = <gw_row *>calloc(KNOWN_RESOURCES, sizeof(gw_row))
        self.known_targets = <gw_target *>calloc(KNOWN_RESOURCES, sizeof(gw_target))
        if not self.known_rows or not self.known_callers or not self.known_resource_rows or not self.known_targets:
            raise MemoryError
        self.places = <size_t *>calloc(<size_t>t.classifier_count + 1, sizeof(size_t))
        if not self.places:
            raise MemoryError
        for c in range(t.classifier_count):
            self.places[c + 1] = self.places[c] + t.classifiers[c].row_words

    def __dealloc__(self):
        free(self.places)
        memo_free(&self.values_memo)
        memo_free(&self.callers_memo)
        memo_free(&self.resources_memo)
        free(self.known_rows)
        free(self.known_callers)
        free(self.known_resource_rows)
        free(self.known_targets)

    cdef Scratch borrow(self):
        cdef Scratch scratch = <Scratch>self.idle.pop() if self.idle else Scratch(self)
        scratch.turn += 1
        return scratch

    cdef int give_back(self, Scratch scratch) except -1:
        if scratch.kept:
            scratch.kept.clear()
        self.idle.append(scratch)
        return 0

    cdef gw_row classify_text(self, Scratch scratch, uint32_t classifier, str text) except? 12345:
        """Classify a text, or remember what it was classified as."""
        cdef Py_hash_t hash = memo_hash(text, classifier)
        cdef size_t place = memo_place(&self.values_memo, hash)
        cdef gw_row row
        cdef uint64_t *space = scratch.space + self.places[classifier]
        if memo_has(&self.values_memo, place, hash, text):
            return self.known_rows[place]
        row = classify_value(&self.table.c, classifier, text, scratch.kept, scratch.simulation, space, NULL)
        if row != <gw_row>space and PyUnicode_GET_LENGTH(text) <= MEMO_LENGTH:
            self.known_rows[place] = row
            memo_put(&self.values_memo, place, hash, text)
        return row

    cdef gw_row classify_key(self, Scratch scratch, uint32_t classifier, object value) except? 12345:
        cdef const gw_table *t = &self.table.c
        if type(value) is str and PyUnicode_GET_LENGTH(value) >= MEMO_FROM:
            return self.classify_text(scratch, classifier, <str>value)
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

    cdef int set_target(self, Scratch scratch, object target, object context, object unknown, bint others) except -1:
        """Set what the resource's ARN does not tell: its owner, its policy, the endpoints on the way."""
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start
        cdef uint32_t resource
        endpoints = None
        if target is not None:
            if not isinstance(target, Target):
                raise RequestError(f"the target must be a Target, not {type(target).__name__}")
            if target.policy is not None:
                start = read_text(target.policy, "the target's policy", &size, scratch.kept)
                resource = gw_find(t, GW_RESOURCE_MAP, start, size)
                if resource == GW_NONE:
                    raise RequestError(f"the table has no resource `{target.policy}`")
                gw_set_resource(t, resource, &scratch.target)
            read_account(target.account, &scratch.target)
            endpoints = target.endpoints
        if endpoints is None and t.endpoint_count:
            is_told = False
            for name, value in () if context is None else context_dict(context).items():
                if isinstance(name, str) and name.lower() == SOURCE_ENDPOINT:
                    is_told = True
                    endpoints = None if value is None else context_value(name, value)
            if unknown is OTHERS or others:
                scratch.target.is_endpoint_unknown = not is_told
            if unknown is not OTHERS:
                for name in key_names(unknown):
                    if isinstance(name, str) and name.lower() == SOURCE_ENDPOINT:
                        scratch.target.is_endpoint_unknown = True
                        endpoints = None
        if endpoints is not None:
            read_endpoints(t, endpoints, &scratch.target)
        return 0

    cdef int set_caller(self, Scratch scratch, object principal) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size, place = 0
        cdef const uint8_t *start
        cdef Py_hash_t hash = 0
        cdef bint is_text = type(principal) is str and PyUnicode_GET_LENGTH(principal) <= MEMO_LENGTH
        if is_text:
            hash = memo_hash(<str>principal, 0)
            place = memo_place(&self.callers_memo, hash)
            if memo_has(&self.callers_memo, place, hash, <str>principal):
                scratch.caller = self.known_callers[place]
                return 0
        start = read_text(principal, "the principal", &size, scratch.kept)
        gw_read_caller(t, start, size, &scratch.caller)
        if is_text:
            self.known_callers[place] = scratch.caller
            memo_put(&self.callers_memo, place, hash, <str>principal)
        return 0

    cdef int set_resource(self, Scratch scratch, object resource) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size, place = 0
        cdef const uint8_t *start
        cdef Py_hash_t hash = 0
        cdef gw_row *row = &scratch.rows[GW_CLASSIFIER_RESOURCE]
        cdef uint64_t *space = scratch.space + self.places[GW_CLASSIFIER_RESOURCE]
        cdef bint is_text = type(resource) is str and PyUnicode_GET_LENGTH(resource) <= MEMO_LENGTH
        if resource is None:
            row[0] = GW_ROW_UNKNOWN
            gw_read_target(t, NULL, 0, &scratch.target)
            return 0
        self.set_value(scratch, RESOURCE_SLOT, resource)
        if is_text:
            hash = memo_hash(<str>resource, 0)
            place = memo_place(&self.resources_memo, hash)
            if memo_has(&self.resources_memo, place, hash, <str>resource):
                row[0] = self.known_resource_rows[place]
                scratch.target = self.known_targets[place]
                return 0
        start = read_text(resource, "the resource", &size, scratch.kept)
        row[0] = gw_classify(t, GW_CLASSIFIER_RESOURCE, start, size, scratch.simulation, space)
        gw_read_target(t, start, size, &scratch.target)
        if is_text and row[0] != <gw_row>space:
            self.known_resource_rows[place] = row[0]
            self.known_targets[place] = scratch.target
            memo_put(&self.resources_memo, place, hash, <str>resource)
        return 0

    cdef int set_sets(self, Scratch scratch, object action) except -1:
        """Classify the action by the sets that only some decisions ask for."""
        cdef size_t size
        cdef const uint8_t *start = read_text(action, "the action", &size, scratch.kept)
        scratch.rows[GW_CLASSIFIER_SETS] = gw_classify(&self.table.c, GW_CLASSIFIER_SETS, start, size, scratch.simulation,
                                                       scratch.space + self.places[GW_CLASSIFIER_SETS])
        return 0

    cdef int read_request(self, Scratch scratch, gw_request *request, object principal, object action, object resource,
                          object context, object unknown, object target, bint others=False) except -1:
        """Read a request; with `others` every key that it does not name is unknown, besides those of `unknown`."""
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start
        cdef bint is_rest_unknown = others or unknown is OTHERS
        cdef gw_row missing = GW_ROW_UNKNOWN if is_rest_unknown else GW_ROW_ABSENT
        cdef uint32_t c
        for c in range(GW_KEY_CLASSIFIERS, t.classifier_count):
            scratch.rows[c] = missing
        scratch.rows[GW_CLASSIFIER_CALLER] = gw_everyone(t)
        if t.template_count:
            for c in range(FIRST_KEY_SLOT, FIRST_KEY_SLOT + t.key_count):
                scratch.values[c].state = GW_VALUE_UNKNOWN if is_rest_unknown else GW_VALUE_ABSENT
        self.set_caller(scratch, principal)
        if type(action) is str:
            scratch.rows[GW_CLASSIFIER_ACTION] = self.classify_text(scratch, GW_CLASSIFIER_ACTION, <str>action)
        else:
            start = read_text(action, "the action", &size, scratch.kept)
            scratch.rows[GW_CLASSIFIER_ACTION] = gw_classify(t, GW_CLASSIFIER_ACTION, start, size, scratch.simulation,
                                                             scratch.space)
        request.action_column = gw_action_column(t, scratch.rows[GW_CLASSIFIER_ACTION])
        self.set_resource(scratch, resource)
        if target is not None or t.endpoint_count:
            self.set_target(scratch, target, context, unknown, others)
        if context is not None:
            if type(context) is not dict:
                context = context_dict(context)
            for name, value in (<dict>context).items():
                self.set_key(scratch, name, value)
        if unknown is not OTHERS and unknown is not EMPTY:
            for name in key_names(unknown):
                self.set_unknown(scratch, name)
        request.caller = &scratch.caller
        request.target = &scratch.target
        request.rows = scratch.rows
        request.values = scratch.values
        if not gw_is_plain(t, request):
            self.set_sets(scratch, action)
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
        """Tell whether a caller can be judged: a principal of the table, or one without an account."""
        cdef size_t size
        kept = []
        cdef const uint8_t *start = read_text(principal, "the principal", &size, kept)
        cdef gw_caller caller
        gw_read_caller(&self.table.c, start, size, &caller)
        return caller.kind != GW_CALLER_NOBODY

    def decide(self, principal, action, resource, context, unknown, target=None):
        """Decide one request: (decision, determining statement or -1, unknown keys)."""
        cdef gw_request request
        cdef int32_t statement
        cdef uint8_t decision
        cdef Scratch scratch = self.borrow()
        try:
            self.read_request(scratch, &request, principal, action, resource, context, unknown, target)
            decision = gw_decide(&self.table.c, &request, &statement)
            if decision != GW_UNKNOWN:
                return decision, statement, ()
            self.set_sets(scratch, action)
            return decision, statement, self.unknown_keys(&request)
        finally:
            self.give_back(scratch)

    def trace(self, principal, action, resource, context, unknown, target=None):
        """Decide one request and tell how every statement that may apply to it fared.

        Returns
        -------
        tuple
            Decision, determining statement, unknown keys, kind of the layer that allows nothing (`LayerKind`, or None:
            see gw_missing_layer), and a list of (statement, truths of its tests).
        """
        cdef const gw_table *t = &self.table.c
        cdef gw_request request
        cdef int32_t statement
        cdef uint32_t missing, k
        cdef const gw_statement *s
        cdef uint8_t decision
        cdef Scratch scratch = self.borrow()
        traces = []
        numbers = []
        try:
            self.read_request(scratch, &request, principal, action, resource, context, unknown, target)
            self.set_sets(scratch, action)
            decision = gw_decide(t, &request, &statement)
            keys = self.unknown_keys(&request) if decision == GW_UNKNOWN else ()
            gw_visit_statements(t, &request, append_statement, <void *>numbers)
            for number in sorted(set(numbers)):
                s = &t.statements[<uint32_t>number]
                traces.append((number, [gw_test_truth(t, &request, s.test_first + k) for k in range(s.test_count)]))
            missing = gw_missing_layer(t, &request) if decision == GW_IMPLICIT_DENY else GW_NONE
            return decision, statement, keys, None if missing == GW_NONE else missing, traces
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


cdef class Asker:
    """What an authorizer does most: decide one request and hand out its answer, without a detour."""

    def __cinit__(self, Table table not None):
        self._engine = Engine(table)
        self._definite = [None] * (table.c.statement_count + 2)

    def authorize(self, principal, action, resource="*", context=None, *, unknown=(), target=None):
        """Decide one request.

        Parameters
        ----------
        principal : str
            ARN of a user, a role, a role session, a federated user or an account's root user; the name of an AWS
            service or an identity provider; or ``anonymous``.  A principal that the table does not know is denied.
        action : str
            ``service:Name``; case does not matter.
        resource : str or None
            An ARN, ``*`` for an action without resources (R45), or None: unknown.
        context : mapping, optional
            Context key -> text, boolean or integer; a list for a multivalued key; None for a key known to be absent.
            Names are compared without case; one that a statement asks for may not be there twice.
        unknown : iterable of str or OTHERS
            Keys of which nothing is known, whatever `context` says; `OTHERS`: all that `context` does not name.
        target : Target, optional
            What the ARN does not tell of the resource and of the way to it.

        Raises
        ------
        RequestError
            A part has a type that is not understood; nothing was decided.
        """
        cdef Engine engine = self._engine
        cdef gw_request request
        cdef int32_t statement
        cdef uint8_t decision
        cdef Py_ssize_t place
        cdef Scratch scratch = engine.borrow()
        keys = ()
        try:
            engine.read_request(scratch, &request, principal, action, resource, context, unknown, target)
            decision = gw_decide(&engine.table.c, &request, &statement)
            if decision == GW_UNKNOWN:
                engine.set_sets(scratch, action)
                keys = engine.unknown_keys(&request)
        finally:
            engine.give_back(scratch)
        if decision == GW_UNKNOWN:
            return self._answer(decision, statement, keys)
        # One definite answer for each statement, and two without any.
        place = statement + 2 if statement >= 0 else decision
        found = self._definite[place]
        if found is None:
            found = self._definite[place] = self._answer(decision, statement, keys)
        return found
