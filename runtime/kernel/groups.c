/* Groups of patterns: automata, automata that gather, simulations of positions; relays.c has the fourth kind. */
#include "groups.h"
#include "automaton.h"

#include <string.h>

static uint32_t run_automaton(const gw_table *t, const gw_group *g, const uint8_t *text, size_t bytes)
{
    const gw_automaton a = gw_read_automaton(t, g);
    uint32_t state = a.start;
    if (state >= a.special)
        gw_run_on(&a, text, bytes, 0, &state);
    return a.accepts[gw_state_number(&a, state)];
}

/* Unite the rows of all states on the way that accept. */
static void run_gathering(const gw_table *t, const gw_classifier *c, const gw_group *g, const uint8_t *text, size_t bytes,
                          uint64_t *space)
{
    const gw_automaton a = gw_read_automaton(t, g);
    uint32_t state = a.start, last = GW_NONE;
    size_t i = state < a.special ? 0 : gw_run_on(&a, text, bytes, 0, &state);
    while (i <= bytes && state < a.accepting) {
        uint32_t row = a.accepts[gw_state_number(&a, state)];
        if (row != last) /* a text that finds the same again costs no more than its bytes */
            gw_unite(c, gw_table_row(t, c, row), space);
        last = row;
        i = gw_run_on(&a, text, bytes, i, &state);
    }
}

/* Positions are bits.  A byte moves some of them one up and lets some stay: a star at every byte, what stands behind a `?`
 * at the continuation bytes of its character.  So bytes that are in no character count as 0xff, which is in no pattern. */
static inline void simulate(uint64_t *positions, const uint64_t *masks, const uint8_t *classes, const uint8_t *text,
                            size_t bytes, size_t words)
{
    size_t whole = 0; /* bytes in front of it are in characters */
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte = text[i];
        if (byte >= 0x80 && i >= whole) {
            size_t n = gw_character_bytes(text, bytes, i);
            whole = i + n;
            byte = n ? byte : 0xff;
        }
        const uint64_t *advance = masks + 2 * words * classes[byte], *stay = advance + words;
        /* Downwards, for a word takes the highest bit of the one below it, as it was. */
        for (size_t w = words - 1; w > 0; w--) {
            uint64_t carry = (positions[w - 1] & advance[w - 1]) >> 63;
            positions[w] = (positions[w] & advance[w]) << 1 | carry | (positions[w] & stay[w]);
        }
        positions[0] = (positions[0] & advance[0]) << 1 | (positions[0] & stay[0]);
    }
}

/* Few words stay in registers. */
static inline void simulate_few(uint64_t *now, const uint64_t *masks, const uint8_t *classes, const uint8_t *text,
                                size_t bytes, size_t words)
{
    uint64_t positions[4];
    memcpy(positions, now, words * 8);
    simulate(positions, masks, classes, text, bytes, words);
    memcpy(now, positions, words * 8);
}

static void run_simulation(const gw_table *t, const gw_classifier *c, const gw_group *g, const uint8_t *text,
                           size_t bytes, uint64_t *now, uint64_t *space)
{
    const uint8_t *classes = t->byte_maps + (size_t)g->byte_map * 256;
    size_t words = g->word_count;
    const uint64_t *masks = t->masks + g->mask_first + words;
    memcpy(now, t->masks + g->mask_first, words * 8);
    switch (words) {
    case 1:
        simulate_few(now, masks, classes, text, bytes, 1);
        break;
    case 2:
        simulate_few(now, masks, classes, text, bytes, 2);
        break;
    case 3:
        simulate_few(now, masks, classes, text, bytes, 3);
        break;
    case 4:
        simulate_few(now, masks, classes, text, bytes, 4);
        break;
    default:
        simulate(now, masks, classes, text, bytes, words);
    }
    for (uint32_t a = 0; a < g->accept_count; a++) {
        const uint32_t *accept = t->accepts + g->accept_first + 2 * (size_t)a;
        if (now[accept[0] >> 6] >> (accept[0] & 63) & 1)
            gw_unite(c, gw_table_row(t, c, accept[1]), space);
    }
}

gw_row gw_run_groups(const gw_table *t, const gw_classifier *c, const uint8_t *text, size_t bytes, uint64_t *simulation,
                     uint64_t *space)
{
    const gw_group *groups = t->groups + c->group_first;
    if (c->group_count == 0)
        return gw_table_row(t, c, 0);
    if (c->group_count == 1 && groups[0].kind == GW_GROUP_AUTOMATON)
        return gw_table_row(t, c, run_automaton(t, &groups[0], text, bytes));
    memset(space, 0, c->row_words * 8);
    for (uint32_t i = 0; i < c->group_count; i++) {
        const gw_group *g = &groups[i];
        switch (g->kind) {
        case GW_GROUP_AUTOMATON:
            gw_unite(c, gw_table_row(t, c, run_automaton(t, g, text, bytes)), space);
            break;
        case GW_GROUP_GATHERING:
            run_gathering(t, c, g, text, bytes, space);
            break;
        case GW_GROUP_SIMULATION:
            run_simulation(t, c, g, text, bytes, simulation, space);
            break;
        default:
            gw_run_relays(t, c, g, text, bytes, simulation, space);
        }
    }
    return (gw_row)space;
}
