/* The kernel called from C, as a gateway does: requests are read once and kept, then decided again and again.
 *
 * A library for ctypes, linked with the kernel's files: see __init__.py. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gatewright/decide.h"

/* A request that has been read: its rows, and where they lie if no row of the table is the one. */
typedef struct {
    gw_request request;
    gw_caller caller;
    gw_target target;
    gw_row rows[];
} prepared;

typedef struct {
    gw_table table;
    uint8_t *bytes;
    prepared **requests;
    size_t count, room;
    uint64_t *simulation;
} bench;

static void *allocate(size_t bytes)
{
    void *block = calloc(bytes ? bytes : 1, 1);
    if (!block)
        abort();
    return block;
}

/* Open a table; NULL if it is none. */
bench *bench_open(const uint8_t *bytes, size_t size, size_t room)
{
    uint32_t section;
    bench *b = allocate(sizeof *b);
    b->bytes = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!b->bytes)
        abort();
    memcpy(b->bytes, bytes, size);
    if (gw_table_open(&b->table, b->bytes, size, &section) != GW_OPEN_OK) {
        free(b->bytes);
        free(b);
        return NULL;
    }
    b->requests = allocate(room * sizeof *b->requests);
    b->room = room;
    b->simulation = allocate((2 * (size_t)b->table.header->simulation_words + 1) * 8);
    return b;
}

static gw_row classify(bench *b, uint32_t classifier, const char *text)
{
    uint64_t *space = allocate((size_t)b->table.classifiers[classifier].row_words * 8);
    gw_row row = gw_classify(&b->table, classifier, (const uint8_t *)text, strlen(text), b->simulation, space);
    if (row != (gw_row)space)
        free(space); /* else it lives as long as the process */
    return row;
}

/* Read a request: a key that no statement asks for is left out.  -1: there is no room for it. */
int bench_add(bench *b, const char *principal, const char *action, const char *resource, size_t key_count,
              const char *const *keys, const char *const *values)
{
    const gw_table *t = &b->table;
    if (b->count == b->room || t->template_count)
        return -1;
    prepared *p = allocate(sizeof *p + t->classifier_count * sizeof p->rows[0]);
    gw_read_caller(t, (const uint8_t *)principal, strlen(principal), &p->caller);
    gw_read_target(t, (const uint8_t *)resource, strlen(resource), &p->target);
    p->rows[GW_CLASSIFIER_ACTION] = classify(b, GW_CLASSIFIER_ACTION, action);
    p->rows[GW_CLASSIFIER_SETS] = classify(b, GW_CLASSIFIER_SETS, action);
    p->rows[GW_CLASSIFIER_RESOURCE] = classify(b, GW_CLASSIFIER_RESOURCE, resource);
    for (size_t i = 0; i < key_count; i++) {
        uint32_t key = gw_find_key(t, (const uint8_t *)keys[i], strlen(keys[i]));
        if (key != GW_NONE)
            for (uint32_t c = 0; c < t->keys[key].classifier_count; c++)
                p->rows[t->keys[key].classifier_first + c] = classify(b, t->keys[key].classifier_first + c, values[i]);
    }
    p->request = (gw_request){&p->caller, &p->target, gw_action_column(t, p->rows[GW_CLASSIFIER_ACTION]), p->rows, NULL, NULL, 0};
    b->requests[b->count++] = p;
    return 0;
}

/* Decide requests first, first + step, ... */
void bench_decide(const bench *b, size_t first, size_t step, uint8_t *decisions)
{
    int32_t statement;
    for (size_t i = first; i < b->count; i += step)
        *decisions++ = gw_decide(&b->table, &b->requests[i]->request, &statement);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds of each of the requests, one after the other, with those of reading the clock. */
void bench_each(const bench *b, uint64_t *nanoseconds)
{
    int32_t statement;
    for (size_t i = 0; i < b->count; i++) {
        uint64_t begin = now();
        (void)gw_decide(&b->table, &b->requests[i]->request, &statement);
        nanoseconds[i] = now() - begin;
    }
}

/* Nanoseconds of reading the clock. */
uint64_t bench_clock(void)
{
    uint64_t begin = now();
    return now() - begin;
}
