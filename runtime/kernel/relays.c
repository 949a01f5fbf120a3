/* Relays: patterns cut at their stars, whose pieces are found one behind the other.
 *
 * Found as early as possible, a piece leaves the most room for those that follow; so each is looked for only once, from
 * where the last one ended.  Who waits for a piece stands in its list.  A piece that overlaps the last one is no find, and
 * there are fewer of these than the piece has characters; every other find takes a relay one leg further.  So the steps
 * beside those of the automaton are at most the pieces that end at each byte, and the characters of the patterns. */
#include "automaton.h"
#include "gatewright/hash.h"
#include "groups.h"

#include <string.h>

typedef struct {
    const gw_table *table;
    const gw_classifier *classifier;
    const gw_relay *relays;
    uint32_t piece_count;
    uint32_t pending; /* relays that wait for a piece that the automaton finds */
    uint32_t wanted;  /* bit GW_PIECE_BIT(p): some relay waits for piece p */
    uint32_t wanted_counts[32]; /* ... pieces of each bit */
    uint32_t *waiting; /* first relay that waits for a piece, or GW_NONE */
    uint32_t *next;    /* ... the one behind it */
    uint32_t *leg;
    uint32_t *peers; /* pending relays that have the row of a relay, by the first of them; GW_NONE: the row is found */
    uint64_t *since_byte, *since_character; /* where its last piece ended */
    uint64_t *space;
} course;

/* Let a relay wait for what its current leg needs, or unite its row when it has none left; then all others that have the
 * same row are of no use any more. */
static void send_on(course *r, uint32_t relay)
{
    const gw_relay *record = &r->relays[relay];
    uint32_t *peers = &r->peers[record->peer];
    if (*peers == GW_NONE)
        return;
    if (r->leg[relay] == record->leg_count) {
        gw_unite(r->classifier, gw_table_row(r->table, r->classifier, record->row), r->space);
        r->pending -= *peers;
        *peers = GW_NONE;
        return;
    }
    uint32_t piece = r->table->legs[record->leg_first + r->leg[relay]];
    if (piece < r->piece_count) {
        r->pending++;
        ++*peers;
        if (r->waiting[piece] == GW_NONE && r->wanted_counts[GW_PIECE_BIT(piece)]++ == 0)
            r->wanted |= 1u << GW_PIECE_BIT(piece);
    }
    r->next[relay] = r->waiting[piece];
    r->waiting[piece] = relay;
}

/* ---- beginnings and endings ---- */

/* Compare n bytes of a text with those of a table, which are folded where the kind folds. */
static int equals(const uint8_t *text, const uint8_t *expected, size_t n, int folds_ascii)
{
    if (!folds_ascii)
        return memcmp(text, expected, n) == 0;
    for (size_t i = 0; i < n; i += 8) {
        size_t part = n - i < 8 ? n - i : 8;
        if (gw_fold_ascii(gw_load(text + i, part)) != gw_load(expected + i, part))
            return 0;
    }
    return 1;
}

/* Where the parts of a beginning end that begin at i, or bytes + 1. */
static size_t skip_parts(const course *r, const gw_anchor *anchor, const uint8_t *text, size_t bytes, size_t i)
{
    const gw_part *parts = r->table->parts + anchor->part_first;
    for (uint32_t p = 0; p < anchor->part_count; p++) {
        size_t n = parts[p].text_bytes;
        if (parts[p].kind == GW_PART_ONE)
            n = gw_character_bytes(text, bytes, i);
        else if (n > bytes - i || !equals(text + i, r->table->text + parts[p].text_offset, n,
                                          r->classifier->kind == GW_KIND_ASCII_FOLD))
            return bytes + 1;
        if (!n)
            return bytes + 1;
        i += n;
    }
    return i;
}

/* Where the parts of an ending begin that end at i, or bytes + 1. */
static size_t skip_parts_back(const course *r, const gw_anchor *anchor, const uint8_t *text, size_t bytes, size_t i)
{
    const gw_part *parts = r->table->parts + anchor->part_first;
    for (uint32_t p = anchor->part_count; p-- > 0;) {
        size_t n = parts[p].text_bytes;
        if (parts[p].kind == GW_PART_ONE) {
            for (n = 1; n < 4 && n < i && (text[i - n] & 0xc0) == 0x80; n++)
                ;
            if (n > i || gw_character_bytes(text, i, i - n) != n)
                return bytes + 1;
        } else if (n > i || !equals(text + i - n, r->table->text + parts[p].text_offset, n,
                                    r->classifier->kind == GW_KIND_ASCII_FOLD))
            return bytes + 1;
        i -= n;
    }
    return i;
}

/* The child that goes on with a byte, the first one that is read of it: at its beginning, or at its end. */
static const gw_node *find_child(const gw_table *t, const gw_node *root, const gw_node *node, uint8_t byte, int is_back)
{
    uint32_t lo = 0, hi = node->child_count;
    const gw_node *children = root + node->child_first;
    while (lo < hi) {
        uint32_t middle = (lo + hi) / 2;
        const gw_node *child = &children[middle];
        uint8_t first = t->text[child->text_offset + (is_back ? child->text_bytes - 1 : 0)];
        if (first == byte)
            return child;
        if (first < byte)
            lo = middle + 1;
        else
            hi = middle;
    }
    return NULL;
}

