# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Read requests one at a time: texts in, rows out.

boundscheck is off: the table's own indices were verified when it was opened.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from ._memo cimport (
    MEMO_LENGTH,
    MEMO_WORDS,
    PyObject,
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    memo,
    memo_entry,
    memo_find,
    memo_free,
    memo_hash,
    memo_make,
    memo_put,
    memo_row,
)
from ._table cimport (
    GW_CALLER_NOBODY,
    GW_CLASSIFIER_ACTION,
    GW_CLASSIFIER_RESOURCE,
    GW_CLASSIFIER_SETS,
    GW_ENDPOINT_MAP,
    GW_KEY_CLASSIFIERS,
    GW_KIND_ARN,
    GW_KIND_ASCII_FOLD,
    GW_KIND_FOLD,
    GW_KIND_TEXT,
    GW_RESOURCE_MAP,
    GW_VIEW_ONE,
    Table,
    gw_key,
    gw_table,
)
from .errors import RequestError
from .requests import OTHERS, SOURCE_ENDPOINT, UNKNOWN_RESOURCE, Target, context_dict, context_value, key_names

__all__ = ["Engine"]

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)

cdef enum:
    # Spellings of keys that an engine remembers: requests name the same few over and over.
    KNOWN_KEYS = 1024
    KNOWN_KEY_BYTES = 256
    KNOWN_NAMES = 256
    # Texts that an engine remembers; classifying a value shorter than MEMO_FROM costs no more than finding it.
    KNOWN_VALUES = 4096
    KNOWN_CALLERS = 16384
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


cdef inline gw_row take_row(const memo *m, const memo_entry *entry, size_t words, uint64_t *space) noexcept:
    """Return the row that an entry remembers; one of its own is copied, for the entry may be written again."""
    cdef gw_row row = (<const gw_row *>(entry + 1))[0]
    if row != GW_ROW_ABSENT:
        return row
    memcpy(space, memo_row(m, entry), words * sizeof(uint64_t))
    return <gw_row>space


