/* Open a table: verify bytes that may be anything, once and whole. */
#include "gatewright/decide.h"
#include "gatewright/hash.h"
#include "open.h"

static const uint8_t ELEMENT_BYTES[GW_SECTION_COUNT] = {
    [GW_SECTION_TEXT] = 1,
    [GW_SECTION_MAPS] = sizeof(gw_map),
    [GW_SECTION_SLOTS] = 4,
    [GW_SECTION_SYMBOLS] = sizeof(gw_symbol),
    [GW_SECTION_PRINCIPALS] = sizeof(gw_principal),
    [GW_SECTION_RESOURCES] = sizeof(gw_resource),
    [GW_SECTION_ACCOUNTS] = sizeof(gw_account),
    [GW_SECTION_ENDPOINTS] = sizeof(gw_endpoint),
    [GW_SECTION_KEYS] = sizeof(gw_key),
    [GW_SECTION_CLASSIFIERS] = sizeof(gw_classifier),
    [GW_SECTION_GROUPS] = sizeof(gw_group),
    [GW_SECTION_BYTE_MAPS] = 1,
    [GW_SECTION_TRANSITIONS] = 2,
    [GW_SECTION_MASKS] = 8,
    [GW_SECTION_ACCEPTS] = 4,
    [GW_SECTION_RELAY_SETS] = sizeof(gw_relay_set),
    [GW_SECTION_RELAYS] = sizeof(gw_relay),
    [GW_SECTION_LEGS] = 4,
    [GW_SECTION_PIECES] = 4,
    [GW_SECTION_NODES] = sizeof(gw_node),
    [GW_SECTION_ANCHORS] = sizeof(gw_anchor),
    [GW_SECTION_IPV4] = 4,
    [GW_SECTION_IPV6] = sizeof(gw_ipv6),
    [GW_SECTION_IPV4_INDEX] = 4,
    [GW_SECTION_INSTANTS] = sizeof(gw_instant),
    [GW_SECTION_NUMBERS] = sizeof(gw_number),
    [GW_SECTION_RANGE_ROWS] = 4,
    [GW_SECTION_ROWS] = 8,
    [GW_SECTION_LISTS] = 4,
    [GW_SECTION_LIST_STARTS] = 4,
    [GW_SECTION_FOLDS] = sizeof(gw_fold),
    [GW_SECTION_PARTS] = sizeof(gw_part),
    [GW_SECTION_TEMPLATES] = sizeof(gw_template),
    [GW_SECTION_ALTERNATIVES] = sizeof(gw_alternative),
    [GW_SECTION_TESTS] = sizeof(gw_test),
    [GW_SECTION_STATEMENTS] = sizeof(gw_statement),
    [GW_SECTION_PROGRAMS] = 4,
    [GW_SECTION_CELLS] = 4,
    [GW_SECTION_NOTES] = 1,
};

size_t gw_element_bytes(uint32_t section)
{
    return section < GW_SECTION_COUNT ? ELEMENT_BYTES[section] : 0;
}

/* Columns that the compiler adds (compiler/lower.py): three of actions with cells of their own, the sets of actions, and
 * what makes the resource's and the caller's classifier have one at least. */
#define ADDED_COLUMNS (3u + GW_SET_COUNT + 2u)

static int maps_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used)
{
    if (COUNT(MAPS) != GW_CLASSIFIER_MAPS + COUNT(CLASSIFIERS))
        return 0;
    for (uint64_t s = 0; s < COUNT(SYMBOLS); s++)
        if (!gw_fits(t->symbols[s].text_offset, t->symbols[s].text_bytes, COUNT(TEXT)))
            return 0;
    for (uint64_t m = 0; m < COUNT(MAPS); m++) {
        const gw_map *map = &t->maps[m];
        uint64_t value_count = m == GW_PRINCIPAL_MAP  ? COUNT(PRINCIPALS)
                             : m == GW_KEY_MAP      ? COUNT(KEYS)
                             : m == GW_RESOURCE_MAP ? COUNT(RESOURCES)
                             : m == GW_ENDPOINT_MAP ? COUNT(ENDPOINTS)
                                                    : t->classifiers[m - GW_CLASSIFIER_MAPS].row_count;
        if (!gw_take(&used->slots, map->first_slot, map->slot_count, COUNT(SLOTS)) || (map->slot_count & (map->slot_count - 1)) ||
            map->probe_limit > map->slot_count || map->probe_limit > GW_PROBE_LIMIT)
            return 0;
        for (uint32_t i = 0; i < map->slot_count; i++) {
            uint32_t symbol = t->slots[map->first_slot + i];
            if (symbol > COUNT(SYMBOLS) || (symbol && t->symbols[symbol - 1].value >= value_count))
                return 0;
        }
    }
    return 1;
}

