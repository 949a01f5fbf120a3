/* Open damaged tables, and use whatever opens: test_corruption.py builds this with sanitizers and runs it.
 *
 *   corrupt MODE TABLE TEXTS SEED ROUNDS REQUESTS
 *
 * TABLE is a sound table; TEXTS holds texts to classify: a length as uint32_t, then the bytes, again and again.
 * Each time that all texts of a handful have been classified, at most REQUESTS requests are decided, drawn by chance.
 * Prints how many damaged tables there were and how many of them opened.  Every buffer has exactly the size that the
 * headers promise is enough, so that the sanitizers see each byte beyond it.
 */
#define _POSIX_C_SOURCE 200112L
#include "gatewright/decide.h"
#include "gatewright/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define HASHED (offsetof(gw_header, checksum) + sizeof(uint64_t))
#define SMALL_SECTION 256u /* bytes */
#define VISITED 24u /* principals, action columns and classifiers visited in a table that opens: the first and last */

typedef struct {
    uint8_t *bytes;
    size_t size;
} blob;

static blob *texts;
static size_t text_count;
static uint64_t random_state;
static unsigned long tried, opened, request_limit;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "corrupt: %s\n", what);
    exit(2);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        fail("out of memory");
    return memory;
}

static blob read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        fail("cannot read the file");
    blob b = {NULL, (size_t)ftell(file)};
    b.bytes = allocate(b.size);
    rewind(file);
    if (fread(b.bytes, 1, b.size, file) != b.size)
        fail("cannot read the file");
    fclose(file);
    return b;
}

static void read_texts(const char *path)
{
    blob all = read_file(path);
    for (size_t i = 0; i < all.size;) {
        uint32_t size;
        memcpy(&size, all.bytes + i, 4);
        texts = realloc(texts, (text_count + 1) * sizeof *texts);
        if (!texts)
            fail("out of memory");
        texts[text_count] = (blob){allocate(size), size};
        memcpy(texts[text_count++].bytes, all.bytes + i + 4, size);
        i += 4 + size;
    }
    free(all.bytes);
}

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return limit ? next_random() % limit : 0;
}

/* The i-th of `count` things to visit when only VISITED can be. */
static uint32_t visited(uint32_t i, uint32_t count)
{
    return count <= VISITED || i < VISITED / 2 ? i : count - (VISITED - i);
}

static uint32_t visits(uint32_t count)
{
    return count < VISITED ? count : VISITED;
}

/* A value for every slot, of buffers of exactly their size: one text, several, none or unknown, in turn. */
static gw_value *make_values(const gw_table *t, size_t first)
{
    size_t slots = GW_FIRST_KEY_SLOT + t->key_count;
    gw_value *values = allocate(slots * sizeof *values);
    for (size_t slot = 0; slot < slots; slot++) {
        size_t turn = (first + slot) % 4, count = turn == 0 ? 3 : 1;
        gw_text *own = allocate(count * sizeof *own);
        for (size_t k = 0; k < count; k++) {
            blob text = text_count ? texts[(first + slot + k) % text_count] : (blob){NULL, 0};
            own[k] = (gw_text){text.bytes, text.size};
        }
        uint32_t state = turn == 0 ? GW_VALUE_SEVERAL : turn == 1 && slot > 4 ? GW_VALUE_UNKNOWN : GW_VALUE_ONE;
        values[slot] = (gw_value){own, (uint32_t)count, state};
    }
    return values;
}

static void free_values(const gw_table *t, gw_value *values)
{
    for (size_t slot = 0; slot < GW_FIRST_KEY_SLOT + t->key_count; slot++)
        free((void *)(uintptr_t)values[slot].texts);
    free(values);
}

/* A caller and a target as the kernel reads them: of the table's own principals and resources in turn, and of texts. */
static gw_caller make_caller(const gw_table *t, size_t turn)
{
    gw_caller caller;
    if (t->principal_count && turn % 3) {
        const gw_symbol *name = &t->symbols[t->principals[turn % t->principal_count].symbol];
        gw_read_caller(t, t->text + name->text_offset, name->text_bytes, &caller);
    } else {
        blob text = text_count ? texts[turn / 3 % text_count] : (blob){NULL, 0};
        gw_read_caller(t, text.bytes, text.size, &caller);
    }
    return caller;
}

