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

static uint8_t decide_plain(const gw_table *t, const gw_request *request, int32_t *statement)
{
    *statement = -1;
    if (request->caller->kind == GW_CALLER_NOBODY)
        return GW_IMPLICIT_DENY;
    uint32_t place = gw_find_cell(t, t->principals[request->caller->principal].cell_row, request->action_column);
    if (place < GW_PROGRAM_FIRST)
        return place == GW_PROGRAM_ALWAYS ? GW_ALLOW : GW_IMPLICIT_DENY;
    return run_program(t, place, request, statement);
}

uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement)
{
    return gw_is_plain(table, request) ? decide_plain(table, request, statement)
                                       : gw_decide_special(table, request, statement);
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
    gw_request request = {NULL, NULL, 0, rows, values};
    for (uint32_t c = 0; c < t->classifier_count; c++)
        rows[c] = batch->missing;
    rows[GW_CLASSIFIER_CALLER] = gw_everyone(t);
    for (size_t i = begin; i < end; i++) {
        request.caller = &batch->callers[batch->caller_codes[i]];
        request.target = &batch->targets[batch->target_codes[i]];
        request.action_column = batch->action_columns[batch->codes[GW_CLASSIFIER_ACTION][i]];
        for (uint32_t c = 0; c < t->classifier_count; c++)
            if (batch->codes[c])
                rows[c] = batch->values[c][batch->codes[c][i]];
        if (t->template_count)
            read_values(t, batch, i, values);
        decisions[i] = gw_decide(t, &request, &statements[i]);
    }
}