static int principals_are_sound(const gw_table *t, const gw_header *header)
{
    uint64_t cell_rows = COUNT(CELLS) / header->action_column_count;
    uint32_t caller_rows = t->classifiers[GW_CLASSIFIER_CALLER].row_count;
    if (header->everyone_row >= caller_rows || (header->unknown_row != GW_NO_ROW && header->unknown_row >= cell_rows))
        return 0;
    for (uint64_t i = 0; i < COUNT(PRINCIPALS); i++) {
        const gw_principal *p = &t->principals[i];
        if (p->cell_row >= cell_rows || p->symbol >= COUNT(SYMBOLS) || p->kind >= GW_PRINCIPAL_KIND_COUNT ||
            (p->flags & ~GW_PRINCIPAL_FLAGS) || p->account_row >= caller_rows || p->own_row >= caller_rows ||
            (p->federating_row != GW_NO_ROW && p->federating_row >= caller_rows) || p->shared_count > GW_SHARED_LIMIT)
            return 0;
        for (uint32_t k = 0; k < p->shared_count; k++)
            if (!(p->shared_rows[k] & GW_SHARED_PROGRAM) && p->shared_rows[k] >= cell_rows)
                return 0;
    }
    return 1;
}

static int resources_are_sound(const gw_table *t, const gw_header *header)
{
    uint64_t cell_rows = COUNT(CELLS) / header->action_column_count;
    for (uint64_t i = 0; i < COUNT(RESOURCES); i++) {
        const gw_resource *r = &t->resources[i];
        if (r->symbol >= COUNT(SYMBOLS) || r->kind >= GW_RESOURCE_KIND_COUNT || r->is_under_rcps > 1 ||
            (r->policy_row != GW_NO_ROW && r->policy_row >= cell_rows) ||
            (r->attribute_row != GW_NO_ROW && r->attribute_row >= cell_rows))
            return 0;
    }
    return 1;
}

static int accounts_are_sound(const gw_table *t, const gw_header *header)
{
    uint64_t cell_rows = COUNT(CELLS) / header->action_column_count;
    for (uint64_t i = 0; i < COUNT(ACCOUNTS); i++)
        if (t->accounts[i].rcp_row >= cell_rows || (i && t->accounts[i].id <= t->accounts[i - 1].id))
            return 0;
    return 1;
}

static int endpoints_are_sound(const gw_table *t, const gw_header *header)
{
    uint64_t cell_rows = COUNT(CELLS) / header->action_column_count;
    for (uint64_t i = 0; i < COUNT(ENDPOINTS); i++)
        if (t->endpoints[i].symbol >= COUNT(SYMBOLS) || t->endpoints[i].cell_row >= cell_rows)
            return 0;
    return 1;
}

static int keys_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used)
{
    used->key_classifiers = GW_KEY_CLASSIFIERS;
    for (uint64_t k = 0; k < COUNT(KEYS); k++)
        if (t->keys[k].symbol >= COUNT(SYMBOLS) ||
            !gw_take(&used->key_classifiers, t->keys[k].classifier_first, t->keys[k].classifier_count, COUNT(CLASSIFIERS)))
            return 0;
    if (used->key_classifiers != COUNT(CLASSIFIERS))
        return 0;
    for (uint64_t k = 0; k < COUNT(KEYS); k++)
        for (uint32_t c = 0; c < t->keys[k].classifier_count; c++)
            if (t->classifiers[t->keys[k].classifier_first + c].slot != GW_FIRST_KEY_SLOT + k)
                return 0;
    for (uint64_t f = 0; f < COUNT(FOLDS); f++)
        if (t->folds[f].to > 0x10ffff || (f && t->folds[f].from <= t->folds[f - 1].from))
            return 0;
    return 1;
}

