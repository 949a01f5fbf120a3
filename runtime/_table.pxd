cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "gatewright/table.h" nogil:
    const uint32_t GW_TABLE_VERSION
    const uint32_t GW_TABLE_VERSION_OLDEST
    const uint64_t GW_TABLE_MAGIC
    const uint32_t GW_SECTION_COUNT
    const uint32_t GW_SECTION_ALIGNMENT
    const uint32_t GW_PROBE_LIMIT
    const uint32_t GW_LAYER_LIMIT
    const uint32_t GW_SIMULATION_WORDS_LIMIT
    const uint32_t GW_NUMBER_BYTES_LIMIT
    const int GW_FALSE, GW_UNSURE, GW_TRUE
    const int GW_IMPLICIT_DENY, GW_ALLOW, GW_EXPLICIT_DENY, GW_UNKNOWN
    const int GW_KIND_TEXT, GW_KIND_ASCII_FOLD, GW_KIND_FOLD, GW_KIND_ARN, GW_KIND_COUNT
    const int GW_VIEW_ONE
    const uint32_t GW_RESOURCE_MAP, GW_ENDPOINT_MAP
    const uint32_t GW_CLASSIFIER_ACTION, GW_CLASSIFIER_RESOURCE, GW_CLASSIFIER_SETS, GW_CLASSIFIER_CALLER
    const uint32_t GW_KEY_CLASSIFIERS
    const uint8_t GW_CALLER_NOBODY

    ctypedef struct gw_extent:
        uint64_t offset
        uint64_t count

    ctypedef struct gw_header:
        uint64_t magic
        uint32_t version
        uint64_t total_bytes
        uint64_t checksum
        uint32_t action_column_count
        uint32_t layer_limit
        uint32_t simulation_words
        uint32_t row_words
        gw_extent *sections

    ctypedef struct gw_symbol:
        uint32_t text_offset
        uint32_t text_bytes
        uint32_t value

    ctypedef struct gw_principal:
        uint32_t cell_row
        uint32_t symbol

    ctypedef struct gw_key:
        uint32_t symbol
        uint32_t classifier_first
        uint32_t classifier_count

    ctypedef struct gw_classifier:
        uint8_t kind
        uint8_t view
        uint32_t column_count
        uint32_t row_words
        uint32_t row_count

    ctypedef struct gw_test:
        uint32_t column
        uint16_t classifier
        uint8_t flags
        uint8_t states

    ctypedef struct gw_statement:
        uint32_t test_first
        uint16_t test_count
        uint8_t is_deny

    ctypedef struct gw_table:
        const uint8_t *bytes
        const gw_header *header
        const uint8_t *text
        const gw_symbol *symbols
        const gw_principal *principals
        const gw_key *keys
        const gw_classifier *classifiers
        const gw_test *tests
        const gw_statement *statements
        const uint32_t *programs
        const uint32_t *cells
        const uint8_t *notes
        uint32_t action_column_count
        uint32_t principal_count
        uint32_t resource_count
        uint32_t account_count
        uint32_t endpoint_count
        uint32_t key_count
        uint32_t classifier_count
        uint32_t statement_count
        uint32_t template_count

    int GW_OPEN_OK, GW_OPEN_TOO_SHORT, GW_OPEN_MISALIGNED, GW_OPEN_NOT_A_TABLE, GW_OPEN_VERSION, GW_OPEN_SIZE
    int GW_OPEN_CHECKSUM, GW_OPEN_STRUCTURE
    int gw_table_open(gw_table *table, const void *bytes, size_t size, uint32_t *section)
    int gw_table_open_sealed(gw_table *table, const void *bytes, size_t size, uint32_t *section)
    size_t gw_element_bytes(uint32_t section)

cdef extern from "gatewright/hash.h" nogil:
    uint64_t gw_hash(const void *text, size_t bytes, uint64_t seed)
    uint64_t gw_checksum(const void *data, size_t bytes, uint64_t seed)


@cython.final
cdef class Table:
    cdef gw_table c
    cdef const uint8_t[::1] _bytes
    cdef object _notes
    cdef object __weakref__
    cdef str symbol_text(self, uint32_t symbol)
