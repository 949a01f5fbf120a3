/* Groups of patterns: automata, automata that gather, simulations of positions; relays.c has the fourth kind. */
#include "groups.h"
#include "automaton.h"

#include <string.h>

static uint32_t run_automaton(const gw_table *t, const gw_group *g, const uint8_t *text, size_t bytes)
{
    const gw_automaton a = gw_read_automaton(t, g);
    uint32_t state = a.start;
    if (state >= a.special)
        gw_run_on(&a, text, bytes, 0, &state, NULL, 0);
    return a.accepts[gw_state_number(&a, state)];
}

/* Unite the rows of all states on the way that accept. */
static void run_gathering(const gw_table *t, const gw_classifier *c, const gw_group *g, const uint8_t *text, size_t bytes,
                          uint64_t *space)
{
    const gw_automaton a = gw_read_automaton(t, g);
    uint32_t state = a.start, last = GW_NONE;
    size_t i = state < a.special ? 0 : gw_run_on(&a, text, bytes, 0, &state, NULL, 0);
    while (i <= bytes && state < a.accepting) {
        uint32_t row = a.accepts[gw_state_number(&a, state)];
        if (row != last) /* a text that finds the same again costs no more than its bytes */
            gw_unite(c, gw_table_row(t, c, row), space);
        last = row;
        i = gw_run_on(&a, text, bytes, i, &state, NULL, 0);
    }
}

/* Positions are bits; a byte moves them up by 1 to 4 (a code point of n bytes crosses n positions, see
 * compiler/automaton.py) or lets them stay.  `simulation` holds the words before and after a byte. */
static void run_simulation(const gw_table *t, const gw_classifier *c, const gw_group *g, const uint8_t *text,
                           size_t bytes, uint64_t *simulation, uint64_t *space)
{
    const uint8_t *classes = t->byte_maps + (size_t)g->byte_map * 256;
    size_t words = g->word_count;
    uint64_t *now = simulation, *then = simulation + words;
    memcpy(now, t->masks + g->mask_first, words * 8);
    for (size_t i = 0; i < bytes; i++) {
        const uint64_t *masks = t->masks + g->mask_first + words * (1 + 5 * (size_t)classes[text[i]]);
        uint64_t carry[4] = {0, 0, 0, 0}, any = 0;
        for (size_t w = 0; w < words; w++) {
            uint64_t moved = now[w] & masks[4 * words + w];
            for (unsigned k = 0; k < 4; k++) {
                uint64_t from = now[w] & masks[k * words + w];
                moved |= from << (k + 1) | carry[k];
                carry[k] = from >> (63 - k);
            }
            then[w] = moved;
            any |= moved;
        }
        uint64_t *swap = now;
        now = then;
        then = swap;
        if (!any)
            return;
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
