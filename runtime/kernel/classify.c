/* Texts become rows: look literals up, search the bounds, or let the groups match. */
#include "gatewright/decide.h"
#include "gatewright/hash.h"
#include "groups.h"
#include "text.h"

/* ---- reading a text eight bytes at a time, as its kind compares it ---- */

typedef struct {
    const uint8_t *text;
    size_t bytes;
    int folds_ascii;
    size_t patch; /* place of a byte that stands for another, or bytes */
    uint8_t patch_byte;
} reader;

static uint64_t read_word(const reader *r, size_t i)
{
    size_t left = r->bytes - i, n = left < 8 ? left : 8;
    uint64_t word = gw_load(r->text + i, n);
    if (r->folds_ascii)
        word = gw_fold_ascii(word);
    if (r->patch - i < n) {
        unsigned shift = 8 * (unsigned)(r->patch - i);
        word = (word & ~(0xffull << shift)) | (uint64_t)r->patch_byte << shift;
    }
    return word;
}

static int equals_symbol(const gw_table *t, const reader *r, const gw_symbol *symbol)
{
    if (symbol->text_bytes != r->bytes)
        return 0;
    const uint8_t *text = t->text + symbol->text_offset;
    for (size_t i = 0; i < r->bytes; i += 8)
        if (read_word(r, i) != gw_load(text + i, r->bytes - i < 8 ? r->bytes - i : 8))
            return 0;
    return 1;
}

static uint32_t find_read(const gw_table *t, uint32_t map_index, const reader *r)
{
    const gw_map *map = &t->maps[map_index];
    if (!map->slot_count || r->bytes > map->longest_bytes)
        return GW_NONE;
    uint64_t h = map->seed;
    for (size_t i = 0; i < r->bytes; i += 8)
        h = gw_hash_word(h, read_word(r, i));
    uint32_t slot = (uint32_t)gw_hash_end(h, r->bytes);
    for (uint32_t probe = 0; probe < map->probe_limit; probe++, slot++) {
        uint32_t symbol = t->slots[map->first_slot + (slot & (map->slot_count - 1))];
        if (!symbol)
            break;
        if (equals_symbol(t, r, &t->symbols[symbol - 1]))
            return t->symbols[symbol - 1].value;
    }
    return GW_NONE;
}

static uint32_t find(const gw_table *t, uint32_t map_index, const uint8_t *text, size_t bytes, int folds_ascii)
{
    reader r = {text, bytes, folds_ascii, bytes, 0};
    return find_read(t, map_index, &r);
}

uint32_t gw_find(const gw_table *table, uint32_t map, const uint8_t *text, size_t bytes)
{
    return find(table, map, text, bytes, 0);
}

uint32_t gw_find_key(const gw_table *table, const uint8_t *name, size_t bytes)
{
    return find(table, GW_KEY_MAP, name, bytes, 1);
}

/* Does an ARN begin as `arn:P:sts::A:assumed-role/` does? */
static int is_session(const uint8_t *arn, size_t bytes)
{
    static const char service[] = "sts", kind[] = "assumed-role/";
    size_t starts[6] = {0}, field = 0;
    for (size_t i = 0; i < bytes && field < 5; i++)
        if (arn[i] == ':')
            starts[++field] = i + 1;
    return field == 5 && starts[3] - starts[2] == sizeof service && memcmp(arn + starts[2], service, sizeof service - 1) == 0 &&
           bytes - starts[5] >= sizeof kind - 1 && memcmp(arn + starts[5], kind, sizeof kind - 1) == 0;
}

uint32_t gw_find_principal(const gw_table *table, const uint8_t *arn, size_t bytes)
{
    if (!is_session(arn, bytes))
        return find(table, GW_PRINCIPAL_MAP, arn, bytes, 0);
    /* The compiler enters `arn:P:sts::A:assumed-role/R` for each role, so a session is found without its last part, and
     * a caller that names no session is nobody.  Nothing else is found so: `user/a/b` is no session of `user/a`. */
    size_t end = bytes;
    while (end && arn[end - 1] != '/')
        end--;
    if (end < 2 || end == bytes || !is_session(arn, end - 1))
        return GW_NONE;
    return find(table, GW_PRINCIPAL_MAP, arn, end - 1, 0);
}

