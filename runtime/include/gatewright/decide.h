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
 *   2                   for this principal the action needs more than its own policies: see gw_is_plain
 *   anything else       words:
 *     | mark 1 | generic 1 | deny count 30 |  mark is bit 31 and set in no other word; a generic program also runs the
 *                                             statements' action tests
 *     | layer count |
 *     | layer kind 5 | allow count 27 | ... | per layer
 *     | statements: denies, then layer by layer the allows |  each run ascending
 *     | column 30 | is negated 1 | ... |  of a generic program: the action test of each of these statements, once more
 */
enum { GW_PROGRAM_NONE = 0, GW_PROGRAM_ALWAYS = 1, GW_PROGRAM_SPECIAL = 2, GW_PROGRAM_FIRST = 3 };
#define GW_PROGRAM_MARK 0x80000000u
#define GW_PROGRAM_GENERIC 0x40000000u
#define GW_PROGRAM_COUNT 0x3fffffffu
#define GW_PROGRAM_SLACK 8u /* words that can be read behind the last program */

/* Kinds of layers: the policies of one kind, or of one level, that must allow together.
 *
 * The first four are a principal's: identity policies grant, the others are ceilings (R130, R134, R137, R138).  The
 * resource's side grants, and as a role's trust policy or a key's it must; resource control policies only deny; endpoint
 * policies and what EC2 attributes permit must allow too.  GW_LAYER_AUTHENTICATION stands in no program: it is the reason
 * of what is refused before policies are read. */
enum gw_layer_kind {
    GW_LAYER_IDENTITY,
    GW_LAYER_BOUNDARY,
    GW_LAYER_SESSION,
    GW_LAYER_SCP,
    GW_LAYER_RESOURCE,
    GW_LAYER_TRUST,
    GW_LAYER_RCP,
    GW_LAYER_VPC_ENDPOINT,
    GW_LAYER_EC2_ATTRIBUTE,
    GW_LAYER_KIND_COUNT,
    GW_LAYER_AUTHENTICATION = GW_LAYER_KIND_COUNT
};
#define GW_LAYER_KIND(word) ((word) >> 27)
#define GW_LAYER_COUNT(word) ((word) & 0x07ffffffu)

/* Look a text up; the result is the symbol's value or GW_NONE. */
uint32_t gw_find(const gw_table *table, uint32_t map, const uint8_t *text, size_t bytes);

/* The principal of an ARN; a session `arn:P:sts::A:assumed-role/R/S` is its role's (R56).  GW_NONE: not in the table. */
uint32_t gw_find_principal(const gw_table *table, const uint8_t *arn, size_t bytes);

/* Who calls; rows are of the caller classifier, row 0 names nobody, GW_NO_ROW is an identity that the caller has not. */
typedef struct {
    uint64_t account;
    uint32_t principal; /* or GW_NONE */
    uint32_t own_row; /* of the caller as the request names it: for a session of a role, the session */
    uint32_t role_row;
    uint32_t cell_row; /* the principal's rows of the cells, and those that it shares */
    uint32_t shared_rows[GW_SHARED_LIMIT];
    uint8_t shared_count;
    uint8_t kind; /* enum gw_caller_kind */
    uint8_t flags;
    uint8_t is_session;
    uint8_t is_plain; /* within its account, its own policies may decide alone */
} gw_caller;

/* Read who calls: an ARN, the name of a service, `anonymous`, or an identity provider. */
void gw_read_caller(const gw_table *table, const uint8_t *text, size_t bytes, gw_caller *caller);

#define GW_ENDPOINT_LIMIT 8u /* endpoints that one request passes */

/* What a request is for, and what it passes on its way. */
typedef struct {
    uint64_t account;  /* the owner's, 0: the caller's */
    uint32_t resource; /* the table's entry for it, or GW_NONE */
    uint8_t is_unknown;
    uint8_t is_endpoint_unknown; /* nobody can tell whether it passes one */
    uint8_t endpoint_count;
    uint8_t reserved; /* 0: the four bytes are looked at together */
    uint8_t is_none;     /* `*`: no resource at all */
    uint8_t is_not_role; /* an ARN, and not that of a role */
    uint8_t is_shared;   /* an image or a snapshot, which has no account in its ARN and counts as the caller's (R161) */
    uint32_t endpoints[GW_ENDPOINT_LIMIT]; /* GW_NONE: one that the table does not know; the last member */
} gw_target;

