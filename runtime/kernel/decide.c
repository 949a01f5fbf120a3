/* Rows and a program become a decision: what the principal's own policies decide alone. */
#include "judge.h"

unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test)
{
    return gw_truth(table, request, &table->tests[test]);
}

static uint8_t run_program(const gw_table *t, uint32_t place, const gw_request *request, int32_t *statement)
{
    gw_program p = gw_read_program(t, place);
    unsigned deny = GW_FALSE, allow = GW_TRUE;
    int32_t determining = -1;
    for (uint32_t i = 0; i < p.deny_count; i++) {
        deny |= gw_statement_truth(t, request, p.denies[i], p.skipped);
        if (deny == GW_TRUE) {
            *statement = (int32_t)p.denies[i];
            return GW_EXPLICIT_DENY;
        }
    }
    const uint32_t *next = p.denies + p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count && allow; layer++) {
        unsigned layer_allows = GW_FALSE;
        uint32_t count = GW_LAYER_COUNT(p.layers[layer]);
        for (uint32_t i = 0; i < count; i++) {
            layer_allows |= gw_statement_truth(t, request, next[i], p.skipped);
            if (layer_allows == GW_TRUE) {
                if (GW_LAYER_KIND(p.layers[layer]) == GW_LAYER_IDENTITY)
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

/* ---- what is plain ---- */

/* Do the caller's own policies decide alone?  Then `place` is that of their program. */
static int find_plain(const gw_table *t, const gw_request *request, uint32_t *place)
{
    const gw_caller *caller = request->caller;
    const gw_target *target = request->target;
    *place = GW_PROGRAM_NONE;
    if (caller->kind == GW_CALLER_NOBODY)
        return 1;
    if (!caller->is_plain || target->resource != GW_NONE || target->endpoint_count || target->is_endpoint_unknown)
        return 0;
    if (target->account && target->account != caller->account)
        return 0;
    if (target->is_unknown && t->header->unknown_row != GW_NO_ROW)
        return 0;
    *place = gw_find_cell(t, caller->cell_row, request->action_column);
    return *place != GW_PROGRAM_SPECIAL;
}

int gw_is_plain(const gw_table *table, const gw_request *request)
{
    uint32_t place;
    return find_plain(table, request, &place);
}

uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement)
{
    uint32_t place;
    if (!find_plain(table, request, &place))
        return gw_decide_special(table, request, statement);
    *statement = -1;
    if (place < GW_PROGRAM_FIRST)
        return place == GW_PROGRAM_ALWAYS ? GW_ALLOW : GW_IMPLICIT_DENY;
    return run_program(table, place, request, statement);
}

/* ---- reading ahead ---- */

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

void gw_prefetch_cell(const gw_table *table, const gw_caller *caller, uint32_t action_column)
{
    if (caller->is_plain)
        PREFETCH(&table->cells[(size_t)caller->cell_row * table->action_column_count + action_column]);
}

void gw_prefetch_program(const gw_table *table, const gw_caller *caller, uint32_t action_column)
{
    if (caller->is_plain)
        PREFETCH(&table->programs[gw_find_cell(table, caller->cell_row, action_column)]);
}

/* ---- batches ---- */

#define CELL_AHEAD 16u /* requests between asking for a cell and asking for its program */
#define PROGRAM_AHEAD 8u

gw_request gw_read_request(const gw_batch *batch, size_t number)
{
    const gw_batch *b = batch;
    gw_request request = {&b->callers[b->caller_codes[number]], &b->targets[b->target_codes[number]],
                          b->action_columns[b->codes[GW_CLASSIFIER_ACTION][number]], NULL, NULL, b, number};
    return request;
}

static void prefetch(const gw_table *t, const gw_batch *b, size_t number, int is_cell)
{
    const gw_caller *caller = &b->callers[b->caller_codes[number]];
    uint32_t action_column = b->action_columns[b->codes[GW_CLASSIFIER_ACTION][number]];
    if (is_cell)
        gw_prefetch_cell(t, caller, action_column);
    else
        gw_prefetch_program(t, caller, action_column);
}

void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, uint8_t *decisions,
                     int32_t *statements)
{
    for (size_t i = begin; i < end; i++) {
        if (end - i > CELL_AHEAD)
            prefetch(table, batch, i + CELL_AHEAD, 1);
        if (end - i > PROGRAM_AHEAD)
            prefetch(table, batch, i + PROGRAM_AHEAD, 0);
        gw_request request = gw_read_request(batch, i);
        decisions[i] = gw_decide(table, &request, &statements[i]);
    }
}
