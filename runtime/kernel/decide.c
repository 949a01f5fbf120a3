/* Rows and a program become a decision: what the principal's own policies decide alone. */
#include "judge.h"

unsigned gw_test_truth(const gw_table *table, const gw_request *request, uint32_t test)
{
    return gw_truth(table, request, &table->tests[test]);
}

/* The programs that decide a request: that of the caller's own row, and of the rows that it shares, without empty ones. */
typedef struct {
    uint32_t own; /* what the cell of its own row says */
    uint32_t count;
    uint32_t places[1 + GW_SHARED_LIMIT];
} gw_places;

/* The k-th row that a caller shares; without a branch, because nobody can foretell how many a caller has. */
static inline uint32_t shared_row(const gw_caller *caller, uint32_t k)
{
    return k < caller->shared_count ? caller->shared_rows[k] : GW_SHARED_PROGRAM | GW_PROGRAM_NONE;
}

static inline const uint32_t *shared_cell(const gw_table *t, uint32_t row, uint32_t action_column)
{
    return &t->cells[row & GW_SHARED_PROGRAM ? 0 : (size_t)row * t->action_column_count + action_column];
}

/* Find the programs, and ask the memory for them. */
static inline void find_places(const gw_table *t, const gw_caller *caller, uint32_t own, uint32_t action_column,
                               gw_places *found)
{
    found->own = found->places[0] = own;
    found->count = own >= GW_PROGRAM_FIRST;
    GW_PREFETCH(&t->programs[own]);
    if (!t->has_shares)
        return;
    for (uint32_t k = 0; k < GW_SHARED_LIMIT; k++) {
        uint32_t row = shared_row(caller, k), place = *shared_cell(t, row, action_column);
        place = row & GW_SHARED_PROGRAM ? row & ~GW_SHARED_PROGRAM : place;
        GW_PREFETCH(&t->programs[place]);
        found->places[found->count] = place;
        found->count += place >= GW_PROGRAM_FIRST;
    }
}

/* Truth of a statement where it stands in a program.  Most statements of a generic one are for other actions, as it tells
 * itself. */
static inline unsigned truth_in(const gw_table *t, const gw_request *request, const gw_program *p, const uint32_t *statement)
{
    unsigned is_settled = 1;
    if (p->asked) {
        gw_row action = gw_row_of(request, GW_CLASSIFIER_ACTION);
        is_settled = action >= GW_ROW_STATES;
        if (is_settled && !gw_asked_holds(p->asked[statement - p->denies], action))
            return GW_FALSE;
    }
    return gw_statement_truth(t, request, *statement, is_settled);
}

