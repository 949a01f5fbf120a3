/* Requests by the million: those of a block are decided side by side.
 *
 * One after the other, a request waits for branches that nobody can foretell: how many programs, statements and tests
 * there are, and what each says.  So a block takes one step after the other for all of its requests: the rows they are
 * under, the cells, the programs, a list of all their statements, and the truth of each.  No step branches on what it
 * finds, and the memory answers many requests at once.  What is seldom asked for is decided by itself (is_odd). */
#include <string.h>

#include "judge.h"

#define BLOCK 32u
#define LONGEST 64u /* statements of a program; longer ones are looked through up to the first that decides */
#define CHUNK GW_PROGRAM_SLACK                    /* words that are copied together */
#define ROW_LIMIT (BLOCK * (1 + GW_SHARED_LIMIT)) /* rows of a block */
#define ITEM_LIMIT (ROW_LIMIT * CHUNK)            /* statements of a block */
#define SUM_LIMIT 255u

#if defined(__GNUC__)
#define SELDOM(condition) __builtin_expect(!!(condition), 0)
#define STEP static __attribute__((noinline)) /* which has all registers for itself */
#else
#define SELDOM(condition) (condition)
#define STEP static
#endif

/* A sum is of the statements of one layer, or of all denies, of one request: request i of the block has sum 2i of its
 * identity policies and 2i + 1 of what denies; its other layers have sums behind those of all requests. */
typedef struct {
    size_t begin; /* the number of the first request */
    uint32_t count;
    uint32_t action_columns[BLOCK]; /* where rows are shared */
    int has_odd;
    uint8_t is_odd[BLOCK];

    uint32_t place_count; /* each is a row of the cells at first, then a cell, then a program */
    uint32_t places[ROW_LIMIT + GW_SHARED_LIMIT];
    uint8_t requests[ROW_LIMIT + GW_SHARED_LIMIT]; /* place -> request */

    uint32_t item_count; /* statements whose action's test holds */
    uint32_t statements[ITEM_LIMIT + CHUNK];
    uint8_t sums[ITEM_LIMIT + CHUNK];

    uint32_t sum_count;
    int has_unsure;
    uint32_t firsts[SUM_LIMIT]; /* the first statement that holds, or GW_NONE */
    uint8_t unsure[SUM_LIMIT];  /* GW_UNSURE: of some statement nobody can tell */
    uint8_t owners[SUM_LIMIT];  /* sum -> request */
} block;

gw_request gw_read_request(const gw_batch *batch, size_t number)
{
    const gw_batch *b = batch;
    gw_request request = {&b->callers[b->caller_codes[number]], &b->targets[b->target_codes[number]],
                          b->action_columns[b->codes[GW_CLASSIFIER_ACTION][number]], NULL, NULL, b, number};
    return request;
}

/* Ask the memory for the codes of the block that follows, which the processor does not foresee: few requests ask for
 * the same keys. */
STEP void read_codes_ahead(const gw_table *t, const gw_batch *b, size_t begin)
{
    for (size_t i = begin; i < begin + BLOCK; i += 64 / sizeof(int32_t)) {
        GW_PREFETCH(b->caller_codes + i);
        GW_PREFETCH(b->target_codes + i);
        for (uint32_t c = 0; c < t->classifier_count; c++)
            if (b->codes[c])
                GW_PREFETCH(b->codes[c] + i);
    }
}

static inline void set_odd(block *k, uint32_t request)
{
    k->is_odd[request] = 1;
    k->has_odd = 1;
}