/* Numbers may share their digits, so it is their length that bounds the time. */
static int number_is_sound(const gw_table *t, const gw_header *header, const gw_number *number)
{
    if (number->text_bytes > GW_NUMBER_BYTES_LIMIT || !gw_fits(number->text_offset, number->text_bytes, COUNT(TEXT)))
        return 0;
    for (uint32_t i = 0; i < number->text_bytes; i++)
        if ((uint8_t)(t->text[number->text_offset + i] - '0') > 9)
            return 0;
    return 1;
}

/* The search takes the bounds from index[h] to index[h + 1], so these must lie in order. */
static int index_is_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_classifier *c)
{
    if (c->has_ipv4_index > 1)
        return 0;
    if (!c->has_ipv4_index)
        return 1;
    if (!gw_take(&used->ipv4_index, c->ipv4_index_first, GW_IPV4_INDEX_COUNT, COUNT(IPV4_INDEX)))
        return 0;
    const uint32_t *index = t->ipv4_index + c->ipv4_index_first;
    for (uint32_t i = 0; i < GW_IPV4_INDEX_COUNT; i++)
        if (index[i] >= c->bound_count || (i && index[i] < index[i - 1]))
            return 0;
    return 1;
}

static int bounds_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_classifier *c)
{
    uint64_t range_count = 0;
    switch (c->kind) {
    case GW_KIND_INSTANT:
        range_count = 2 * (uint64_t)c->bound_count + 1;
        if (!gw_take(&used->instants, c->bound_first, c->bound_count, COUNT(INSTANTS)))
            return 0;
        break;
    case GW_KIND_NUMBER:
        range_count = 2 * (uint64_t)c->bound_count + 1;
        if (!gw_take(&used->numbers, c->bound_first, c->bound_count, COUNT(NUMBERS)))
            return 0;
        for (uint32_t i = 0; i < c->bound_count; i++)
            if (!number_is_sound(t, header, &t->numbers[c->bound_first + i]))
                return 0;
        break;
    case GW_KIND_ADDRESS:
        /* The search starts at the first bound, which must therefore hold for every address. */
        range_count = (uint64_t)c->bound_count + c->ipv6_count;
        if (!c->bound_count || !c->ipv6_count || !gw_take(&used->ipv4, c->bound_first, c->bound_count, COUNT(IPV4)) ||
            !gw_take(&used->ipv6, c->ipv6_first, c->ipv6_count, COUNT(IPV6)) || t->ipv4[c->bound_first] ||
            t->ipv6[c->ipv6_first].high || t->ipv6[c->ipv6_first].low || !index_is_sound(t, header, used, c))
            return 0;
        break;
    default:
        break;
    }
    if (!gw_take(&used->ranges, c->range_first, range_count, COUNT(RANGE_ROWS)))
        return 0;
    for (uint64_t i = 0; i < range_count; i++)
        if (t->range_rows[c->range_first + i] >= c->row_count)
            return 0;
    return 1;
}

/* A column is there because a test asks for it, but for those that the compiler adds to the actions and the resources.
 * So the scratch for a row of every classifier, also of one whose rows are lists, is no larger than the table. */
static int columns_are_few(const gw_header *header, gw_cursor *used, const gw_classifier *c)
{
    used->columns += c->column_count;
    if (c->row_words > used->row_words)
        used->row_words = c->row_words;
    return c->column_count && used->columns <= COUNT(TESTS) + ADDED_COLUMNS &&
           c->row_words == ((uint64_t)c->column_count + 63) / 64;
}