/* One program: all its layers must allow. */
static inline uint8_t run_program(const gw_table *t, gw_program p, const gw_request *request, int32_t *statement)
{
    unsigned deny = GW_FALSE, allow = GW_TRUE;
    int32_t determining = -1;
    for (uint32_t i = 0; i < p.deny_count; i++) {
        deny |= truth_in(t, request, &p, &p.denies[i]);
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
            layer_allows |= truth_in(t, request, &p, &next[i]);
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
static inline uint8_t run_programs(const gw_table *t, const gw_places *found, const gw_request *request,
                                   int32_t *statement)
{
    uint32_t first_deny = GW_NONE, first_allow = GW_NONE;
    unsigned deny = GW_FALSE, identity = GW_FALSE, ceilings = GW_TRUE;
    for (uint32_t k = 0; k < found->count; k++) {
        gw_program program = gw_read_program(t, found->places[k]);
        const uint32_t *next = program.denies, *end = next + program.deny_count;
        for (; next < end && *next < first_deny; next++) {
            unsigned truth = truth_in(t, request, &program, next);
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
                allows |= truth_in(t, request, &program, next);
                if (is_identity && allows == GW_TRUE)
                    first_allow = *next;
            }
            if (is_identity)
                identity |= allows;
            else
                ceilings &= allows;
        }
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

static inline uint8_t run(const gw_table *t, const gw_places *found, const gw_request *request, int32_t *statement)
{
    if (request->caller->shared_count) /* the program of a root user alone may have no identity policies */
        return run_programs(t, found, request, statement);
    if (!found->count)
        return GW_IMPLICIT_DENY;
    return run_program(t, gw_read_program(t, found->places[0]), request, statement);
}

/* ---- what is plain ---- */

/* What the cell of the caller's own row says. */
static inline uint32_t find_own(const gw_table *t, const gw_caller *caller, uint32_t action_column)
{
    return caller->is_plain ? gw_find_cell(t, caller->cell_row, action_column) : GW_PROGRAM_SPECIAL;
}

/* Do the caller's own policies decide alone, where the cell of its own row says `own`? */
static inline int is_plain(const gw_table *t, const gw_caller *caller, const gw_target *target, uint32_t own)
{
    if (caller->kind == GW_CALLER_NOBODY)
        return 1;
    if (own == GW_PROGRAM_SPECIAL || target->resource != GW_NONE || target->endpoint_count || target->is_endpoint_unknown)
        return 0;
    if (target->account && target->account != caller->account)
        return 0;
    return !target->is_unknown || t->header->unknown_row == GW_NO_ROW;
}

static inline uint8_t decide(const gw_table *t, const gw_request *request, const gw_places *found, int32_t *statement)
{
    *statement = -1;
    if (!is_plain(t, request->caller, request->target, found->own))
        return gw_decide_special(t, request, statement);
    if (found->own == GW_PROGRAM_ALWAYS)
        return GW_ALLOW;
    return run(t, found, request, statement);
}

int gw_is_plain(const gw_table *table, const gw_request *request)
{
    return is_plain(table, request->caller, request->target, find_own(table, request->caller, request->action_column));
}

uint8_t gw_decide(const gw_table *table, const gw_request *request, int32_t *statement)
{
    gw_places found;
    find_places(table, request->caller, find_own(table, request->caller, request->action_column), request->action_column,
                &found);
    return decide(table, request, &found, statement);
}

/* ---- what is asked ---- */

#define MARKED 64u /* statements of a program that are worth looking through before they are asked for good */

static int mark_program(const gw_table *t, const gw_request *request, gw_program p, uint64_t *marks, uint64_t mark)
{
    gw_row action = p.asked && request->rows ? request->rows[GW_CLASSIFIER_ACTION] : GW_ROW_UNKNOWN;
    uint32_t count = p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count; layer++)
        count += GW_LAYER_COUNT(p.layers[layer]);
    if (count > MARKED)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (action >= GW_ROW_STATES && !gw_asked_holds(p.asked[i], action))
            continue;
        const gw_statement *s = &t->statements[p.denies[i]];
        for (uint32_t k = !p.asked; k < s->test_count; k++)
            marks[t->tests[s->test_first + k].classifier] = mark;
    }
    return 1;
}

int gw_mark_asked(const gw_table *table, const gw_request *request, uint64_t *marks, uint64_t mark)
{
    gw_places found;
    find_places(table, request->caller, find_own(table, request->caller, request->action_column), request->action_column,
                &found);
    for (uint32_t k = 0; k < found.count; k++)
        if (!mark_program(table, request, gw_read_program(table, found.places[k]), marks, mark))
            return 0;
    return 1;
}

/* ---- reading ahead ---- */

void gw_prefetch_cell(const gw_table *table, const gw_caller *caller, uint32_t action_column)
{
    if (!caller->is_plain)
        return;
    GW_PREFETCH(&table->cells[(size_t)caller->cell_row * table->action_column_count + action_column]);
    if (!table->has_shares)
        return;
    for (uint32_t k = 0; k < GW_SHARED_LIMIT; k++)
        GW_PREFETCH(shared_cell(table, shared_row(caller, k), action_column));
}