/* ---- folding code point by code point (R82) ---- */

static size_t encode(uint32_t point, uint8_t *out)
{
    if (point >= 0x110000u) {
        out[0] = (uint8_t)(point - 0x110000u);
        return 1;
    }
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t k = n - 1; k; k--, point >>= 6)
        out[k] = (uint8_t)(0x80 | (point & 0x3f));
    out[0] = (uint8_t)((0xf00u >> n & 0xf0) | point);
    return n;
}

/* Folded bytes one by one, a code point at a time. */
typedef struct {
    const gw_table *table;
    const uint8_t *text;
    size_t bytes, i;
    uint8_t pending[4];
    size_t pending_count, pending_next;
} fold_stream;

static int next_folded(fold_stream *s)
{
    if (s->pending_next == s->pending_count) {
        if (s->i == s->bytes)
            return -1;
        size_t next;
        uint32_t point = gw_read_code_point(s->text, s->bytes, s->i, &next);
        s->i = next;
        s->pending_count = encode(gw_fold_code_point(s->table, point), s->pending);
        s->pending_next = 0;
    }
    return s->pending[s->pending_next++];
}

static int equals_folded(const gw_table *t, const uint8_t *text, size_t bytes, const gw_symbol *symbol)
{
    fold_stream stream = {.table = t, .text = text, .bytes = bytes};
    for (uint32_t i = 0; i < symbol->text_bytes; i++)
        if (next_folded(&stream) != t->text[symbol->text_offset + i])
            return 0;
    return next_folded(&stream) < 0;
}

static uint32_t find_folded(const gw_table *t, uint32_t map_index, const uint8_t *text, size_t bytes)
{
    const gw_map *map = &t->maps[map_index];
    /* A code point of four bytes may fold to one of a single byte, no further. */
    if (!map->slot_count || bytes / 4 > map->longest_bytes)
        return GW_NONE;
    fold_stream stream = {.table = t, .text = text, .bytes = bytes};
    uint64_t h = map->seed, word = 0;
    size_t folded = 0;
    for (int byte; (byte = next_folded(&stream)) >= 0;) {
        word |= (uint64_t)byte << 8 * (folded % 8);
        if (++folded % 8 == 0) {
            h = gw_hash_word(h, word);
            word = 0;
        }
    }
    if (folded % 8)
        h = gw_hash_word(h, word);
    uint32_t slot = (uint32_t)gw_hash_end(h, folded);
    for (uint32_t probe = 0; probe < map->probe_limit; probe++, slot++) {
        uint32_t symbol = t->slots[map->first_slot + (slot & (map->slot_count - 1))];
        if (!symbol)
            break;
        if (equals_folded(t, text, bytes, &t->symbols[symbol - 1]))
            return t->symbols[symbol - 1].value;
    }
    return GW_NONE;
}

static int is_ascii(const uint8_t *text, size_t bytes)
{
    uint64_t high = 0;
    size_t i = 0;
    for (; i + 8 <= bytes; i += 8)
        high |= gw_load(text + i, 8);
    return !((high | gw_load(text + i, bytes - i)) & 0x80 * GW_ONES);
}

/* ---- bounds ---- */

static int is_before(const gw_instant *a, const gw_instant *b)
{
    return (a->seconds < b->seconds) | ((a->seconds == b->seconds) & (a->nanoseconds < b->nanoseconds));
}

/* Which of 2n + 1 ranges: below the first bound, the first bound, between the first and the second, ...  The search has
 * no branches that depend on the value, for nobody could predict them. */