static int rows_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used, const gw_classifier *c)
{
    if (!c->row_count || !columns_are_few(header, used, c))
        return 0;
    if (!c->is_sparse)
        return gw_take(&used->rows, c->row_first, (uint64_t)c->row_count * c->row_words, COUNT(ROWS));
    if (!gw_take(&used->list_starts, c->row_first, c->row_count, COUNT(LIST_STARTS)))
        return 0;
    for (uint32_t r = 0; r < c->row_count; r++) {
        uint64_t start = t->list_starts[c->row_first + r];
        if (start >= COUNT(LISTS) || !gw_take(&used->lists, start, 1 + (uint64_t)t->lists[start], COUNT(LISTS)))
            return 0;
        const uint32_t *list = &t->lists[start];
        for (uint32_t i = 1; i <= list[0]; i++)
            if (list[i] >= c->column_count || (i > 1 && list[i] <= list[i - 1]))
                return 0;
    }
    return 1;
}

static int classifiers_are_sound(const gw_table *t, const gw_header *header, gw_cursor *used)
{
    if (COUNT(CLASSIFIERS) < GW_KEY_CLASSIFIERS || COUNT(CLASSIFIERS) > 65536)
        return 0;
    for (uint64_t i = 0; i < COUNT(CLASSIFIERS); i++) {
        const gw_classifier *c = &t->classifiers[i];
        if (c->kind >= GW_KIND_COUNT || c->view >= GW_VIEW_COUNT || c->is_sparse > 1 ||
            !rows_are_sound(t, header, used, c) || !bounds_are_sound(t, header, used, c) ||
            !gw_take(&used->groups, c->group_first, c->group_count, COUNT(GROUPS)))
            return 0;
        for (uint32_t g = 0; g < c->group_count; g++)
            if (!gw_group_is_sound(t, header, used, &t->groups[c->group_first + g], c->row_count))
                return 0;
    }
    if (used->simulation_words != header->simulation_words || header->simulation_words > GW_SIMULATION_WORDS_LIMIT ||
        used->row_words != header->row_words)
        return 0;
    static const uint8_t kinds[GW_KEY_CLASSIFIERS] = {GW_KIND_ASCII_FOLD, GW_KIND_TEXT, GW_KIND_ASCII_FOLD, GW_KIND_TEXT};
    for (uint32_t i = 0; i < GW_KEY_CLASSIFIERS; i++)
        if (t->classifiers[i].kind != kinds[i] || t->classifiers[i].view != GW_VIEW_ONE ||
            t->classifiers[i].slot != (i == GW_CLASSIFIER_RESOURCE ? GW_RESOURCE_SLOT : GW_ACTION_SLOT))
            return 0;
    return t->classifiers[GW_CLASSIFIER_SETS].column_count == GW_SET_COUNT &&
           !t->classifiers[GW_CLASSIFIER_CALLER].is_sparse && !t->classifiers[GW_CLASSIFIER_CALLER].group_count &&
           (uint64_t)t->classifiers[GW_CLASSIFIER_ACTION].row_count + 1 >= header->action_column_count;
}

static int templates_are_sound(const gw_table *t, const gw_header *header)
{
    for (uint64_t i = 0; i < COUNT(PARTS); i++) {
        const gw_part *part = &t->parts[i];
        if (part->kind >= GW_PART_KIND_COUNT || !gw_fits(part->text_offset, part->text_bytes, COUNT(TEXT)) ||
            (part->kind == GW_PART_VARIABLE && part->key >= COUNT(KEYS)))
            return 0;
    }
    for (uint64_t i = 0; i < COUNT(TEMPLATES); i++)
        if (!gw_fits(t->templates[i].part_first, t->templates[i].part_count, COUNT(PARTS)))
            return 0;
    for (uint64_t i = 0; i < COUNT(ALTERNATIVES); i++)
        if (!gw_fits(t->alternatives[i].template_first, t->alternatives[i].template_count, COUNT(TEMPLATES)))
            return 0;
    return 1;
}

/* Templates read the texts of the resource and of keys, never the action's; and batches have texts only where the table
 * has templates. */
