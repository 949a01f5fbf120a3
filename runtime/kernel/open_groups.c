/* Verify groups of patterns: every byte of a text must lead to places that are there, and every walk must end. */
#include "open.h"

/* What stands for a byte class in a row of transitions is the place of a row, which lies whole in those of the group, so
 * that every byte leads to another such place.  Of relays it is the place where a row begins, for not all that stands in
 * a row are places; of the others nobody has to know. */
static int automaton_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group)
{
    uint64_t row_units = GW_ROW_UNITS(group), count = group->state_count;
    uint64_t cell_count = count * row_units << group->shift;
    if (!count || count * row_units > 65536 || group->start >= count || group->absorbing_count > count ||
        !gw_take(&used->transitions, group->transition_first, cell_count, COUNT(TRANSITIONS)))
        return 0;
    uint64_t last = (count - 1) * row_units, row_entries = row_units << group->shift;
    int is_mixed = group->kind == GW_GROUP_RELAYS;
    uint64_t place_count = is_mixed ? group->class_count : row_entries;
    const uint16_t *row = t->transitions + group->transition_first;
    for (uint64_t s = 0; s < count; s++, row += row_entries)
        for (uint64_t k = 0; k < place_count; k++)
            if (row[k] > last || (is_mixed && row[k] % row_units))
                return 0;
    return 1;
}

static int states_have_rows(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group,
                            uint32_t row_count)
{
    if (group->accept_count > (group->kind == GW_GROUP_GATHERING && group->absorbing_count < group->state_count) ||
        !gw_take(&used->accepts, group->accept_first, group->state_count, COUNT(ACCEPTS)))
        return 0;
    for (uint32_t s = 0; s < group->state_count; s++)
        if (t->accepts[group->accept_first + s] >= row_count)
            return 0;
    return 1;
}

static int simulation_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group,
                               uint32_t row_count)
{
    if (!group->word_count ||
        !gw_take(&used->masks, group->mask_first, (uint64_t)group->word_count * (1 + 2 * (uint64_t)group->class_count),
              COUNT(MASKS)) ||
        !gw_take(&used->accepts, group->accept_first, 2 * (uint64_t)group->accept_count, COUNT(ACCEPTS)))
        return 0;
    for (uint32_t i = 0; i < group->accept_count; i++) {
        const uint32_t *accept = &t->accepts[group->accept_first + 2 * (uint64_t)i];
        if (accept[0] >= (uint64_t)group->word_count * 64 || accept[1] >= row_count)
            return 0;
    }
    return 1;
}

/* The nodes of a tree level by level, so that each but the root is the child of one; likewise each anchor belongs to one
 * node.  So a walk ends, and comes to no relay twice. */
static int tree_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, uint64_t first, uint32_t node_count,
                         uint32_t anchor_count)
{
    uint64_t children = 1, anchors = 0;
    if (!node_count || !gw_take(&used->nodes, first, node_count, COUNT(NODES)))
        return 0;
    for (uint32_t n = 0; n < node_count; n++) {
        const gw_node *node = &t->nodes[first + n];
        if ((node->text_bytes == 0) != (n == 0) || !gw_fits(node->text_offset, node->text_bytes, COUNT(TEXT)) ||
            !gw_take(&children, node->child_first, node->child_count, node_count) ||
            !gw_take(&anchors, node->anchor_first, node->anchor_count, anchor_count))
            return 0;
    }
    return children == node_count && anchors == anchor_count;
}

static int anchors_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_relay_set *set)
{
    uint64_t relays = 0, count = (uint64_t)set->beginning_count + set->ending_count;
    if (!gw_take(&used->anchors, set->anchor_first, count, COUNT(ANCHORS)))
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        const gw_anchor *anchor = &t->anchors[set->anchor_first + i];
        if (!gw_fits(anchor->part_first, anchor->part_count, COUNT(PARTS)) ||
            !gw_take(&relays, anchor->relay_first, anchor->relay_count, i < set->beginning_count ? set->relay_count : relays))
            return 0;
    }
    return 1;
}

