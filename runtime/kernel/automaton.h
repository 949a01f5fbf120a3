/* Run the automaton of a group.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_AUTOMATON_H
#define GATEWRIGHT_KERNEL_AUTOMATON_H

#include "gatewright/table.h"

#include <string.h>

/* A state is the place of its row in units of 2^shift byte classes: a byte costs one load that depends on the one before,
 * and no multiplication.  The smallest shift is used that lets 16 bits reach all rows. */
typedef struct {
    const uint8_t *classes;
    const uint16_t *transitions;
    const uint32_t *accepts;
    uint32_t shift;
    uint32_t class_count;
    uint64_t row_part; /* 2^32 / row units, rounded up: a product instead of a quotient, exact for numbers of 16 bits */
    uint32_t start;
    uint32_t accepting; /* states below it: see absorbing_count of gw_group */
    uint32_t special;   /* ... and in front of it one that is dead */
} gw_automaton;

static inline gw_automaton gw_read_automaton(const gw_table *t, const gw_group *g)
{
    uint32_t row_units = GW_ROW_UNITS(g), accepting = g->absorbing_count * row_units;
    return (gw_automaton){t->byte_maps + (size_t)g->byte_map * 256,
                          t->transitions + g->transition_first,
                          t->accepts + g->accept_first,
                          g->shift,
                          g->class_count,
                          (uint64_t)(0xffffffffu / row_units) + 1,
                          g->start * row_units,
                          accepting,
                          accepting + (g->kind == GW_GROUP_GATHERING ? g->accept_count * row_units : 0)};
}

/* The number of a state. */
static inline uint32_t gw_state_number(const gw_automaton *a, uint32_t state)
{
    return (uint32_t)(state * a->row_part >> 32);
}

/* Go on behind byte i until a state comes up that matters, and tell how many bytes that took; bytes + 1: none does.  A
 * state matters that is below `special`, or in relays that has a piece which is wanted. */
static inline size_t gw_run_on_shifted(const gw_automaton *a, const uint8_t *text, size_t bytes, size_t i, uint32_t *state,
                                       unsigned shift, int has_pieces, uint32_t wanted)
{
    uint32_t s = *state, special = a->special;
    const uint8_t *classes = a->classes;
    const uint16_t *transitions = a->transitions, *pieces = transitions + a->class_count;
    while (i < bytes) {
        s = transitions[((size_t)s << shift) + classes[text[i++]]];
        uint32_t found = s < special;
        if (has_pieces) {
            memcpy(&found, pieces + ((size_t)s << shift), sizeof found);
            found &= wanted;
        }
        if (found) {
            *state = s;
            return i;
        }
    }
    *state = s;
    return bytes + 1;
}

/* The shifts that most automata have are constants, which addressing takes in. */
static inline size_t gw_run_on_for(const gw_automaton *a, const uint8_t *text, size_t bytes, size_t i, uint32_t *state,
                                   int has_pieces, uint32_t wanted)
{
    switch (a->shift) {
    case 0:
        return gw_run_on_shifted(a, text, bytes, i, state, 0, has_pieces, wanted);
    case 1:
        return gw_run_on_shifted(a, text, bytes, i, state, 1, has_pieces, wanted);
    case 2:
        return gw_run_on_shifted(a, text, bytes, i, state, 2, has_pieces, wanted);
    default:
        return gw_run_on_shifted(a, text, bytes, i, state, a->shift, has_pieces, wanted);
    }
}

static inline size_t gw_run_on(const gw_automaton *a, const uint8_t *text, size_t bytes, size_t i, uint32_t *state)
{
    return gw_run_on_for(a, text, bytes, i, state, 0, 0);
}

/* Until a state has one of the pieces whose bits are wanted. */
static inline size_t gw_run_to_pieces(const gw_automaton *a, const uint8_t *text, size_t bytes, size_t i, uint32_t *state,
                                      uint32_t wanted)
{
    return gw_run_on_for(a, text, bytes, i, state, 1, wanted);
}

#endif