static int test_is_sound(const gw_table *t, const gw_header *header, const gw_test *test)
{
    if (test->classifier >= COUNT(CLASSIFIERS) || test->classifier == GW_CLASSIFIER_SETS || (test->flags & ~GW_TEST_FLAGS))
        return 0;
    if (test->classifier == GW_CLASSIFIER_CALLER || test->flags & GW_TEST_CALLER)
        return test->classifier == GW_CLASSIFIER_CALLER && test->flags == GW_TEST_CALLER &&
               test->states < GW_CALLER_TEST_COUNT && test->column < t->classifiers[test->classifier].column_count;
    if (test->states >> 1 & ~test->states & 0x55)
        return 0;
    if (test->flags & GW_TEST_TEMPLATES)
        return test->column < COUNT(ALTERNATIVES) && test->classifier != GW_CLASSIFIER_ACTION && COUNT(TEMPLATES) != 0;
    return test->column < t->classifiers[test->classifier].column_count;
}

/* The statement with the sample that it must have. */
static gw_statement sampled(const gw_table *t, gw_statement s)
{
    static const gw_test nothing = {0, GW_CLASSIFIER_ACTION, 0, 0xff};
    const gw_test *second = &t->tests[s.test_first + 1];
    int has_sample = s.test_count > 1 && !(second->flags & (GW_TEST_CALLER | GW_TEST_TEMPLATES));
    s.sample = has_sample ? *second : nothing;
    s.left = (uint8_t)((has_sample ? 0 : GW_LEFT_NOTHING) | (s.test_count > 1 + has_sample ? GW_LEFT_MORE : 0));
    return s;
}

static int statements_are_sound(const gw_table *t, const gw_header *header)
{
    for (uint64_t i = 0; i < COUNT(TESTS); i++)
        if (!test_is_sound(t, header, &t->tests[i]))
            return 0;
    for (uint64_t i = 0; i < COUNT(STATEMENTS); i++) {
        const gw_statement *s = &t->statements[i];
        if (!s->test_count || !gw_fits(s->test_first, s->test_count, COUNT(TESTS)) || s->is_deny > 1 ||
            t->tests[s->test_first].classifier != GW_CLASSIFIER_ACTION)
            return 0;
        gw_statement due = sampled(t, *s);
        if (memcmp(s, &due, sizeof due) != 0)
            return 0;
    }
    return COUNT(STATEMENTS) <= GW_PROGRAM_COUNT;
}

/* A generic program repeats the action's test of a statement, where its column leaves room for that. */
static int repeats_action_test(const gw_table *t, uint32_t word, uint32_t statement)
{
    const gw_test *test = &t->tests[t->statements[statement].test_first];
    return test->column <= GW_PROGRAM_COUNT && word == (test->column << 1 | (test->flags & GW_TEST_NEGATED));
}

/* Programs stand one behind the other; only their first words are marked, so that a cell is sound exactly when it
 * points to a marked word. */
static int programs_are_sound(const gw_table *t, const gw_header *header)
{
    uint64_t count = COUNT(PROGRAMS), place = GW_PROGRAM_FIRST;
    if (count < GW_PROGRAM_FIRST)
        return 0;
    for (uint64_t i = 0; i < GW_PROGRAM_FIRST; i++)
        if (t->programs[i])
            return 0;
    while (place < count) {
        uint32_t word = t->programs[place];
        if (!(word & GW_PROGRAM_MARK) || place + 1 >= count)
            return 0;
        uint64_t deny_count = word & GW_PROGRAM_COUNT, statement_count = deny_count;
        uint32_t layer_count = t->programs[place + 1];
        if (!layer_count || layer_count > header->layer_limit || !gw_fits(place + 2, layer_count, count))
            return 0;
        for (uint32_t layer = 0; layer < layer_count; layer++) {
            uint32_t layer_word = t->programs[place + 2 + layer];
            if (GW_LAYER_KIND(layer_word) >= GW_LAYER_KIND_COUNT)
                return 0;
            statement_count += GW_LAYER_COUNT(layer_word);
        }
        place += 2 + layer_count;
        if (!gw_fits(place, statement_count, count))
            return 0;
        uint64_t denies_end = place + deny_count;
        for (uint64_t end = place + statement_count; place < end; place++)
            if (t->programs[place] >= COUNT(STATEMENTS) || t->statements[t->programs[place]].is_deny != (place < denies_end))
                return 0;
        if (!(word & GW_PROGRAM_GENERIC))
            continue;
        if (!gw_fits(place, statement_count, count))
            return 0;
        for (uint64_t end = place + statement_count; place < end; place++)
            if (!repeats_action_test(t, t->programs[place], t->programs[place - statement_count]))
                return 0;
    }
    uint64_t behind = header->total_bytes - header->sections[GW_SECTION_PROGRAMS].offset - count * sizeof(uint32_t);
    if (behind < GW_PROGRAM_SLACK * sizeof(uint32_t) || COUNT(CELLS) > GW_SHARED_PROGRAM)
        return 0;
    /* What is special for some actions takes the program of all of them, which is therefore none of the special ones. */
    for (uint64_t i = 0; i < COUNT(CELLS); i += header->action_column_count)
        if (t->cells[i] == GW_PROGRAM_SPECIAL)
            return 0;
    /* Nobody can foretell which cells have programs: they are asked for the mark all the same. */
    uint32_t is_unmarked = 0;
    for (uint64_t i = 0; i < COUNT(CELLS); i++) {
        uint32_t cell = t->cells[i];
        if (cell >= count)
            return 0;
        is_unmarked |= (cell >= GW_PROGRAM_FIRST) & ~(t->programs[cell] / GW_PROGRAM_MARK);
    }
    return !(is_unmarked & 1);
}