/* Does no state but those that accept tell of a piece?  The bits stand behind the places of its row. */
static int others_have_no_piece(const gw_table *t, const gw_group *group)
{
    size_t row_entries = (size_t)GW_ROW_UNITS(group) << group->shift;
    const uint16_t *row = t->transitions + group->transition_first + row_entries * group->absorbing_count;
    for (uint32_t s = group->absorbing_count; s < group->state_count; s++, row += row_entries)
        if (row[group->class_count] | row[group->class_count + 1])
            return 0;
    return 1;
}

/* Each state that accepts has a list of pieces, and these lists lie in order. */
static int pieces_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group,
                            const gw_relay_set *set)
{
    if (!gw_take(&used->pieces, set->piece_first, set->piece_count, COUNT(PIECES)) ||
        !gw_take(&used->accepts, group->accept_first, group->accept_count, COUNT(ACCEPTS)))
        return 0;
    if (!set->piece_count)
        return !group->state_count && !group->accept_count;
    if (!automaton_is_sound(t, header, used, group) || group->absorbing_count >= group->accept_count ||
        !others_have_no_piece(t, group))
        return 0;
    const uint32_t *accepts = t->accepts + group->accept_first;
    for (uint32_t s = 0; s < group->absorbing_count; s++)
        if (accepts[s] <= group->absorbing_count || accepts[s] > accepts[s + 1] || accepts[s + 1] > group->accept_count)
            return 0;
    for (uint32_t i = group->absorbing_count + 1; i < group->accept_count; i++)
        if (accepts[i] >= set->piece_count)
            return 0;
    return 1;
}

static int relays_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group,
                            uint32_t row_count)
{
    if (!gw_take(&used->relay_sets, group->relay_set, 1, COUNT(RELAY_SETS)))
        return 0;
    const gw_relay_set *set = &t->relay_sets[group->relay_set];
    if ((GW_RELAY_WORDS(set->relay_count, set->piece_count, set->ending_count) + 1) / 2 != group->word_count ||
        !pieces_are_sound(t, header, used, group, set) || !anchors_are_sound(t, header, used, set) ||
        !tree_is_sound(t, header, used, set->node_first, set->beginning_node_count, set->beginning_count) ||
        !tree_is_sound(t, header, used, (uint64_t)set->node_first + set->beginning_node_count, set->ending_node_count,
                       set->ending_count) ||
        !gw_take(&used->relays, set->relay_first, set->relay_count, COUNT(RELAYS)))
        return 0;
    uint64_t piece_count = (uint64_t)set->piece_count + set->ending_count;
    for (uint32_t r = 0; r < set->relay_count; r++) {
        const gw_relay *relay = &t->relays[set->relay_first + r];
        if (relay->row >= row_count || relay->peer > r || !gw_take(&used->legs, relay->leg_first, relay->leg_count, COUNT(LEGS)))
            return 0;
        for (uint32_t i = 0; i < relay->leg_count; i++)
            if (t->legs[relay->leg_first + i] >= piece_count)
                return 0;
    }
    return 1;
}

int gw_group_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_group *group,
                      uint32_t row_count)
{
    if (!group->class_count || group->class_count > 256 || group->shift > 8 ||
        !gw_fits((uint64_t)group->byte_map * 256, 256, COUNT(BYTE_MAPS)))
        return 0;
    for (uint32_t b = 0; b < 256; b++)
        if (t->byte_maps[(uint64_t)group->byte_map * 256 + b] >= group->class_count)
            return 0;
    if (group->word_count > used->simulation_words)
        used->simulation_words = group->word_count;
    switch (group->kind) {
    case GW_GROUP_AUTOMATON:
    case GW_GROUP_GATHERING:
        return !group->word_count && automaton_is_sound(t, header, used, group) &&
               states_have_rows(t, header, used, group, row_count);
    case GW_GROUP_SIMULATION:
        return simulation_is_sound(t, header, used, group, row_count);
    case GW_GROUP_RELAYS:
        return relays_are_sound(t, header, used, group, row_count);
    default:
        return 0;
    }
}
