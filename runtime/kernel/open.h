/* How the bytes of a table are verified.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_OPEN_H
#define GATEWRIGHT_KERNEL_OPEN_H

#include "gatewright/table.h"

#define COUNT(section) (header->sections[GW_SECTION_##section].count)

/* How far the sections that classifiers, maps and keys divide among themselves are used up.
 *
 * INVARIANT (partition): classifier by classifier, group by group, map by map, key by key, each takes the elements that
 * follow those of the one before.  Nothing is shared, so that verifying takes time linear in the size of the table,
 * whatever the bytes are, and so does whatever visits the classifiers of all keys.
 *
 * Columns have no section; there are no more of them than tests, see columns_are_few. */
typedef struct {
    uint64_t slots, groups, transitions, accepts, masks, rows, lists, list_starts, instants, numbers, ipv4, ipv6, ipv4_index;
    uint64_t ranges, key_classifiers, columns, relay_sets, relays, legs, pieces, nodes, anchors;
    uint32_t simulation_words, row_words; /* largest ones so far */
} gw_cursor;

/* Does [first, first + count) lie in [0, limit)?  Callers pass 32-bit values, so nothing overflows. */
static inline int gw_fits(uint64_t first, uint64_t count, uint64_t limit)
{
    return first <= limit && count <= limit - first;
}

/* Take `count` elements that must start where the last ones ended. */
static inline int gw_take(uint64_t *used, uint64_t first, uint64_t count, uint64_t limit)
{
    if (first != *used || !gw_fits(first, count, limit))
        return 0;
    *used += count;
    return 1;
}

/* Can the kernel run a group, whatever the text is?  Its rows are below `row_count`. */
int gw_group_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group, uint32_t row_count);

#endif