static gw_target make_target(const gw_table *t, size_t turn)
{
    gw_target target;
    blob text = text_count ? texts[turn % text_count] : (blob){NULL, 0};
    gw_read_target(t, turn % 5 ? text.bytes : NULL, turn % 5 ? text.size : 0, &target);
    if (t->resource_count && turn % 2)
        gw_set_resource(t, (uint32_t)(turn / 2 % t->resource_count), &target);
    if (turn % 7 == 3 && t->account_count)
        target.account = t->accounts[turn / 7 % t->account_count].id;
    target.is_endpoint_unknown = turn % 11 == 5;
    for (target.endpoint_count = 0; target.endpoint_count < turn % 4; target.endpoint_count++)
        target.endpoints[target.endpoint_count] =
            t->endpoint_count ? (uint32_t)((turn + target.endpoint_count) % t->endpoint_count) : GW_NONE;
    return target;
}

static void count_statement(void *state, uint32_t statement)
{
    if (statement >= ((const gw_table *)state)->statement_count)
        fail("a statement beyond the table");
}

/* Half of the requests are of actions in sets drawn by chance, for the texts are rarely in any. */
static void decide_all(const gw_table *t, gw_row *rows, const gw_value *values)
{
    gw_row classified = rows[GW_CLASSIFIER_SETS];
    uint64_t *sets = allocate(8);
    uint8_t *marks = allocate(GW_FIRST_KEY_SLOT + t->key_count);
    int32_t statement;
    static size_t turn;
    uint32_t columns = visits(t->action_column_count);
    unsigned long requests = (visits(t->principal_count) + 3ul) * columns;
    for (unsigned long i = 0; i < requests && i < request_limit; i++) {
        gw_caller caller = make_caller(t, turn);
        gw_target target = make_target(t, turn++);
        uint32_t column = visited(request_limit < requests ? (uint32_t)below(columns) : (uint32_t)(i % columns),
                                  t->action_column_count);
        *sets = next_random() & next_random();
        rows[GW_CLASSIFIER_SETS] = turn % 2 ? (gw_row)sets : classified;
        gw_request request = {&caller, &target, column, rows, values, NULL, 0};
        uint8_t decision = gw_decide(t, &request, &statement);
        if (decision > GW_UNKNOWN || statement < -1 || (statement >= 0 && (uint32_t)statement >= t->statement_count))
            fail("a decision that is none");
        memset(marks, 0, GW_FIRST_KEY_SLOT + t->key_count);
        gw_mark_unknown(t, &request, marks);
        uint32_t missing = gw_missing_layer(t, &request);
        if (missing != GW_NONE && missing > GW_LAYER_AUTHENTICATION)
            fail("a layer that is none");
        if (i % columns == 0)
            gw_visit_statements(t, &request, count_statement, (void *)(uintptr_t)t);
    }
    rows[GW_CLASSIFIER_SETS] = classified;
    free(sets);
    free(marks);
}