static uint32_t find_instant(const gw_instant *bounds, uint32_t n, const gw_instant *value)
{
    const gw_instant *base = bounds;
    uint32_t left = n, place;
    while (left > 1) {
        uint32_t half = left / 2;
        base = is_before(&base[half - 1], value) ? base + half : base;
        left -= half;
    }
    place = (uint32_t)(base - bounds) + (uint32_t)(left && is_before(base, value));
    return 2 * place + (uint32_t)(place < n && bounds[place].seconds == value->seconds &&
                                  bounds[place].nanoseconds == value->nanoseconds);
}

static uint8_t decimal_digit(const gw_decimal *d, size_t i)
{
    return d->text[d->first + i + (i >= d->whole)];
}

/* Compare magnitudes: first the exponents, then the digits as text. */
static int compare_magnitude(const gw_table *t, const gw_number *bound, const gw_decimal *value)
{
    if (!bound->text_bytes || !value->digit_count)
        return (bound->text_bytes != 0) - (value->digit_count != 0);
    if (bound->exponent != value->exponent)
        return bound->exponent < value->exponent ? -1 : 1;
    for (size_t i = 0; i < bound->text_bytes && i < value->digit_count; i++) {
        int difference = t->text[bound->text_offset + i] - decimal_digit(value, i);
        if (difference)
            return difference;
    }
    return (bound->text_bytes > value->digit_count) - (bound->text_bytes < value->digit_count);
}

static int compare_number(const gw_table *t, const gw_number *bound, const gw_decimal *value)
{
    if ((bound->is_negative != 0) != value->is_negative)
        return value->is_negative ? 1 : -1;
    int magnitude = compare_magnitude(t, bound, value);
    return value->is_negative ? -magnitude : magnitude;
}

static uint32_t find_number(const gw_table *t, const gw_number *bounds, uint32_t n, const gw_decimal *value)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t middle = (lo + hi) / 2;
        if (compare_number(t, &bounds[middle], value) < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return 2 * lo + (uint32_t)(lo < n && compare_number(t, &bounds[lo], value) == 0);
}

/* The last bound that is not above the address; the first bound is 0, so there is one. */
static uint32_t find_ipv4(const gw_table *t, const gw_classifier *c, uint32_t address)
{
    const uint32_t *bounds = t->ipv4 + c->bound_first, *base = bounds;
    uint32_t n = c->bound_count;
    if (c->has_ipv4_index) {
        const uint32_t *index = t->ipv4_index + c->ipv4_index_first + (address >> 16);
        base += index[0];
        n = index[1] - index[0] + 1;
    }
    while (n > 1) {
        uint32_t half = n / 2;
        base = base[half] <= address ? base + half : base;
        n -= half;
    }
    return (uint32_t)(base - bounds);
}

static uint32_t find_ipv6(const gw_ipv6 *bounds, uint32_t n, const gw_ipv6 *address)
{
    const gw_ipv6 *base = bounds;
    while (n > 1) {
        uint32_t half = n / 2;
        const gw_ipv6 *b = base + half;
        base = b->high < address->high || (b->high == address->high && b->low <= address->low) ? b : base;
        n -= half;
    }
    return (uint32_t)(base - bounds);
}

/* ---- the whole ---- */

