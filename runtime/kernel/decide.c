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

/* The programs of several rows decide together: what one of them denies is refused, some identity layer must allow, and
 * so must each other layer.  Runs ascend, so that each ends where it can no longer change which statement is told. */
static uint8_t run_programs(const gw_table *t, const gw_principal *p, uint32_t place, const gw_request *request,
                            int32_t *statement)
{
    uint32_t first_deny = GW_NONE, first_allow = GW_NONE;
    unsigned deny = GW_FALSE, identity = GW_FALSE, ceilings = GW_TRUE;
    for (uint32_t k = 0;; place = gw_find_shared(t, p->shared_rows[k++], request->action_column)) {
        if (place >= GW_PROGRAM_FIRST) {
            gw_program program = gw_read_program(t, place);
            const uint32_t *next = program.denies, *end = next + program.deny_count;
            for (; next < end && *next < first_deny; next++) {
                unsigned truth = gw_statement_truth(t, request, *next, program.skipped);
                deny |= truth;
                if (truth == GW_TRUE)
                    first_deny = *next;
            }
            for (uint32_t layer = 0; layer < program.layer_count; layer++) {
                unsigned allows = GW_FALSE, is_identity = GW_LAYER_KIND(program.layers[layer]) == GW_LAYER_IDENTITY;
                uint32_t limit = is_identity ? first_allow : GW_NONE;
                next = end;
                end += GW_LAYER_COUNT(program.layers[layer]);
                for (; next < end && *next < limit && allows != GW_TRUE; next++) {
                    allows |= gw_statement_truth(t, request, *next, program.skipped);
                    if (is_identity && allows == GW_TRUE)
                        first_allow = *next;
                }
                if (is_identity)
                    identity |= allows;
                else
                    ceilings &= allows;
            }
        }
        if (k == p->shared_count)
            break;
    }
    if (first_deny != GW_NONE) {
        *statement = (int32_t)first_deny;
        return GW_EXPLICIT_DENY;
    }
    if ((identity & ceilings) == GW_FALSE)
        return GW_IMPLICIT_DENY;
    if ((identity & ceilings) != GW_TRUE || deny != GW_FALSE)
        return GW_UNKNOWN;
    *statement = (int32_t)first_allow;
    return GW_ALLOW;
}

static uint8_t decide_plain(const gw_table *t, const gw_request *request, int32_t *statement)
{
    *statement = -1;
    if (request->caller->kind == GW_CALLER_NOBODY)
        return GW_IMPLICIT_DENY;
    const gw_principal *p = &t->principals[request->caller->principal];
    uint32_t place = gw_find_cell(t, p->cell_row, request->action_column);
    if (p->shared_count && place != GW_PROGRAM_ALWAYS)
        return run_programs(t, p, place, request, statement);
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