static void decide_in_batch(const gw_table *t, const gw_row *rows, const gw_value *of_slots)
{
    enum { COUNT = 70, STATES = 3, ROOM = STATES + COUNT }; /* requests, more than two blocks; codes below 0; both */
    uint32_t columns[COUNT];
    gw_caller callers[COUNT];
    gw_target targets[COUNT];
    int32_t codes[COUNT], numbers[COUNT], statements[COUNT];
    uint8_t decisions[COUNT];
    gw_row *values = allocate(ROOM * t->classifier_count * sizeof *values);
    const int32_t **code_arrays = allocate(t->classifier_count * sizeof *code_arrays);
    const gw_row **value_arrays = allocate(t->classifier_count * sizeof *value_arrays);
    for (uint32_t i = 0; i < COUNT; i++) {
        callers[i] = make_caller(t, below(64));
        targets[i] = make_target(t, below(64));
        columns[i] = (uint32_t)below(t->action_column_count);
        codes[i] = i % 3 ? -1 - (int32_t)(i % 3) : 0;
        numbers[i] = (int32_t)i;
    }
    for (uint32_t c = 0; c < t->classifier_count; c++) {
        values[ROOM * c] = GW_ROW_ABSENT;
        values[ROOM * c + 1] = values[ROOM * c + 2] = GW_ROW_UNKNOWN;
        for (size_t code = STATES; code < ROOM; code++)
            values[ROOM * c + code] = rows[c];
        /* A slot has codes for all its classifiers or for none, and only the action's slot has none here. */
        code_arrays[c] = c == GW_CLASSIFIER_ACTION ? numbers : codes;
        value_arrays[c] = values + ROOM * c + STATES;
    }
    size_t slots = GW_FIRST_KEY_SLOT + t->key_count;
    const int32_t **slot_codes = allocate(slots * sizeof *slot_codes);
    const gw_value **slot_arrays = allocate(slots * sizeof *slot_arrays);
    gw_value *slot_values = allocate(ROOM * slots * sizeof *slot_values);
    for (size_t slot = 0; slot < slots; slot++) {
        slot_values[ROOM * slot] = (gw_value){NULL, 0, GW_VALUE_ABSENT};
        slot_values[ROOM * slot + 1] = slot_values[ROOM * slot + 2] = (gw_value){NULL, 0, GW_VALUE_UNKNOWN};
        slot_values[ROOM * slot + STATES] = of_slots[slot];
        slot_codes[slot] = slot ? codes : NULL;
        slot_arrays[slot] = slot_values + ROOM * slot + STATES;
    }
    gw_batch batch = {numbers, callers, numbers, targets, code_arrays, value_arrays, columns, GW_ROW_UNKNOWN, slot_codes, slot_arrays};
    gw_decide_batch(t, &batch, 0, COUNT, decisions, statements);
    free(slot_codes);
    free(slot_arrays);
    free(slot_values);
    free(values);
    free(code_arrays);
    free(value_arrays);
}

/* Everything that a program can do with an open table. */
static void use(const gw_table *t)
{
    uint32_t n = t->classifier_count, row_words = t->header->row_words, shown = visits(n);
    uint64_t *simulation = allocate(2 * (size_t)t->header->simulation_words * 8);
    uint64_t **spaces = allocate(n * sizeof *spaces), *spare = allocate((size_t)row_words * 8);
    gw_row *rows = allocate(n * sizeof *rows);
    for (uint32_t c = 0; c < n; c++) {
        spaces[c] = NULL;
        rows[c] = c % GW_ROW_STATES;
    }
    gw_value *values = make_values(t, 0);
    decide_all(t, rows, values);
    free_values(t, values);
    for (uint32_t k = 0; k < shown; k++)
        spaces[visited(k, n)] = allocate((size_t)row_words * 8);
    for (size_t i = 0; i < text_count; i++) {
        uint32_t principal = gw_find_principal(t, texts[i].bytes, texts[i].size);
        uint32_t key = gw_find_key(t, texts[i].bytes, texts[i].size);
        if ((principal != GW_NONE && principal >= t->principal_count) || (key != GW_NONE && key >= t->key_count))
            fail("a symbol beyond its table");
        for (uint32_t k = 0; k < shown; k++) {
            uint32_t c = visited(k, n);
            if (c == GW_CLASSIFIER_CALLER)
                continue;
            rows[c] = gw_classify(t, c, texts[i].bytes, texts[i].size, simulation, spaces[c]);
            if (c == 0 && gw_action_column(t, rows[c]) >= t->action_column_count)
                fail("an action column beyond the cells");
            if (i % 3 == 2) {
                gw_row other = gw_classify(t, c, texts[i / 2].bytes, texts[i / 2].size, simulation, spare);
                uint64_t *both = allocate((size_t)row_words * 8);
                gw_gather(t, c, rows[c], 1, both);
                gw_gather(t, c, other, 0, both);
                memcpy(spaces[c], both, (size_t)row_words * 8);
                free(both);
                rows[c] = (gw_row)spaces[c];
            }
        }
        if (i % 8 == 7 || i + 1 == text_count) {
            values = make_values(t, i);
            decide_all(t, rows, values);
            decide_in_batch(t, rows, values);
            free_values(t, values);
        }
    }
    for (uint32_t c = 0; c < n; c++)
        free(spaces[c]);
    free(spaces);
    free(spare);
    free(rows);
    free(simulation);
}