static inline void list_rows(const gw_table *t, const gw_batch *b, block *k, int has_shares)
{
    const int32_t *caller_codes = b->caller_codes + k->begin, *target_codes = b->target_codes + k->begin;
    const int32_t *action_codes = b->codes[GW_CLASSIFIER_ACTION] + k->begin;
    const gw_caller *callers = b->callers;
    const gw_target *targets = b->targets;
    const uint32_t *action_columns = b->action_columns, *cells = t->cells;
    const uint32_t column_count = t->action_column_count, count = k->count;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const gw_caller *caller = &callers[caller_codes[i]];
        const gw_target *target = &targets[target_codes[i]];
        uint32_t column = action_columns[action_codes[i]];
        uint64_t owner = target->account ? target->account : caller->account;
        uint64_t beyond; /* GW_NONE, unless it is a resource of the table, or unknown, or passes endpoints */
        memcpy(&beyond, (const uint8_t *)target + offsetof(gw_target, resource), sizeof beyond);
        /* Branches that are never taken cost less than one word made of all three. */
        if (SELDOM(beyond != GW_NONE) || SELDOM(owner != caller->account) || SELDOM(!caller->is_plain)) {
            set_odd(k, i);
            continue;
        }
        k->requests[n] = (uint8_t)i;
        if (!has_shares) {
            uint32_t cell = caller->cell_row * column_count + column;
            GW_PREFETCH(&cells[cell]);
            k->places[n++] = cell;
        } else {
            k->action_columns[i] = column;
            k->places[n++] = caller->cell_row;
            memcpy(k->places + n, caller->shared_rows, sizeof caller->shared_rows);
            memset(k->requests + n, (int)i, GW_SHARED_LIMIT);
            n += caller->shared_count;
        }
    }
    k->place_count = n;
}

/* The rows of the cells that the requests are under; what is not plain is odd.  A loop for each layout, so that neither
 * lacks registers. */
STEP void find_rows(const gw_table *t, const gw_batch *b, block *k)
{
    if (t->has_shares)
        list_rows(t, b, k, 1);
    else
        list_rows(t, b, k, 0);
}

/* The cells of the rows; where no principal shares any, they have been found already. */
STEP void find_cells(const gw_table *t, block *k)
{
    const uint32_t *cells = t->cells, column_count = t->action_column_count;
    for (uint32_t i = 0, count = t->has_shares ? k->place_count : 0; i < count; i++) {
        if (SELDOM(k->places[i] & GW_SHARED_PROGRAM))
            continue;
        uint32_t cell = k->places[i] * column_count + k->action_columns[k->requests[i]];
        GW_PREFETCH(&cells[cell]);
        k->places[i] = cell;
    }
}

/* The programs that the cells name, without empty ones; where one says that all is allowed, or that there is more to ask,
 * the request is odd. */
STEP void find_programs(const gw_table *t, block *k)
{
    const uint32_t *cells = t->cells, *programs = t->programs;
    uint32_t n = 0;
    for (uint32_t i = 0, count = k->place_count; i < count; i++) {
        uint32_t place = k->places[i];
        uint8_t request = k->requests[i];
        place = SELDOM(place & GW_SHARED_PROGRAM) ? place & ~GW_SHARED_PROGRAM : cells[place];
        GW_PREFETCH(&programs[place]);
        if (SELDOM(place - 1 < GW_PROGRAM_FIRST - 1))
            set_odd(k, request);
        k->places[n] = place;
        k->requests[n] = request;
        n += place >= GW_PROGRAM_FIRST;
    }
    k->place_count = n;
}

/* ---- the lists of statements ---- */

/* List a run of statements: those whose action's test holds, where `asked` has what they ask of actions, or all. */
static void list_run(const gw_table *t, block *k, const uint32_t *run, const uint32_t *asked, uint32_t count, gw_row action,
                     uint32_t sum)
{
    uint32_t n = k->item_count;
    for (uint32_t i = 0; i < count; i++) {
        GW_PREFETCH(&t->statements[run[i]]);
        k->statements[n] = run[i];
        k->sums[n] = (uint8_t)sum;
        n += asked ? gw_asked_holds(asked[i], action) : 1;
    }
    k->item_count = n;
}

/* List the statements of any program, where there is room for so many; the request is odd if there are too many of them, or
 * if this is the only program and has no identity policies: a root user does without.  An action always has a row: its
 * classifier reads any text (open.c). */
