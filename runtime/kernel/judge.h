/* Truth of tests and statements.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_JUDGE_H
#define GATEWRIGHT_KERNEL_JUDGE_H

#include "gatewright/decide.h"
#include "template.h"

#if defined(__GNUC__)
#define GW_PREFETCH(address) __builtin_prefetch(address)
#else
#define GW_PREFETCH(address) ((void)(address))
#endif

#define HAS_ACCOUNT(caller) ((caller)->kind < GW_PRINCIPAL_KIND_COUNT)

/* How strong a grant of a resource's policy is, by the entry that names the caller (R65). */
enum gw_grant {
    GW_GRANT_NONE,
    GW_GRANT_ACCOUNT,
    GW_GRANT_FEDERATING,
    GW_GRANT_ROLE,
    GW_GRANT_DIRECT,
    GW_GRANT_COUNT
};

/* The resource control policies of an account, or NULL. */
const gw_account *gw_find_account(const gw_table *table, uint64_t id);

enum gw_grant gw_caller_grant(const gw_table *table, const gw_request *request, const gw_test *test);

/* Decide what is not plain, by policies of all kinds (R130). */
uint8_t gw_decide_special(const gw_table *table, const gw_request *request, int32_t *statement);

static inline gw_row gw_row_of(const gw_request *request, uint32_t classifier)
{
    const gw_batch *b = request->batch;
    if (request->rows)
        return request->rows[classifier];
    return b->codes[classifier] ? b->values[classifier][b->codes[classifier][request->number]] : b->missing;
}

static inline const gw_value *gw_value_of(const gw_request *request, uint32_t slot)
{
    static const gw_value absent = {NULL, 0, GW_VALUE_ABSENT}, unknown = {NULL, 0, GW_VALUE_UNKNOWN};
    const gw_batch *b = request->batch;
    if (request->rows)
        return &request->values[slot];
    if (b->slot_codes[slot])
        return &b->slot_values[slot][b->slot_codes[slot][request->number]];
    return b->missing == GW_ROW_UNKNOWN ? &unknown : &absent;
}

/* Does a row hold a column?  Sparse rows are short: most texts match few patterns. */
static inline unsigned gw_holds(gw_row row, uint32_t column)
{
    if (row & 1) {
        const uint32_t *list = (const uint32_t *)(row & ~(gw_row)1);
        uint32_t lo = 1, hi = list[0] + 1;
        while (lo < hi) {
            uint32_t middle = (lo + hi) / 2;
            if (list[middle] < column)
                lo = middle + 1;
            else
                hi = middle;
        }
        return lo <= list[0] && list[lo] == column;
    }
    return (unsigned)(((const uint64_t *)row)[column >> 6] >> (column & 63) & 1);
}

static inline int gw_is_in_set(const gw_table *t, const gw_request *request, enum gw_action_set set)
{
    gw_row row = gw_row_of(request, GW_CLASSIFIER_SETS);
    (void)t;
    return row >= GW_ROW_STATES && gw_holds(row, set);
}

static inline unsigned gw_truth(const gw_table *t, const gw_request *request, const gw_test *test)
{
    if (test->flags & GW_TEST_CALLER)
        return gw_caller_grant(t, request, test) == GW_GRANT_NONE ? GW_FALSE : GW_TRUE;
    gw_row row = gw_row_of(request, test->classifier);
    if (row < GW_ROW_STATES)
        return test->states >> 2 * row & 3u;
    if (test->flags & GW_TEST_TEMPLATES)
        return gw_template_truth(t, request, test);
    return gw_holds(row, test->column) ^ (test->flags & GW_TEST_NEGATED) ? GW_TRUE : GW_FALSE;
}

/* AND over the statement's tests from `skipped` on. */
static inline unsigned gw_statement_truth(const gw_table *t, const gw_request *request, uint32_t statement,
                                          unsigned skipped)
{
    const gw_statement *s = &t->statements[statement];
    unsigned all = GW_TRUE;
    if (skipped && !(s->left & GW_LEFT_NOTHING)) {
        all = gw_truth(t, request, &s->sample);
        skipped++;
    }
    if (skipped && !(s->left & GW_LEFT_MORE))
        return all;
    const gw_test *test = t->tests + s->test_first + skipped, *end = t->tests + s->test_first + s->test_count;
    for (; test < end && all; test++)
        all &= gw_truth(t, request, test);
    return all;
}

typedef struct {
    const uint32_t *layers; /* kind and allow count of each layer */
    const uint32_t *denies; /* all statements, of which these are the first */
    const uint32_t *asked;  /* what they ask of actions; NULL: the cell has already settled that */
    uint32_t deny_count, layer_count;
} gw_program;

/* Does a word of `asked` hold of an action, which has a row? */
static inline unsigned gw_asked_holds(uint32_t asked, gw_row action)
{
    return gw_holds(action, asked >> 1) ^ (asked & 1);
}

static inline gw_program gw_read_program(const gw_table *t, uint32_t place)
{
    const uint32_t *words = t->programs + place;
    gw_program p = {words + 2, words + 2 + words[1], NULL, words[0] & GW_PROGRAM_COUNT, words[1]};
    if (words[0] & GW_PROGRAM_GENERIC) {
        p.asked = p.denies + p.deny_count;
        for (uint32_t layer = 0; layer < p.layer_count; layer++)
            p.asked += GW_LAYER_COUNT(p.layers[layer]);
    }
    return p;
}

static inline uint32_t gw_find_cell(const gw_table *t, uint32_t row, uint32_t action_column)
{
    return t->cells[(size_t)row * t->action_column_count + action_column];
}

#endif
