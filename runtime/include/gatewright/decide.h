/* Deciding: texts become rows, rows and a program become a decision.
 *
 * Nothing here allocates, prints, aborts or keeps state.  A table may be shared by any number of threads; everything
 * else belongs to the caller.
 */
#ifndef GATEWRIGHT_DECIDE_H
#define GATEWRIGHT_DECIDE_H

#include "gatewright/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a classifier says of a value: a state below GW_ROW_STATES, or where the row is.  The lowest bit of a pointer
 * tells a list (1) from a dense row (0). */
typedef uintptr_t gw_row;

enum {
    GW_ROW_ABSENT,  /* the key is not there */
    GW_ROW_UNKNOWN, /* nobody can tell whether it is there */
    GW_ROW_ILL,     /* the value cannot be read as the classifier's kind */
    GW_ROW_SEVERAL, /* GW_VIEW_ONE: several values; the other views: an empty text, which counts as no values (R80) */
    GW_ROW_STATES
};

#define GW_NONE 0xffffffffu

/* Programs.  A cell holds the place of its program in the programs section:
 *
 *   0                   nothing applies: implicit deny
 *   1                   allowed whatever the context: the root user (R143), calls without permission (R149)
 *   anything else       words:
 *     | mark 1 | generic 1 | deny count 30 |  mark is bit 31 and set in no other word; a generic program also runs the
 *                                             statements' action tests
 *     | layer count |
 *     | layer kind 5 | allow count 27 | ... | per layer: every layer must allow
 *     | statements: denies, then layer by layer the allows |  each run ascending
 */
enum { GW_PROGRAM_NONE = 0, GW_PROGRAM_ALWAYS = 1, GW_PROGRAM_FIRST = 2 };
#define GW_PROGRAM_MARK 0x80000000u
#define GW_PROGRAM_GENERIC 0x40000000u
#define GW_PROGRAM_COUNT 0x3fffffffu

/* Kinds of layers: the policies of one kind, or of one level, that must allow together.  Only identity policies grant,
 * so only their statements determine what is allowed; the others are ceilings (R130, R134, R137, R138). */
enum { GW_LAYER_IDENTITY, GW_LAYER_BOUNDARY, GW_LAYER_SESSION, GW_LAYER_SCP, GW_LAYER_KIND_COUNT };
#define GW_LAYER_KIND(word) ((word) >> 27)
#define GW_LAYER_COUNT(word) ((word) & 0x07ffffffu)

/* Look a text up; the result is the symbol's value or GW_NONE. */
uint32_t gw_find(const gw_table *table, uint32_t map, const uint8_t *text, size_t bytes);

/* The principal of an ARN; a session `arn:P:sts::A:assumed-role/R/S` is its role's (R56).  GW_NONE: not in the table. */
uint32_t gw_find_principal(const gw_table *table, const uint8_t *arn, size_t bytes);

/* The key of a name, compared without the case of ASCII letters (R74); GW_NONE: no statement asks for it. */
uint32_t gw_find_key(const gw_table *table, const uint8_t *name, size_t bytes);

/* Classify one value.
 *
 * `simulation` has room for 2 x header->simulation_words words; `space` for header->row_words words: the row that is
 * returned may lie there, so it must live as long as the row is used.  Linear in `bytes`. */
gw_row gw_classify(const gw_table *table, uint32_t classifier, const uint8_t *text, size_t bytes, uint64_t *simulation,
                   uint64_t *space);

/* Take the row of one more value of a multivalued key into `space`, which is a dense row; `is_first` starts it. */
void gw_gather(const gw_table *table, uint32_t classifier, gw_row value, int is_first, uint64_t *space);

/* The action column of an action's row, for `gw_request.action_column`. */
uint32_t gw_action_column(const gw_table *table, gw_row action);

typedef struct {
    const uint8_t *text;
    size_t bytes;
} gw_text;

enum { GW_VALUE_ABSENT, GW_VALUE_UNKNOWN, GW_VALUE_ONE, GW_VALUE_SEVERAL };

/* The texts of one slot: one with GW_VALUE_ONE, any number with GW_VALUE_SEVERAL. */
typedef struct {
    const gw_text *texts;
    uint32_t count;
    uint32_t state;
} gw_value;

/* One request: `rows` has a row per classifier, the action's first, the resource's second; `values` has a value per slot
 * and is read only where the table has templates. */
typedef struct {
    uint32_t principal; /* or GW_NONE */
    uint32_t action_column;
    const gw_row *rows;
    const gw_value *values;
} gw_request;

/* Decide one request.  `statement` receives the determining statement, or -1. */
uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement);

/* Mark the slots whose unknown values can still change the decision of a request that is GW_UNKNOWN (R193):
 * marks[slot] = 1; the others are left alone. */
void gw_mark_unknown(const gw_table *table, const gw_request *request, uint8_t *marks);

/* Say which kind of layer keeps a request from being allowed that no Deny refuses (R150): the first of the kinds SCP,
 * identity, boundary, session that has no applying Allow.  GW_NONE where nothing is missing; the program of a request
 * that nothing can allow tells no layers, and then the answer is GW_LAYER_IDENTITY. */
uint32_t gw_missing_layer(const gw_table *table, const gw_request *request);

/* Truth of one test, and of a statement without its action test. */
unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test);

/* A batch: for request i, the code of classifier c's value is codes[c][i], and values[c][code] is its row; the codes 0
 * and 1 are the states absent and unknown.  A classifier without codes (NULL) is in state `missing` for all requests.
 * principals[i] is a principal or GW_NONE. */
typedef struct {
    const uint32_t *principals;
    const int32_t *const *codes;
    const gw_row *const *values;
    const uint32_t *action_columns; /* code of the action -> action column */
    gw_row missing;
    const int32_t *const *slot_codes;    /* where the table has templates: request -> code, slot by slot, or NULL */
    const gw_value *const *slot_values;  /* code -> value; the codes 0 and 1 are absent and unknown */
} gw_batch;

/* Decide requests begin .. end - 1 of a batch; `rows` has room for a row per classifier, `values` for a value per slot
 * (where the table has no templates it is not used). */
void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, gw_row *rows,
                     gw_value *values, uint8_t *decisions, int32_t *statements);

#ifdef __cplusplus
}
#endif
#endif
