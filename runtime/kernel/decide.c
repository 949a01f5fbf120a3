/* Rows and a program become a decision. */
#include "gatewright/decide.h"
#include "template.h"

/* Does a row hold a column?  Sparse rows are short: most texts match few patterns. */
static unsigned holds(gw_row row, uint32_t column)
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

static unsigned truth(const gw_table *t, const gw_request *request, const gw_test *test)
{
    gw_row row = request->rows[test->classifier];
    if (row < GW_ROW_STATES)
        return test->states >> 2 * row & 3u;
    if (test->flags & GW_TEST_TEMPLATES)
        return gw_template_truth(t, request, test);
    return holds(row, test->column) ^ (test->flags & GW_TEST_NEGATED) ? GW_TRUE : GW_FALSE;
}

unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test)
{
    return truth(table, request, &table->tests[test]);
}

/* AND over the statement's tests from `skipped` on. */
static unsigned statement_truth(const gw_table *t, const gw_request *request, uint32_t statement, unsigned skipped)
{
    const gw_statement *s = &t->statements[statement];
    const gw_test *test = t->tests + s->test_first + skipped, *end = t->tests + s->test_first + s->test_count;
    unsigned all = GW_TRUE;
    for (; test < end && all; test++)
        all &= truth(t, request, test);
    return all;
}

typedef struct {
    const uint32_t *counts; /* allow count of each layer */
    const uint32_t *denies;
    uint32_t deny_count, layer_count;
    unsigned skipped; /* 1: the cell has already settled the action test */
} program;

static program read_program(const gw_table *t, uint32_t place)
{
    const uint32_t *words = t->programs + place;
    program p = {words + 2, words + 2 + words[1], words[0] & GW_PROGRAM_COUNT, words[1],
                 words[0] & GW_PROGRAM_GENERIC ? 0 : 1};
    return p;
}

static uint32_t find_cell(const gw_table *t, uint32_t principal, uint32_t action_column)
{
    if (principal >= t->principal_count)
        return GW_PROGRAM_NONE;
    return t->cells[(size_t)t->principals[principal].cell_row * t->action_column_count + action_column];
}

/* OR over the Allows of a layer. */
static unsigned layer_truth(const gw_table *t, const gw_request *request, const uint32_t *allows, uint32_t count,
                            unsigned skipped)
{
    unsigned any = GW_FALSE;
    for (uint32_t i = 0; i < count && any != GW_TRUE; i++)
        any |= statement_truth(t, request, allows[i], skipped);
    return any;
}

static uint8_t run_program(const gw_table *t, uint32_t place, const gw_request *request, int32_t *statement)
{
    program p = read_program(t, place);
    unsigned deny = GW_FALSE, allow = GW_TRUE;
    int32_t determining = -1;
    for (uint32_t i = 0; i < p.deny_count; i++) {
        deny |= statement_truth(t, request, p.denies[i], p.skipped);
        if (deny == GW_TRUE) {
            *statement = (int32_t)p.denies[i];
            return GW_EXPLICIT_DENY;
        }
    }
    const uint32_t *next = p.denies + p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count && allow; layer++) {
        unsigned layer_allows = GW_FALSE;
        uint32_t count = GW_LAYER_COUNT(p.counts[layer]);
        for (uint32_t i = 0; i < count; i++) {
            layer_allows |= statement_truth(t, request, next[i], p.skipped);
            if (layer_allows == GW_TRUE) {
                if (GW_LAYER_KIND(p.counts[layer]) == GW_LAYER_IDENTITY)
                    determining = (int32_t)next[i];
                break;
            }
        }
        next += count;
        allow &= layer_allows;
    }
    if (allow == GW_FALSE)
        return GW_IMPLICIT_DENY;
    if (allow != GW_TRUE || deny != GW_FALSE)
        return GW_UNKNOWN;
    *statement = determining;
    return GW_ALLOW;
}

uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement)
{
    *statement = -1;
    uint32_t place = find_cell(table, request->principal, request->action_column);
    if (place < GW_PROGRAM_FIRST)
        return place == GW_PROGRAM_ALWAYS ? GW_ALLOW : GW_IMPLICIT_DENY;
    return run_program(table, place, request, statement);
}