/* The node that goes on from a place that `done` bytes lead to, or NULL. */
static const gw_node *go_on(const course *r, const gw_node *root, const gw_node *node, const uint8_t *text, size_t bytes,
                            size_t done, int is_back)
{
    int folds_ascii = r->classifier->kind == GW_KIND_ASCII_FOLD;
    if (done == bytes)
        return NULL;
    uint8_t byte = text[is_back ? bytes - done - 1 : done];
    node = find_child(r->table, root, node, folds_ascii ? (uint8_t)gw_fold_ascii(byte) : byte, is_back);
    if (!node || node->text_bytes > bytes - done)
        return NULL;
    const uint8_t *place = is_back ? text + bytes - done - node->text_bytes : text + done;
    return equals(place, r->table->text + node->text_offset, node->text_bytes, folds_ascii) ? node : NULL;
}

static size_t count_characters(const uint8_t *text, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

/* Let all relays run whose beginning the text has. */
static void begin(course *r, const gw_relay_set *set, const uint8_t *text, size_t bytes)
{
    const gw_node *root = r->table->nodes + set->node_first, *node = root;
    size_t done = 0;
    while (node) {
        for (uint32_t i = 0; i < node->anchor_count; i++) {
            const gw_anchor *anchor = r->table->anchors + set->anchor_first + node->anchor_first + i;
            size_t end = skip_parts(r, anchor, text, bytes, done);
            if (end > bytes)
                continue;
            uint64_t characters = count_characters(text, end);
            for (uint32_t k = 0; k < anchor->relay_count; k++) {
                uint32_t relay = anchor->relay_first + k;
                r->since_byte[relay] = end;
                r->since_character[relay] = characters;
                r->leg[relay] = 0;
                send_on(r, relay);
            }
        }
        node = go_on(r, root, node, text, bytes, done, 0);
        done += node ? node->text_bytes : 0;
    }
}

/* Let those relays finish that wait for an ending that the text has, behind their last piece. */
static void end(course *r, const gw_relay_set *set, const uint8_t *text, size_t bytes)
{
    const gw_node *root = r->table->nodes + set->node_first + set->beginning_node_count, *node = root;
    size_t done = 0;
    while (node) {
        for (uint32_t i = 0; i < node->anchor_count; i++) {
            uint32_t ending = node->anchor_first + i, relay = r->waiting[r->piece_count + ending];
            if (relay == GW_NONE)
                continue;
            const gw_anchor *anchor = r->table->anchors + set->anchor_first + set->beginning_count + ending;
            size_t start = skip_parts_back(r, anchor, text, bytes, bytes - done);
            if (start > bytes)
                continue;
            for (; relay != GW_NONE; relay = r->next[relay])
                if (r->since_byte[relay] <= start)
                    gw_unite(r->classifier, gw_table_row(r->table, r->classifier, r->relays[relay].row), r->space);
        }
        node = go_on(r, root, node, text, bytes, done, 1);
        done += node ? node->text_bytes : 0;
    }
}

/* ---- pieces ---- */

/* A piece begins behind so many characters and ends at a byte and a character: who waited for it goes on. */
static void pass_on(course *r, uint32_t piece, uint64_t start, uint64_t byte, uint64_t character)
{
    uint32_t relay = r->waiting[piece], next;
    r->waiting[piece] = GW_NONE;
    if (--r->wanted_counts[GW_PIECE_BIT(piece)] == 0)
        r->wanted &= ~(1u << GW_PIECE_BIT(piece));
    for (; relay != GW_NONE; relay = next) {
        next = r->next[relay];
        uint32_t *peers = &r->peers[r->relays[relay].peer];
        if (*peers == GW_NONE)
            continue;
        r->pending--;
        --*peers;
        if (r->since_character[relay] <= start) {
            r->since_byte[relay] = byte;
            r->since_character[relay] = character;
            r->leg[relay]++;
        }
        send_on(r, relay);
    }
}

static void find_pieces(course *r, const gw_group *g, const gw_relay_set *set, const uint8_t *text, size_t bytes)
{
    if (!r->pending)
        return; /* and where there is no piece, there is no automaton */
    const gw_automaton a = gw_read_automaton(r->table, g);
    const uint32_t *sizes = r->table->pieces + set->piece_first;
    uint32_t state = a.start;
    uint64_t characters = 0;
    size_t counted = 0;
    for (size_t i = 0; r->pending && (i = gw_run_to_pieces(&a, text, bytes, i, &state, r->wanted)) <= bytes;) {
        const uint32_t *begins = a.accepts + gw_state_number(&a, state);
        for (uint32_t k = begins[0]; k < begins[1]; k++) {
            uint32_t piece = a.accepts[k];
            if (r->waiting[piece] == GW_NONE)
                continue;
            characters += count_characters(text + counted, i - counted);
            counted = i;
            if (sizes[piece] <= characters)
                pass_on(r, piece, characters - sizes[piece], i, characters);
        }
    }
}

void gw_run_relays(const gw_table *t, const gw_classifier *c, const gw_group *g, const uint8_t *text, size_t bytes,
                   uint64_t *work, uint64_t *space)
{
    const gw_relay_set *set = &t->relay_sets[g->relay_set];
    uint64_t *since_character = work + set->relay_count;
    uint32_t *next = (uint32_t *)(since_character + set->relay_count), *leg = next + set->relay_count;
    uint32_t *peers = leg + set->relay_count;
    course r = {.table = t,
                .classifier = c,
                .relays = t->relays + set->relay_first,
                .piece_count = set->piece_count,
                .peers = peers,
                .waiting = peers + set->relay_count,
                .next = next,
                .leg = leg,
                .since_byte = work,
                .since_character = since_character,
                .space = space};
    memset(r.waiting, 0xff, ((size_t)set->piece_count + set->ending_count) * sizeof *r.waiting);
    memset(r.peers, 0, set->relay_count * sizeof *r.peers);
    begin(&r, set, text, bytes);
    find_pieces(&r, g, set, text, bytes);
    end(&r, set, text, bytes);
}