/* Try bytes that stand `shift` bytes behind a multiple of 64 and end where their buffer ends. */
static enum gw_open_error try_shifted(const uint8_t *bytes, size_t size, size_t shift)
{
    static const gw_table nothing;
    static uint8_t *buffer; /* kept for the next table of its size: sanitizers allocate slowly */
    static size_t buffer_size;
    if (!buffer || buffer_size != shift + size) {
        free(buffer);
        buffer_size = shift + size;
        if (posix_memalign((void **)&buffer, 64, buffer_size ? buffer_size : 1))
            fail("out of memory");
    }
    memcpy(buffer + shift, bytes, size);
    gw_table t;
    uint32_t section = GW_SECTION_COUNT + 1;
    enum gw_open_error error = gw_table_open(&t, buffer + shift, size, &section);
    tried++;
    if (section > GW_SECTION_COUNT)
        fail("a section that is none");
    if (error == GW_OPEN_OK) {
        opened++;
        use(&t);
    } else if (memcmp(&t, &nothing, sizeof t) != 0) {
        fail("a refused table that is not zeroed");
    }
    return error;
}

static enum gw_open_error try_exactly(const uint8_t *bytes, size_t size)
{
    return try_shifted(bytes, size, 0);
}

static void seal(uint8_t *bytes, size_t size)
{
    uint64_t checksum = gw_checksum(bytes + HASHED, size - HASHED, GW_TABLE_MAGIC);
    memcpy(bytes + offsetof(gw_header, checksum), &checksum, 8);
}

static enum gw_open_error try_sealed(uint8_t *bytes, size_t size)
{
    seal(bytes, size);
    return try_exactly(bytes, size);
}

static void cut(blob table)
{
    for (size_t size = 0; size < table.size; size++) {
        uint64_t total = size;
        if (try_exactly(table.bytes, size) == GW_OPEN_OK)
            fail("a table that is cut short opens");
        if (size < sizeof(gw_header))
            continue;
        uint8_t *copy = allocate(size);
        memcpy(copy, table.bytes, size);
        memcpy(copy + offsetof(gw_header, total_bytes), &total, 8);
        try_sealed(copy, size);
        free(copy);
    }
}

/* Flip every bit of the table without sealing it again: the checksum alone must notice. */
static void flip(blob table)
{
    for (size_t i = 0; i < table.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            table.bytes[i] ^= (uint8_t)(1u << bit);
            gw_table t;
            uint32_t section;
            tried++;
            opened += gw_table_open(&t, table.bytes, table.size, &section) == GW_OPEN_OK;
            table.bytes[i] ^= (uint8_t)(1u << bit);
        }
}

/* Put values into the 32-bit word at `place`, seal and try. */
static void try_word(blob table, size_t place)
{
    uint32_t old;
    memcpy(&old, table.bytes + place, 4);
    uint32_t values[64] = {0, 1, 2, old - 1, old + 1, old * 2, old + 64, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff,
                           0x80000000, 0xfffffffe, 0xffffffff, (uint32_t)table.size, (uint32_t)next_random(),
                           (uint32_t)below(table.size)};
    size_t count = 18;
    memcpy(&values[count++], table.bytes + below(table.size / 4) * 4, 4);
    for (unsigned bit = 0; bit < 32; bit++)
        values[count++] = old ^ 1u << bit;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == old)
            continue;
        memcpy(table.bytes + place, &values[i], 4);
        try_sealed(table.bytes, table.size);
    }
    memcpy(table.bytes + place, &old, 4);
}

/* Every word of the header and of small sections, and one in `stride` of the others but texts and notes, which no index
 * stands in.  The steps are uneven: even ones would meet the same members of every record. */
static void words(blob table, size_t stride)
{
    gw_header header;
    memcpy(&header, table.bytes, sizeof header);
    for (size_t place = 0; place < sizeof header; place += 4)
        try_word(table, place);
    for (uint32_t s = 0; s < GW_SECTION_COUNT; s++) {
        size_t begin = header.sections[s].offset, end = begin + header.sections[s].count * gw_element_bytes(s);
        if (s == GW_SECTION_TEXT || s == GW_SECTION_NOTES)
            continue;
        /* One loop looks at all of the index, which is as long as all the rest many times over. */
        size_t mean = s == GW_SECTION_IPV4_INDEX ? 4096 : end - begin <= SMALL_SECTION ? 1 : stride;
        for (size_t place = begin; place + 4 <= end; place += 4 * (1 + below(2 * mean - 1)))
            try_word(table, place);
    }
}