STEP void list_any_program(const gw_table *t, const gw_batch *b, block *k, uint32_t place, uint8_t request, uint32_t room)
{
    gw_program p = gw_read_program(t, place);
    size_t number = k->begin + request;
    gw_row action = b->values[GW_CLASSIFIER_ACTION][b->codes[GW_CLASSIFIER_ACTION][number]];
    const uint32_t *run = p.denies;
    uint32_t total = p.deny_count;
    int has_identity = b->callers[b->caller_codes[number]].shared_count != 0;
    for (uint32_t layer = 0; layer < p.layer_count; layer++) {
        total += GW_LAYER_COUNT(p.layers[layer]);
        has_identity |= GW_LAYER_KIND(p.layers[layer]) == GW_LAYER_IDENTITY;
    }
    if (total > LONGEST || total > room || p.layer_count > SUM_LIMIT - k->sum_count || !has_identity) {
        set_odd(k, request);
        return;
    }
    list_run(t, k, run, p.asked, p.deny_count, action, 2u * request + 1);
    run += p.deny_count;
    for (uint32_t layer = 0; layer < p.layer_count; layer++) {
        uint32_t sum = 2u * request, count = GW_LAYER_COUNT(p.layers[layer]);
        if (GW_LAYER_KIND(p.layers[layer]) != GW_LAYER_IDENTITY) {
            sum = k->sum_count++;
            k->firsts[sum] = GW_NONE;
            k->unsure[sum] = 0;
            k->owners[sum] = request;
        }
        list_run(t, k, run, p.asked ? p.asked + (run - p.denies) : NULL, count, action, sum);
        run += count;
    }
}

/* List the statements of all programs.  Most have identity policies alone, and few statements: those are copied as they
 * stand, denies before allows, always CHUNK of them. */
STEP void list_statements(const gw_table *t, const gw_batch *b, block *k)
{
    static const uint64_t each = 0x0101010101010101u;
    static const uint64_t first[CHUNK + 1] = { /* bytes: 1 for each deny */
        0, 0x1, 0x101, 0x10101, 0x1010101, 0x101010101, 0x10101010101, 0x1010101010101, 0x101010101010101};
    const uint32_t *programs = t->programs;
    uint32_t n = 0;
    for (uint32_t i = 0, place_count = k->place_count; i < place_count; i++) {
        const uint32_t *words = programs + k->places[i];
        /* Of a generic program, or another layer than identity policies, high bits are left. */
        uint32_t deny_count = words[0] ^ GW_PROGRAM_MARK, count = deny_count + words[2];
        if (SELDOM(count > CHUNK || words[1] != 1)) {
            k->item_count = n;
            list_any_program(t, b, k, k->places[i], k->requests[i],
                             ITEM_LIMIT - n - (place_count - i - 1) * CHUNK); /* with room for those that follow */
            n = k->item_count;
            continue;
        }
        uint64_t sums = 2 * each * k->requests[i] + first[deny_count];
        memcpy(k->statements + n, words + 3, CHUNK * sizeof *words);
        memcpy(k->sums + n, &sums, CHUNK);
        n += count;
    }
    k->item_count = n;
}

/* ---- truth ---- */

/* Truth of a statement whose action's test holds, when the sample does not tell. */
STEP unsigned find_truth(const gw_table *t, const gw_batch *b, size_t number, uint32_t statement)
{
    gw_request request = gw_read_request(b, number);
    return gw_statement_truth(t, &request, statement, 1);
}

STEP void judge(const gw_table *t, const gw_batch *b, block *k)
{
    const gw_statement *all = t->statements;
    const int32_t *const *all_codes = b->codes;
    const gw_row *const *all_values = b->values;
    const gw_row missing = b->missing;
    const size_t begin = k->begin;
    for (uint32_t i = 0, count = k->item_count; i < count; i++) {
        uint32_t number = k->statements[i], sum = k->sums[i];
        const gw_statement *s = &all[number];
        const gw_test *test = &s->sample;
        size_t request = begin + k->owners[sum];
        const int32_t *codes = all_codes[test->classifier];
        gw_row row = SELDOM(!codes) ? missing : all_values[test->classifier][codes[request]];
        uint32_t holds;
        if (SELDOM(row < GW_ROW_STATES)) {
            unsigned truth = test->states >> 2 * row & 3u;
            if (SELDOM(truth == GW_UNSURE)) {
                truth = find_truth(t, b, request, number);
                k->unsure[sum] |= truth & GW_UNSURE;
                k->has_unsure = 1;
            }
            holds = truth == GW_TRUE;
        } else if (SELDOM(row & 1)) {
            holds = gw_holds(row, test->column) ^ (test->flags & GW_TEST_NEGATED);
        } else {
            holds = (uint32_t)(((const uint64_t *)row)[test->column >> 6] >> (test->column & 63));
            holds = (holds ^ test->flags) & 1;
        }
        holds |= s->left;
        if (SELDOM(holds == (1 | GW_LEFT_MORE))) {
            unsigned truth = find_truth(t, b, request, number);
            k->unsure[sum] |= truth & GW_UNSURE;
            k->has_unsure |= truth == GW_UNSURE;
            holds = truth == GW_TRUE;
        }
        uint32_t told = number | ((holds & 1) - 1), before = k->firsts[sum];
        k->firsts[sum] = told < before ? told : before;
    }
}

