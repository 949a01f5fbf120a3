cimport cython
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t, uintptr_t

from ._handles cimport ActionHandle, ContextHandle, Handle, PrincipalHandle, ResourceHandle, gw_caller, gw_row, gw_target
from ._memo cimport PyObject, memo
from ._table cimport Table, gw_table

cdef extern from "gatewright/decide.h" nogil:
    const gw_row GW_ROW_ABSENT, GW_ROW_UNKNOWN, GW_ROW_ILL, GW_ROW_SEVERAL, GW_ROW_STATES
    const uint32_t GW_NONE
    const uint32_t GW_VALUE_ABSENT, GW_VALUE_UNKNOWN, GW_VALUE_ONE, GW_VALUE_SEVERAL
    const uint32_t GW_ENDPOINT_LIMIT
    const size_t GW_TARGET_HEAD

    ctypedef struct gw_text:
        const uint8_t *text
        size_t bytes

    ctypedef struct gw_value:
        const gw_text *texts
        uint32_t count
        uint32_t state

    ctypedef struct gw_batch:
        const int32_t *caller_codes
        const gw_caller *callers
        const int32_t *target_codes
        const gw_target *targets
        const int32_t **codes
        const gw_row **values
        const uint32_t *action_columns
        gw_row missing
        const int32_t **slot_codes
        const gw_value **slot_values

    ctypedef struct gw_request:
        const gw_caller *caller
        const gw_target *target
        uint32_t action_column
        const gw_row *rows
        const gw_value *values
        const gw_batch *batch
        size_t number

    uint32_t gw_find(const gw_table *table, uint32_t map, const uint8_t *text, size_t size)
    void gw_read_caller(const gw_table *table, const uint8_t *text, size_t size, gw_caller *caller)
    void gw_read_target(const gw_table *table, const uint8_t *text, size_t size, gw_target *target)
    void gw_set_resource(const gw_table *table, uint32_t resource, gw_target *target)
    uint64_t gw_read_account(const uint8_t *text, size_t size)
    void gw_prefetch_cell(const gw_table *table, const gw_caller *caller, uint32_t action_column)
    gw_request gw_read_request(const gw_batch *batch, size_t number)
    int gw_is_plain(const gw_table *table, const gw_request *request)
    int gw_mark_asked(const gw_table *table, const gw_request *request, uint64_t *marks, uint64_t mark)
    ctypedef void gw_visit(void *state, uint32_t statement) noexcept
    void gw_visit_statements(const gw_table *table, const gw_request *request, gw_visit *visit, void *state)
    uint32_t gw_find_principal(const gw_table *table, const uint8_t *arn, size_t size)
    uint32_t gw_find_key(const gw_table *table, const uint8_t *name, size_t size)
    gw_row gw_classify(const gw_table *table, uint32_t classifier, const uint8_t *text, size_t size,
                       uint64_t *simulation, uint64_t *space)
    void gw_gather(const gw_table *table, uint32_t classifier, gw_row value, int is_first, uint64_t *space)
    uint32_t gw_action_column(const gw_table *table, gw_row action)
    uint32_t gw_missing_layer(const gw_table *table, const gw_request *request)
    uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement)
    void gw_mark_unknown(const gw_table *table, const gw_request *request, uint8_t *marks)
    unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test)
    void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, uint8_t *decisions,
                         int32_t *statements)


cdef enum:
    ACTION_SLOT = 0
    RESOURCE_SLOT = 1
    FIRST_KEY_SLOT = 2

cdef int read_account(object account, gw_target *target) except -1
cdef int read_endpoints(const gw_table *t, object endpoints, gw_target *target) except -1
cdef const uint8_t *read_text(object text, str what, size_t *size, list kept) except NULL
cdef int read_value(object value, gw_text *single, gw_value *out, list kept) except -1
cdef gw_row classify_value(const gw_table *t, uint32_t classifier, object value, list kept, uint64_t *simulation,
                           uint64_t *space, uint64_t *spare) except? 12345


@cython.final
cdef class Scratch:
    """Room for one request; rows and space are laid out by the engine that made it."""

    cdef gw_caller caller
    cdef gw_target target
    cdef gw_row *rows          # a row per classifier
    cdef uint64_t *space       # the rows that no row of the table is, see Engine.places; then row_words to spare
    cdef uint64_t *simulation
    cdef gw_value *values      # a value per slot, where the table has templates
    cdef gw_text *texts        # the single text of each slot
    cdef uint64_t *turns       # per key: the last turn whose context named it
    cdef uint64_t turn
    cdef uint64_t *asked       # per classifier: the last turn whose decision asks it
    cdef bint is_whole         # whether rows of all keys are read, asked or not
    cdef list kept             # encoded texts of this request


cdef struct known_key:
    PyObject *name             # owned, or NULL
    uint32_t key

@cython.final
cdef class Engine:
    cdef readonly Table table
    cdef size_t *places        # classifier -> its row in the space of a scratch; then the place of the spare row
    cdef uint8_t *remembers    # classifier -> whether its texts are worth remembering
    cdef Scratch spare         # a scratch that no request uses, or None; then others
    cdef list idle
    cdef dict known_keys
    cdef dict read_columns     # of batches: (slot, whether missing keys are unknown) -> the column that was read last
    cdef readonly size_t kept_bytes  # of all of these
    cdef known_key *keys       # by the address of a name: requests name keys by the same few objects
    cdef memo values           # value under a classifier -> gw_row; GW_ROW_ABSENT is a row of its own
    cdef memo callers          # principal -> gw_caller
    cdef memo resources        # resource -> its gw_row likewise, then the head of its gw_target
    cdef int set_caller(self, Scratch scratch, object principal) except -1
    cdef int set_action(self, Scratch scratch, gw_request *request, object action) except -1
    cdef int set_resource(self, Scratch scratch, object resource) except -1
    cdef int set_context(self, Scratch scratch, ContextHandle handle) except -1
    cdef gw_row classify_text(self, Scratch scratch, uint32_t classifier, str text) except? 12345
    cdef uint32_t find_key(self, Scratch scratch, object name) except? 12345
    cdef Scratch borrow(self)
    cdef int give_back(self, Scratch scratch) except -1
    cdef gw_row classify_key(self, Scratch scratch, uint32_t classifier, object value) except? 12345
    cdef int set_value(self, Scratch scratch, uint32_t slot, object value) except -1
    cdef int set_key(self, Scratch scratch, object name, object value) except -1
    cdef int set_target(self, Scratch scratch, object target, object context, object unknown, bint others) except -1
    cdef int set_sets(self, Scratch scratch, object action) except -1
    cdef int set_unknown(self, Scratch scratch, object name) except -1
    cdef int read_keys(self, Scratch scratch, object context, object unknown, bint others) except -1
    cdef int read_request(self, Scratch scratch, gw_request *request, object principal, object action, object resource,
                          object context, object unknown, object target, bint others=*, bint is_whole=*) except -1
    cdef tuple unknown_keys(self, const gw_request *request)
    cdef int check_handle(self, Handle handle) except -1
    cdef gw_row own_row(self, Handle handle, Scratch scratch, uint32_t classifier, gw_row row) except? 12345