/* Several changes at once: values from elsewhere in the table, runs of bytes moved, extents moved. */
static void mix(blob table, unsigned long rounds)
{
    uint8_t *copy = allocate(table.size);
    while (rounds--) {
        memcpy(copy, table.bytes, table.size);
        for (size_t change = 1 + below(4); change--;) {
            size_t place = (below(8) ? below(table.size - 8) : below(sizeof(gw_header) - 8)) & ~(size_t)3;
            size_t from = below(table.size - 8) & ~(size_t)3, size = 8 * (1 + below(8));
            if (place < offsetof(gw_header, action_column_count) || from + size > table.size || place + size > table.size)
                continue;
            uint32_t word = (uint32_t)below(below(2) ? 16 : table.size);
            switch (below(4)) {
            case 0:
                memcpy(copy + place, table.bytes + from, size);
                break;
            case 1:
                memcpy(copy + place, &word, 4);
                break;
            case 2:
                copy[place + below(4)] ^= (uint8_t)(1u << below(8));
                break;
            default:
                memcpy(copy + place, table.bytes + from, 4);
            }
        }
        try_sealed(copy, table.size);
    }
    free(copy);
}

/* Noise, behind nothing, a magic number, and the whole header. */
static void noise(blob table, unsigned long rounds)
{
    while (rounds--) {
        size_t size = below(4096);
        uint8_t *bytes = allocate(size);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(below(3) ? next_random() : 0);
        size_t kept = rounds % 3 == 0 ? 0 : rounds % 3 == 1 ? 12 : sizeof(gw_header);
        memcpy(bytes, table.bytes, kept < size ? kept : size);
        uint64_t total = size;
        if (kept && size >= sizeof(gw_header)) {
            memcpy(bytes + offsetof(gw_header, total_bytes), &total, 8);
            seal(bytes, size);
        }
        try_exactly(bytes, size);
        free(bytes);
    }
}

static void shift(blob table)
{
    for (size_t bytes = 0; bytes < 64; bytes++)
        if (try_shifted(table.bytes, table.size, bytes) != (bytes % 8 ? GW_OPEN_MISALIGNED : GW_OPEN_OK))
            fail("alignment is not as the header says");
}

static void age(blob table)
{
    static const uint32_t versions[] = {0, GW_TABLE_VERSION_OLDEST - 1, GW_TABLE_VERSION + 1, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        memcpy(table.bytes + offsetof(gw_header, version), &versions[i], 4);
        if (try_sealed(table.bytes, table.size) != GW_OPEN_VERSION)
            fail("a version of another time opens");
    }
}

int main(int argc, char **argv)
{
    if (argc != 7)
        fail("usage: corrupt MODE TABLE TEXTS SEED ROUNDS REQUESTS");
    blob table = read_file(argv[2]);
    read_texts(argv[3]);
    random_state = strtoull(argv[4], NULL, 10);
    unsigned long rounds = strtoul(argv[5], NULL, 10);
    request_limit = strtoul(argv[6], NULL, 10);
    const char *mode = argv[1];
    if (!strcmp(mode, "whole"))
        try_exactly(table.bytes, table.size);
    else if (!strcmp(mode, "cut"))
        cut(table);
    else if (!strcmp(mode, "flip"))
        flip(table);
    else if (!strcmp(mode, "words"))
        words(table, rounds);
    else if (!strcmp(mode, "mix"))
        mix(table, rounds);
    else if (!strcmp(mode, "noise"))
        noise(table, rounds);
    else if (!strcmp(mode, "shift"))
        shift(table);
    else if (!strcmp(mode, "age"))
        age(table);
    else
        fail("unknown mode");
    printf("%lu %lu\n", tried, opened);
    for (size_t i = 0; i < text_count; i++)
        free(texts[i].bytes);
    free(texts);
    free(table.bytes);
    return 0;
}