gw_row gw_classify(const gw_table *table, uint32_t classifier, const uint8_t *text, size_t bytes, uint64_t *simulation,
                   uint64_t *space)
{
    const gw_table *t = table;
    const gw_classifier *c = &t->classifiers[classifier];
    const uint32_t *ranges = t->range_rows + c->range_first; /* in bounds for all kinds, if only at the end */
    uint32_t map = GW_CLASSIFIER_MAPS + classifier, row = GW_NONE;
    gw_instant instant;
    gw_decimal number;
    gw_ipv6 address;
    reader canonical = {text, bytes, 0, bytes, 0};
    switch (c->kind) {
    case GW_KIND_TEXT:
        row = find(t, map, text, bytes, 0);
        break;
    case GW_KIND_ASCII_FOLD:
        row = find(t, map, text, bytes, 1);
        break;
    case GW_KIND_FOLD:
        row = is_ascii(text, bytes) ? find(t, map, text, bytes, 1) : find_folded(t, map, text, bytes);
        break;
    case GW_KIND_ARN:
        if (!gw_is_arn(text, bytes))
            return GW_ROW_ILL;
        row = find(t, map, text, bytes, 0);
        break;
    case GW_KIND_BINARY:
        if (!gw_read_binary(text, bytes, &canonical.patch, &canonical.patch_byte))
            return GW_ROW_ILL;
        row = find_read(t, map, &canonical);
        break;
    case GW_KIND_NUMBER:
        if (!gw_read_number(text, bytes, &number))
            return GW_ROW_ILL;
        return gw_table_row(t, c, ranges[find_number(t, t->numbers + c->bound_first, c->bound_count, &number)]);
    case GW_KIND_INSTANT:
        if (!gw_read_instant(text, bytes, &instant))
            return GW_ROW_ILL;
        return gw_table_row(t, c, ranges[find_instant(t->instants + c->bound_first, c->bound_count, &instant)]);
    case GW_KIND_ADDRESS:
        switch (gw_read_address(text, bytes, &address)) {
        case 4:
            return gw_table_row(t, c, ranges[find_ipv4(t, c, (uint32_t)address.low)]);
        case 6:
            return gw_table_row(t, c, ranges[c->bound_count + find_ipv6(t->ipv6 + c->ipv6_first, c->ipv6_count, &address)]);
        default:
            return GW_ROW_ILL;
        }
    default:
        return GW_ROW_ILL;
    }
    return row != GW_NONE ? gw_table_row(t, c, row) : gw_run_groups(t, c, text, bytes, simulation, space);
}

void gw_gather(const gw_table *table, uint32_t classifier, gw_row value, int is_first, uint64_t *space)
{
    const gw_classifier *c = &table->classifiers[classifier];
    int counts_ill = c->view == GW_VIEW_SOME_OR_ILL || c->view == GW_VIEW_EACH_OR_ILL;
    int unites = c->view == GW_VIEW_SOME || c->view == GW_VIEW_SOME_OR_ILL;
    if (is_first)
        memset(space, unites ? 0 : 0xff, c->row_words * 8);
    if (value < GW_ROW_STATES) {
        if (counts_ill == unites)
            memset(space, counts_ill ? 0xff : 0, c->row_words * 8);
        return;
    }
    if (unites) {
        gw_unite(c, value, space);
        return;
    }
    if (value & 1) {
        const uint32_t *list = (const uint32_t *)(value & ~(gw_row)1);
        uint32_t i = 1;
        for (uint32_t w = 0; w < c->row_words; w++) {
            uint64_t word = 0;
            for (; i <= list[0] && list[i] >> 6 == w; i++)
                word |= 1ull << (list[i] & 63);
            space[w] &= word;
        }
        return;
    }
    const uint64_t *words = (const uint64_t *)value;
    for (uint32_t w = 0; w < c->row_words; w++)
        space[w] &= words[w];
}

uint32_t gw_action_column(const gw_table *table, gw_row action)
{
    const gw_classifier *c = &table->classifiers[0];
    if (action < GW_ROW_STATES || (action & 1) || !c->row_words || c->is_sparse)
        return 0;
    /* As numbers, for the row may lie in the caller's space: pointers into different arrays have no order. */
    uintptr_t first = (uintptr_t)(table->rows + c->row_first), row_bytes = (uintptr_t)c->row_words * sizeof(uint64_t);
    if (action < first || action - first >= c->row_count * row_bytes)
        return 0;
    uintptr_t row = (action - first) / row_bytes;
    return row + 1 < table->action_column_count ? 1 + (uint32_t)row : 0;
}