static void mark_statement(const gw_table *t, const gw_request *request, uint32_t statement, unsigned skipped,
                           uint8_t *marks)
{
    const gw_statement *s = &t->statements[statement];
    if (statement_truth(t, request, statement, skipped) != GW_UNSURE)
        return;
    for (uint32_t i = skipped; i < s->test_count; i++) {
        const gw_test *test = &t->tests[s->test_first + i];
        if (truth(t, request, test) != GW_UNSURE)
            continue;
        if (test->flags & GW_TEST_TEMPLATES)
            gw_template_mark(t, request, test, marks);
        else
            marks[t->classifiers[test->classifier].slot] = 1;
    }
}

void gw_mark_unknown(const gw_table *table, const gw_request *request, uint8_t *marks)
{
    const gw_table *t = table;
    uint32_t place = find_cell(t, request->principal, request->action_column);
    if (place < GW_PROGRAM_FIRST)
        return;
    program p = read_program(t, place);
    for (uint32_t i = 0; i < p.deny_count; i++)
        mark_statement(t, request, p.denies[i], p.skipped, marks);
    const uint32_t *next = p.denies + p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count; layer++) {
        uint32_t count = GW_LAYER_COUNT(p.counts[layer]);
        if (layer_truth(t, request, next, count, p.skipped) == GW_UNSURE)
            for (uint32_t i = 0; i < count; i++)
                mark_statement(t, request, next[i], p.skipped, marks);
        next += count;
    }
}

uint32_t gw_missing_layer(const gw_table *table, const gw_request *request)
{
    static const uint8_t rank[GW_LAYER_KIND_COUNT] = {
        [GW_LAYER_SCP] = 0, [GW_LAYER_IDENTITY] = 1, [GW_LAYER_BOUNDARY] = 2, [GW_LAYER_SESSION] = 3};
    const gw_table *t = table;
    /* Column 0 has all statements of the principal, with their action tests. */
    uint32_t place = find_cell(t, request->principal, 0), missing = GW_NONE;
    if (place < GW_PROGRAM_FIRST)
        return place == GW_PROGRAM_ALWAYS ? GW_NONE : GW_LAYER_IDENTITY;
    program p = read_program(t, place);
    const uint32_t *next = p.denies + p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count; layer++) {
        uint32_t count = GW_LAYER_COUNT(p.counts[layer]), kind = GW_LAYER_KIND(p.counts[layer]);
        if (layer_truth(t, request, next, count, p.skipped) == GW_FALSE && (missing == GW_NONE || rank[kind] < rank[missing]))
            missing = kind;
        next += count;
    }
    return missing;
}

/* The values of request i; a slot without codes is in the state of the missing ones. */
static void read_values(const gw_table *t, const gw_batch *batch, size_t i, gw_value *values)
{
    for (uint32_t slot = 0; slot < GW_FIRST_KEY_SLOT + t->key_count; slot++) {
        if (batch->slot_codes[slot]) {
            values[slot] = batch->slot_values[slot][batch->slot_codes[slot][i]];
        } else {
            gw_value missing = {NULL, 0, batch->missing == GW_ROW_UNKNOWN ? GW_VALUE_UNKNOWN : GW_VALUE_ABSENT};
            values[slot] = missing;
        }
    }
}

void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, gw_row *rows,
                     gw_value *values, uint8_t *decisions, int32_t *statements)
{
    const gw_table *t = table;
    gw_request request = {GW_NONE, 0, rows, values};
    for (uint32_t c = 0; c < t->classifier_count; c++)
        rows[c] = batch->missing;
    for (size_t i = begin; i < end; i++) {
        uint32_t place = find_cell(t, batch->principals[i], batch->action_columns[batch->codes[0][i]]);
        statements[i] = -1;
        if (place < GW_PROGRAM_FIRST) {
            decisions[i] = place == GW_PROGRAM_ALWAYS ? GW_ALLOW : GW_IMPLICIT_DENY;
            continue;
        }
        for (uint32_t c = 0; c < t->classifier_count; c++)
            if (batch->codes[c])
                rows[c] = batch->values[c][batch->codes[c][i]];
        if (t->template_count)
            read_values(t, batch, i, values);
        decisions[i] = run_program(t, place, &request, &statements[i]);
    }
}