cdef inline void keep_row(const memo *m, memo_entry *entry, gw_row row, size_t words, const uint64_t *space) noexcept:
    """Remember a row, which no text's is GW_ROW_ABSENT; one in `space` is copied."""
    cdef gw_row *known = <gw_row *>(entry + 1)
    known[0] = row
    if row == <gw_row>space:
        known[0] = GW_ROW_ABSENT
        memcpy(memo_row(m, entry), space, words * sizeof(uint64_t))


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
        self.asked = <uint64_t *>calloc(t.classifier_count, sizeof(uint64_t))
        self.values = <gw_value *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, sizeof(gw_value))
        self.texts = <gw_text *>calloc(<size_t>t.key_count + FIRST_KEY_SLOT, sizeof(gw_text))
        if not self.values or not self.texts:
            raise MemoryError
        if not self.rows or not self.space or not self.simulation or not self.turns or not self.asked:
            raise MemoryError

    def __dealloc__(self):
        free(self.rows)
        free(self.space)
        free(self.simulation)
        free(self.turns)
        free(self.asked)
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
        cdef size_t c, words = 0
        self.table = table
        self.spare = None
        self.idle = []
        self.known_keys = {}
        self.read_columns = {}
        memo_make(&self.callers, KNOWN_CALLERS, sizeof(gw_caller), 0)
        memo_make(&self.resources, KNOWN_RESOURCES, sizeof(gw_row) + GW_TARGET_HEAD,
                  t.classifiers[GW_CLASSIFIER_RESOURCE].row_words)
        self.keys = <known_key *>calloc(KNOWN_NAMES, sizeof(known_key))
        self.places = <size_t *>calloc(<size_t>t.classifier_count + 1, sizeof(size_t))
        self.remembers = <uint8_t *>calloc(t.classifier_count, 1)
        if not self.keys or not self.places or not self.remembers:
            raise MemoryError
        for c in range(t.classifier_count):
            self.places[c + 1] = self.places[c] + t.classifiers[c].row_words
            # Numbers, dates and addresses are read faster than they are looked up, and seldom come twice.
            self.remembers[c] = t.classifiers[c].kind in (GW_KIND_TEXT, GW_KIND_ASCII_FOLD, GW_KIND_FOLD, GW_KIND_ARN)
            if self.remembers[c] and t.classifiers[c].row_words <= MEMO_WORDS:
                words = max(words, t.classifiers[c].row_words)
        memo_make(&self.values, KNOWN_VALUES, sizeof(gw_row), words)

    def __dealloc__(self):
        cdef size_t i
        if self.keys:
            for i in range(KNOWN_NAMES):
                Py_XDECREF(self.keys[i].name)
        free(self.keys)
        free(self.places)
        free(self.remembers)
        memo_free(&self.values)
        memo_free(&self.callers)
        memo_free(&self.resources)

    cdef Scratch borrow(self):
        cdef Scratch scratch = self.spare
        if scratch is not None:
            self.spare = None
        else:
            scratch = <Scratch>self.idle.pop() if self.idle else Scratch(self)
        scratch.turn += 1
        return scratch

    cdef int give_back(self, Scratch scratch) except -1:
        if scratch.kept:
            scratch.kept.clear()
        if self.spare is None:
            self.spare = scratch
        else:
            self.idle.append(scratch)
        return 0

    cdef gw_row classify_text(self, Scratch scratch, uint32_t classifier, str text) except? 12345:
        """Classify a text, or remember what it was classified as."""
        cdef Py_hash_t hash = memo_hash(text, classifier)
        cdef memo_entry *entry = memo_find(&self.values, hash, text)
        cdef size_t words = self.table.c.classifiers[classifier].row_words
        cdef uint64_t *space = scratch.space + self.places[classifier]
        cdef gw_row row
        if entry != NULL:
            return take_row(&self.values, entry, words, space)
        row = classify_value(&self.table.c, classifier, text, scratch.kept, scratch.simulation, space, NULL)
        if PyUnicode_GET_LENGTH(text) <= MEMO_LENGTH and (row != <gw_row>space or words <= self.values.row_words):
            keep_row(&self.values, memo_put(&self.values, hash, text), row, words, space)
        return row

    cdef gw_row classify_key(self, Scratch scratch, uint32_t classifier, object value) except? 12345:
        cdef const gw_table *t = &self.table.c
        cdef uint64_t *space = scratch.space + self.places[classifier]
        if type(value) is str:
            if self.remembers[classifier] and PyUnicode_GET_LENGTH(value) >= MEMO_FROM:
                return self.classify_text(scratch, classifier, <str>value)
            if PyUnicode_IS_ASCII(value) and PyUnicode_GET_LENGTH(value):  # as `classify_value`, for what most values are
                return gw_classify(t, classifier, <const uint8_t *>PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value),
                                   scratch.simulation, space)
        return classify_value(t, classifier, value, scratch.kept, scratch.simulation, space,
                              scratch.space + self.places[t.classifier_count])

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
        cdef PyObject *old
        cdef known_key *known = &self.keys[(<uintptr_t><PyObject *>name >> 4) & (KNOWN_NAMES - 1)]
        if known.name == <PyObject *>name:
            return known.key
        found = self.known_keys.get(name) if type(name) is str else None
        if found is not None:
            key = found
        else:
            start = read_text(name, "a context key", &size, scratch.kept)
            key = gw_find_key(&self.table.c, start, size)
            if type(name) is not str or size > KNOWN_KEY_BYTES:
                return key
            if len(self.known_keys) < KNOWN_KEYS:
                self.known_keys[name] = key
        old = known.name
        Py_INCREF(name)
        known.name = <PyObject *>name
        known.key = key
        Py_XDECREF(old)
        return key

    cdef int set_key(self, Scratch scratch, object name, object value) except -1:
        cdef const gw_table *t = &self.table.c
        cdef uint32_t key = self.find_key(scratch, name), c
        cdef const gw_key *k
        if key == GW_NONE:
            return 0
        if scratch.turns[key] == scratch.turn:
            raise RequestError(f"context key `{name}` is given twice; the case of a key's letters does not matter")
        scratch.turns[key] = scratch.turn
        k = &t.keys[key]
        self.set_value(scratch, FIRST_KEY_SLOT + key, value)
        for c in range(k.classifier_first, k.classifier_first + k.classifier_count):
            if value is None:
                scratch.rows[c] = GW_ROW_ABSENT
            elif scratch.is_whole or scratch.asked[c] == scratch.turn:
                scratch.rows[c] = self.classify_key(scratch, c, value)
            else:
                scratch.rows[c] = GW_ROW_UNKNOWN  # nobody reads it; if somebody did, nothing would be allowed
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
        cdef size_t size
        cdef const uint8_t *start
        cdef Py_hash_t hash = 0
        cdef memo_entry *entry
        cdef bint is_text = type(principal) is str and PyUnicode_GET_LENGTH(principal) <= MEMO_LENGTH
        if is_text:
            hash = memo_hash(<str>principal, 0)
            entry = memo_find(&self.callers, hash, <str>principal)
            if entry != NULL:
                scratch.caller = (<gw_caller *>(entry + 1))[0]
                return 0
        elif type(principal) is PrincipalHandle:
            self.check_handle(<PrincipalHandle>principal)
            scratch.caller = (<PrincipalHandle>principal).caller
            return 0
        start = read_text(principal, "the principal", &size, scratch.kept)
        gw_read_caller(t, start, size, &scratch.caller)
        if is_text:
            entry = memo_put(&self.callers, hash, <str>principal)
            (<gw_caller *>(entry + 1))[0] = scratch.caller
        return 0

    cdef int set_action(self, Scratch scratch, gw_request *request, object action) except -1:
        cdef size_t size
        cdef const uint8_t *start
        cdef gw_row *row = &scratch.rows[GW_CLASSIFIER_ACTION]
        if type(action) is str:
            row[0] = self.classify_text(scratch, GW_CLASSIFIER_ACTION, <str>action)
        elif type(action) is ActionHandle:
            self.check_handle(<ActionHandle>action)
            row[0] = (<ActionHandle>action).row
            request.action_column = (<ActionHandle>action).column
            return 0
        else:
            start = read_text(action, "the action", &size, scratch.kept)
            row[0] = gw_classify(&self.table.c, GW_CLASSIFIER_ACTION, start, size, scratch.simulation, scratch.space)
        request.action_column = gw_action_column(&self.table.c, row[0])
        return 0

    cdef int set_resource(self, Scratch scratch, object resource) except -1:
        cdef const gw_table *t = &self.table.c
        cdef size_t size
        cdef const uint8_t *start
        cdef Py_hash_t hash = 0
        cdef memo_entry *entry
        cdef bint is_text = type(resource) is str and PyUnicode_GET_LENGTH(resource) <= MEMO_LENGTH
        cdef size_t words = t.classifiers[GW_CLASSIFIER_RESOURCE].row_words
        cdef gw_row *row = &scratch.rows[GW_CLASSIFIER_RESOURCE]
        cdef uint64_t *space = scratch.space + self.places[GW_CLASSIFIER_RESOURCE]
        if type(resource) is ResourceHandle:
            self.check_handle(<ResourceHandle>resource)
            if (<ResourceHandle>resource).resource is not None:
                self.set_value(scratch, RESOURCE_SLOT, (<ResourceHandle>resource).resource)
            row[0] = (<ResourceHandle>resource).row
            scratch.target = (<ResourceHandle>resource).target
            return 0
        if resource is None:
            row[0] = GW_ROW_UNKNOWN
            gw_read_target(t, NULL, 0, &scratch.target)
            return 0
        self.set_value(scratch, RESOURCE_SLOT, resource)
        if is_text:
            hash = memo_hash(<str>resource, 0)
            entry = memo_find(&self.resources, hash, <str>resource)
            if entry != NULL:
                row[0] = take_row(&self.resources, entry, words, space)
                memcpy(&scratch.target, <gw_row *>(entry + 1) + 1, GW_TARGET_HEAD)
                return 0
        start = read_text(resource, "the resource", &size, scratch.kept)
        row[0] = gw_classify(t, GW_CLASSIFIER_RESOURCE, start, size, scratch.simulation, space)
        gw_read_target(t, start, size, &scratch.target)
        if is_text and (row[0] != <gw_row>space or words <= self.resources.row_words):
            entry = memo_put(&self.resources, hash, <str>resource)
            keep_row(&self.resources, entry, row[0], words, space)
            memcpy(<gw_row *>(entry + 1) + 1, &scratch.target, GW_TARGET_HEAD)
        return 0

    cdef int set_context(self, Scratch scratch, ContextHandle handle) except -1:
        cdef const gw_table *t = &self.table.c
        self.check_handle(handle)
        memcpy(scratch.rows + GW_KEY_CLASSIFIERS, handle.rows, (t.classifier_count - GW_KEY_CLASSIFIERS) * sizeof(gw_row))
        if t.template_count:
            memcpy(scratch.values + FIRST_KEY_SLOT, (<Scratch>handle.scratch).values + FIRST_KEY_SLOT,
                   t.key_count * sizeof(gw_value))
        return 0

    cdef int set_sets(self, Scratch scratch, object action) except -1:
        """Classify the action by the sets that only some decisions ask for."""
        cdef size_t size
        cdef const uint8_t *start
        cdef gw_row *row = &scratch.rows[GW_CLASSIFIER_SETS]
        if type(action) is ActionHandle:
            row[0] = (<ActionHandle>action).sets
            return 0
        start = read_text(action, "the action", &size, scratch.kept)
        row[0] = gw_classify(&self.table.c, GW_CLASSIFIER_SETS, start, size, scratch.simulation,
                             scratch.space + self.places[GW_CLASSIFIER_SETS])
        return 0

    cdef int read_keys(self, Scratch scratch, object context, object unknown, bint others) except -1:
        """Read the context; with `others` every key that it does not name is unknown, besides those of `unknown`."""
        cdef const gw_table *t = &self.table.c
        cdef bint is_rest_unknown = others or unknown is OTHERS
        cdef gw_row missing = GW_ROW_UNKNOWN if is_rest_unknown else GW_ROW_ABSENT
        cdef uint32_t c
        if type(context) is ContextHandle:
            if is_rest_unknown or unknown is not EMPTY:
                raise RequestError("a prepared context says itself what is unknown; give `unknown` when it is prepared")
            self.set_context(scratch, <ContextHandle>context)
            return 0
        for c in range(GW_KEY_CLASSIFIERS, t.classifier_count):
            scratch.rows[c] = missing
        if t.template_count:
            for c in range(FIRST_KEY_SLOT, FIRST_KEY_SLOT + t.key_count):
                scratch.values[c].state = GW_VALUE_UNKNOWN if is_rest_unknown else GW_VALUE_ABSENT
        if context is not None:
            if type(context) is not dict:
                context = context_dict(context)
            for name, value in (<dict>context).items():
                if type(value) is not str and value is not None:
                    value = context_value(name, value)
                self.set_key(scratch, name, value)
        if unknown is not OTHERS and unknown is not EMPTY:
            for name in key_names(unknown):
                self.set_unknown(scratch, name)
        return 0

    cdef int read_request(self, Scratch scratch, gw_request *request, object principal, object action, object resource,
                          object context, object unknown, object target, bint others=False,
                          bint is_whole=False) except -1:
        """Read a request; parameters as `read_keys`.

        Unless `is_whole`, values that its decision does not ask for are not classified: statements have few conditions,
        and most of the time goes into values.
        """
        cdef const gw_table *t = &self.table.c
        cdef bint is_plain
        request.caller = &scratch.caller
        request.target = &scratch.target
        request.rows = scratch.rows
        request.values = scratch.values
        request.batch = NULL
        self.set_caller(scratch, principal)
        self.set_action(scratch, request, action)
        gw_prefetch_cell(t, &scratch.caller, request.action_column)
        self.set_resource(scratch, resource)
        if target is not None or t.endpoint_count:
            if type(context) is ContextHandle:
                self.set_target(scratch, target, (<ContextHandle>context).context, (<ContextHandle>context).unknown, others)
            else:
                self.set_target(scratch, target, context, unknown, others)
        is_plain = gw_is_plain(t, request)
        # A prepared context has all its rows.
        scratch.is_whole = is_whole or not is_plain or type(context) is ContextHandle or not gw_mark_asked(
            t, request, scratch.asked, scratch.turn
        )
        self.read_keys(scratch, context, unknown, others)
        if not is_plain:
            self.set_sets(scratch, action)
        return 0

    cdef int check_handle(self, Handle handle) except -1:
        if handle.table is not self.table:
            raise RequestError(f"{handle!r} was made for another table; ask this authorizer for one")
        return 0

    cdef gw_row own_row(self, Handle handle, Scratch scratch, uint32_t classifier, gw_row row) except? 12345:
        """Return a row that lives as long as the handle."""
        if row != <gw_row>(scratch.space + self.places[classifier]):
            return row
        kept = PyBytes_FromStringAndSize(<char *><void *>row, self.table.c.classifiers[classifier].row_words * sizeof(uint64_t))
        handle.kept.append(kept)
        return <gw_row><void *>PyBytes_AS_STRING(kept)

    def read_principal(self, str principal not None):
        """Return a handle of a principal."""
        cdef PrincipalHandle handle = PrincipalHandle.__new__(PrincipalHandle)
        cdef Scratch scratch = self.borrow()
        try:
            self.set_caller(scratch, principal)
            handle.table, handle.kept, handle.principal = self.table, [], principal
            handle.caller = scratch.caller
        finally:
            self.give_back(scratch)
        return handle

    def read_action(self, str action not None):
        """Return a handle of an action."""
        cdef gw_request request
        cdef ActionHandle handle = ActionHandle.__new__(ActionHandle)
        cdef Scratch scratch = self.borrow()
        try:
            self.set_action(scratch, &request, action)
            self.set_sets(scratch, action)
            handle.table, handle.kept, handle.action = self.table, [], action
            handle.row = self.own_row(handle, scratch, GW_CLASSIFIER_ACTION, scratch.rows[GW_CLASSIFIER_ACTION])
            handle.sets = self.own_row(handle, scratch, GW_CLASSIFIER_SETS, scratch.rows[GW_CLASSIFIER_SETS])
            handle.column = request.action_column
        finally:
            self.give_back(scratch)
        return handle

    def read_resource(self, resource):
        """Return a handle of a resource, or of an unknown one, which is None."""
        cdef ResourceHandle handle = ResourceHandle.__new__(ResourceHandle)
        cdef Scratch scratch = self.borrow()
        try:
            self.set_resource(scratch, resource)
            handle.table, handle.kept, handle.resource = self.table, [], resource
            handle.row = self.own_row(handle, scratch, GW_CLASSIFIER_RESOURCE, scratch.rows[GW_CLASSIFIER_RESOURCE])
            handle.target = scratch.target
        finally:
            self.give_back(scratch)
        return handle

    def read_context(self, context, unknown):
        """Return a handle of a context."""
        cdef const gw_table *t = &self.table.c
        cdef ContextHandle handle = ContextHandle.__new__(ContextHandle)
        cdef Scratch scratch = Scratch(self)
        cdef uint32_t c
        context = None if context is None else context_dict(context)
        if unknown is not OTHERS:
            unknown = tuple(key_names(unknown))
        scratch.turn = 1
        scratch.is_whole = True
        self.read_keys(scratch, context, unknown, False)
        handle.table, handle.context, handle.unknown = self.table, context, unknown
        handle.rows = <gw_row *>malloc((t.classifier_count - GW_KEY_CLASSIFIERS + 1) * sizeof(gw_row))
        if not handle.rows:
            raise MemoryError
        if t.template_count:
            handle.scratch = scratch
        for c in range(GW_KEY_CLASSIFIERS, t.classifier_count):
            handle.rows[c - GW_KEY_CLASSIFIERS] = scratch.rows[c]
            if scratch.rows[c] == <gw_row>(scratch.space + self.places[c]):
                handle.scratch = scratch
        return handle

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
        cdef Scratch scratch = self.borrow()
        try:
            self.set_caller(scratch, principal)
            return scratch.caller.kind != GW_CALLER_NOBODY
        finally:
            self.give_back(scratch)