#define GW_TARGET_HEAD offsetof(gw_target, endpoints) /* bytes of a target that passes no endpoints */

/* Read what a resource's ARN tells; a NULL text is an unknown resource. */
void gw_read_target(const gw_table *table, const uint8_t *text, size_t bytes, gw_target *target);

/* Let an entry of the table stand for the resource: its policies decide, and its owner is known. */
void gw_set_resource(const gw_table *table, uint32_t resource, gw_target *target);

/* The account of 12 digits, or 0. */
uint64_t gw_read_account(const uint8_t *text, size_t bytes);

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

/* Many requests as codes: for request i, the code of classifier c's value is codes[c][i], and values[c][code] is its row.
 * Codes below 0 are states, which stand before the values: -1 is missing, which is one of the others, -2 unknown, -3 absent.
 * A classifier without codes (NULL) is in state `missing` for all requests; that of the callers needs none. */
typedef struct {
    const int32_t *caller_codes;
    const gw_caller *callers; /* code -> caller */
    const int32_t *target_codes;
    const gw_target *targets; /* code -> target, with the states before */
    const int32_t *const *codes;
    const gw_row *const *values;
    const uint32_t *action_columns; /* code of the action -> action column; an action is never missing */
    gw_row missing;
    const int32_t *const *slot_codes;    /* where the table has templates: request -> code, slot by slot, or NULL */
    const gw_value *const *slot_values;  /* code -> value */
} gw_batch;

/* One request: `rows` has a row per classifier, as enum gw_fixed_classifier begins (none is read for the callers');
 * `values` has a value per slot and is read only where the table has templates.  Or rows is NULL, and both are those of
 * request `number` of a batch, read as they are needed: a decision asks for few of them. */
typedef struct {
    const gw_caller *caller;
    const gw_target *target;
    uint32_t action_column;
    const gw_row *rows;
    const gw_value *values;
    const gw_batch *batch;
    size_t number;
} gw_request;

/* Read ahead: ask the memory for the cell of a caller and an action. */
void gw_prefetch_cell(const gw_table *table, const gw_caller *caller, uint32_t action_column);

/* Is a request decided by the principal's own policies alone?  Then gw_decide reads no row of GW_CLASSIFIER_SETS; all
 * other functions below do. */
int gw_is_plain(const gw_table *table, const gw_request *request);

/* Mark the classifiers that a plain request asks: marks[classifier] = mark, the others are left alone.  Beside the row of
 * GW_CLASSIFIER_SETS, gw_decide and gw_mark_unknown read no others' rows.  0: there is too much to look through, and any
 * may be asked.  Of the request's rows, which may be NULL here, that of the action is read: there are fewer marks then. */
int gw_mark_asked(const gw_table *table, const gw_request *request, uint64_t *marks, uint64_t mark);

/* Decide one request.  `statement` receives the determining statement, or -1. */
uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement);

/* Mark the slots whose unknown values can still change the decision of a request that is GW_UNKNOWN (R193):
 * marks[slot] = 1; the others are left alone. */
void gw_mark_unknown(const gw_table *table, const gw_request *request, uint8_t *marks);

/* Say which kind of layer keeps a request from being allowed that no Deny refuses (R150).  GW_NONE: nothing does. */
uint32_t gw_missing_layer(const gw_table *table, const gw_request *request);

/* Visit every statement of the policies that apply to a request, whatever its action (R130). */
typedef void gw_visit(void *state, uint32_t statement);
void gw_visit_statements(const gw_table *table, const gw_request *request, gw_visit *visit, void *state);

/* Truth of one test. */
unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test);

/* The request of a number in a batch. */
gw_request gw_read_request(const gw_batch *batch, size_t number);

/* Decide requests begin .. end - 1 of a batch; request i has decisions[i] and statements[i]. */
void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, uint8_t *decisions,
                     int32_t *statements);

#ifdef __cplusplus
}
#endif
#endif