/* The programs that principals share; the other rows that they share have been looked at. */
static int shared_programs_are_sound(const gw_table *t, const gw_header *header)
{
    for (uint64_t i = 0; i < COUNT(PRINCIPALS); i++)
        for (uint32_t k = 0; k < t->principals[i].shared_count; k++) {
            uint32_t shared = t->principals[i].shared_rows[k], place = shared & ~GW_SHARED_PROGRAM;
            if (shared & GW_SHARED_PROGRAM &&
                (place < GW_PROGRAM_FIRST || place >= COUNT(PROGRAMS) || !(t->programs[place] & GW_PROGRAM_MARK)))
                return 0;
        }
    return 1;
}

static enum gw_open_error open_bytes(gw_table *table, const void *bytes, size_t size, uint32_t *section, int is_sealed)
{
    const uint8_t *start = (const uint8_t *)bytes;
    const gw_header *header = (const gw_header *)bytes;
    memset(table, 0, sizeof *table);
    *section = GW_SECTION_COUNT;
    if (size < sizeof(gw_header))
        return GW_OPEN_TOO_SHORT;
    if ((uintptr_t)bytes % 8)
        return GW_OPEN_MISALIGNED;
    if (header->magic != GW_TABLE_MAGIC)
        return GW_OPEN_NOT_A_TABLE;
    if (header->version < GW_TABLE_VERSION_OLDEST || header->version > GW_TABLE_VERSION)
        return GW_OPEN_VERSION;
    if (header->total_bytes != size)
        return GW_OPEN_SIZE;
    size_t hashed = offsetof(gw_header, checksum) + sizeof header->checksum;
    if (!is_sealed && gw_checksum(start + hashed, size - hashed, GW_TABLE_MAGIC) != header->checksum)
        return GW_OPEN_CHECKSUM;
    if (header->section_count != GW_SECTION_COUNT || !header->action_column_count || header->layer_limit > GW_LAYER_LIMIT)
        return GW_OPEN_STRUCTURE;
    for (uint32_t s = 0; s < GW_SECTION_COUNT; s++) {
        const gw_extent *extent = &header->sections[s];
        *section = s;
        if (extent->offset % GW_SECTION_ALIGNMENT || extent->offset < sizeof(gw_header) || extent->offset > size ||
            extent->count > (size - extent->offset) / ELEMENT_BYTES[s] || extent->count > UINT32_MAX)
            return GW_OPEN_STRUCTURE;
    }
    gw_table t = {.bytes = start, .header = header};
#define PLACE(section) (const void *)(start + header->sections[GW_SECTION_##section].offset)
    t.text = PLACE(TEXT);
    t.maps = PLACE(MAPS);
    t.slots = PLACE(SLOTS);
    t.symbols = PLACE(SYMBOLS);
    t.principals = PLACE(PRINCIPALS);
    t.resources = PLACE(RESOURCES);
    t.accounts = PLACE(ACCOUNTS);
    t.endpoints = PLACE(ENDPOINTS);
    t.keys = PLACE(KEYS);
    t.classifiers = PLACE(CLASSIFIERS);
    t.groups = PLACE(GROUPS);
    t.byte_maps = PLACE(BYTE_MAPS);
    t.transitions = PLACE(TRANSITIONS);
    t.masks = PLACE(MASKS);
    t.accepts = PLACE(ACCEPTS);
    t.ipv4 = PLACE(IPV4);
    t.ipv6 = PLACE(IPV6);
    t.ipv4_index = PLACE(IPV4_INDEX);
    t.instants = PLACE(INSTANTS);
    t.numbers = PLACE(NUMBERS);
    t.range_rows = PLACE(RANGE_ROWS);
    t.relay_sets = PLACE(RELAY_SETS);
    t.relays = PLACE(RELAYS);
    t.legs = PLACE(LEGS);
    t.pieces = PLACE(PIECES);
    t.nodes = PLACE(NODES);
    t.anchors = PLACE(ANCHORS);
    t.rows = PLACE(ROWS);
    t.lists = PLACE(LISTS);
    t.list_starts = PLACE(LIST_STARTS);
    t.folds = PLACE(FOLDS);
    t.parts = PLACE(PARTS);
    t.templates = PLACE(TEMPLATES);
    t.alternatives = PLACE(ALTERNATIVES);
    t.tests = PLACE(TESTS);
    t.statements = PLACE(STATEMENTS);
    t.programs = PLACE(PROGRAMS);
    t.cells = PLACE(CELLS);
    t.notes = PLACE(NOTES);
    t.action_column_count = header->action_column_count;
    t.principal_count = (uint32_t)COUNT(PRINCIPALS);
    t.resource_count = (uint32_t)COUNT(RESOURCES);
    t.account_count = (uint32_t)COUNT(ACCOUNTS);
    t.endpoint_count = (uint32_t)COUNT(ENDPOINTS);
    t.key_count = (uint32_t)COUNT(KEYS);
    t.classifier_count = (uint32_t)COUNT(CLASSIFIERS);
    t.statement_count = (uint32_t)COUNT(STATEMENTS);
    t.fold_count = (uint32_t)COUNT(FOLDS);
    t.template_count = (uint32_t)COUNT(TEMPLATES);
    *section = GW_SECTION_CELLS;
    if (COUNT(CELLS) % header->action_column_count)
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_CLASSIFIERS; /* before the maps, which rely on row counts */
    gw_cursor used = {0};
    if (!classifiers_are_sound(&t, header, &used))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_MAPS;
    if (!maps_are_sound(&t, header, &used))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_PRINCIPALS;
    if (!principals_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_RESOURCES;
    if (!resources_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_ACCOUNTS;
    if (!accounts_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_ENDPOINTS;
    if (!endpoints_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_KEYS;
    if (!keys_are_sound(&t, header, &used))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_TEMPLATES;
    if (!templates_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_STATEMENTS;
    if (!statements_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_PROGRAMS;
    if (!programs_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    *section = GW_SECTION_PRINCIPALS;
    if (!shared_programs_are_sound(&t, header))
        return GW_OPEN_STRUCTURE;
    for (uint32_t i = 0; i < t.principal_count && !t.has_shares; i++)
        t.has_shares = t.principals[i].shared_count > 0;
    for (uint32_t i = 0; i < t.resource_count; i++) {
        if (t.resources[i].kind != GW_RESOURCE_KEY)
            continue;
        if (!t.kms_end)
            t.kms_first = i;
        t.kms_end = i + 1;
    }
    *table = t;
    *section = GW_SECTION_COUNT;
    return GW_OPEN_OK;
}

enum gw_open_error gw_table_open(gw_table *table, const void *bytes, size_t size, uint32_t *section)
{
    return open_bytes(table, bytes, size, section, 0);
}

enum gw_open_error gw_table_open_sealed(gw_table *table, const void *bytes, size_t size, uint32_t *section)
{
    return open_bytes(table, bytes, size, section, 1);
}
