/* Match a text against the groups of a classifier.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_GROUPS_H
#define GATEWRIGHT_KERNEL_GROUPS_H

#include "gatewright/decide.h"
#include "text.h"

/* A-Z become a-z in each byte: bit 7 of `is_upper` is set where the byte is one of them. */
static inline uint64_t gw_fold_ascii(uint64_t word)
{
    uint64_t low = word & 0x7f * GW_ONES;
    uint64_t is_upper = ~word & (low + (0x80 - 'A') * GW_ONES) & ~(low + (0x7f - 'Z') * GW_ONES) & 0x80 * GW_ONES;
    return word | is_upper >> 2;
}

static inline gw_row gw_table_row(const gw_table *t, const gw_classifier *c, uint32_t row)
{
    if (c->is_sparse)
        return (gw_row)&t->lists[t->list_starts[c->row_first + row]] | 1;
    return (gw_row)&t->rows[c->row_first + (size_t)row * c->row_words];
}

/* Add the columns of a row to a dense one. */
static inline void gw_unite(const gw_classifier *c, gw_row row, uint64_t *space)
{
    if (row & 1) {
        const uint32_t *list = (const uint32_t *)(row & ~(gw_row)1);
        for (uint32_t i = 1; i <= list[0]; i++)
            space[list[i] >> 6] |= 1ull << (list[i] & 63);
        return;
    }
    const uint64_t *words = (const uint64_t *)row;
    for (uint32_t w = 0; w < c->row_words; w++)
        space[w] |= words[w];
}

/* Bytes of the character at i, or 0: a lead byte and as many continuation bytes as it asks for. */
static inline size_t gw_character_bytes(const uint8_t *text, size_t bytes, size_t i)
{
    if (i >= bytes)
        return 0;
    uint8_t lead = text[i];
    size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < n; k++)
        if (bytes - i <= k || (text[i + k] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* The row of a text that no list names: of the table, or united in `space` from those that the groups find.  `work` has
 * room for 2 x header->simulation_words words. */
gw_row gw_run_groups(const gw_table *table, const gw_classifier *c, const uint8_t *text, size_t bytes, uint64_t *work,
                     uint64_t *space);

/* Unite the rows of the relays that a text runs through to the end. */
void gw_run_relays(const gw_table *table, const gw_classifier *c, const gw_group *group, const uint8_t *text, size_t bytes,
                   uint64_t *work, uint64_t *space);

#endif