static unsigned truth_of(const block *k, uint32_t sum)
{
    return k->firsts[sum] != GW_NONE ? GW_TRUE : k->unsure[sum];
}

/* Where nobody can tell of some statement, or other layers than identity policies must allow. */
static void decide_by_sums(block *k, uint8_t *decisions, int32_t *statements)
{
    uint8_t ceilings[BLOCK];
    memset(ceilings, GW_TRUE, sizeof ceilings);
    for (uint32_t sum = 2 * BLOCK; sum < k->sum_count; sum++)
        ceilings[k->owners[sum]] &= (uint8_t)truth_of(k, sum);
    for (uint32_t i = 0; i < k->count; i++) {
        unsigned deny = truth_of(k, 2 * i + 1), allow = truth_of(k, 2 * i) & ceilings[i];
        statements[i] = -1;
        if (deny == GW_TRUE) {
            decisions[i] = GW_EXPLICIT_DENY;
            statements[i] = (int32_t)k->firsts[2 * i + 1];
        } else if (allow == GW_FALSE) {
            decisions[i] = GW_IMPLICIT_DENY;
        } else if (allow != GW_TRUE || deny != GW_FALSE) {
            decisions[i] = GW_UNKNOWN;
        } else {
            decisions[i] = GW_ALLOW;
            statements[i] = (int32_t)k->firsts[2 * i];
        }
    }
}

STEP void decide_by_firsts(const block *k, uint8_t *restrict decisions, int32_t *restrict statements)
{
    for (uint32_t i = 0; i < k->count; i++) {
        uint32_t allow = k->firsts[2 * i], deny = k->firsts[2 * i + 1];
        uint32_t is_denied = deny != GW_NONE, is_allowed = allow != GW_NONE;
        decisions[i] = (uint8_t)(is_denied * GW_EXPLICIT_DENY + (is_allowed & ~is_denied) * GW_ALLOW);
        statements[i] = (int32_t)(deny & (allow | (0u - is_denied))); /* GW_NONE is -1 */
    }
}

void gw_decide_batch(const gw_table *table, const gw_batch *batch, size_t begin, size_t end, uint8_t *decisions,
                     int32_t *statements)
{
    block now;
    for (uint32_t sum = 0; sum < 2 * BLOCK; sum++)
        now.owners[sum] = (uint8_t)(sum / 2);
    for (now.begin = begin; now.begin < end; now.begin += BLOCK) {
        now.count = end - now.begin < BLOCK ? (uint32_t)(end - now.begin) : BLOCK;
        now.sum_count = 2 * BLOCK;
        now.has_unsure = now.has_odd = 0;
        memset(now.firsts, 0xff, 2 * BLOCK * sizeof *now.firsts);
        memset(now.unsure, 0, 2 * BLOCK);
        memset(now.is_odd, 0, sizeof now.is_odd);
        if (end - now.begin > 2 * BLOCK)
            read_codes_ahead(table, batch, now.begin + BLOCK);
        find_rows(table, batch, &now);
        find_cells(table, &now);
        find_programs(table, &now);
        list_statements(table, batch, &now);
        judge(table, batch, &now);
        uint8_t *decided = decisions + now.begin;
        int32_t *determined = statements + now.begin;
        if (SELDOM(now.has_unsure || now.sum_count > 2 * BLOCK))
            decide_by_sums(&now, decided, determined);
        else
            decide_by_firsts(&now, decided, determined);
        for (uint32_t i = 0; now.has_odd && i < now.count; i++) {
            if (now.is_odd[i]) {
                gw_request request = gw_read_request(batch, now.begin + i);
                decided[i] = gw_decide(table, &request, &determined[i]);
            }
        }
    }
}
