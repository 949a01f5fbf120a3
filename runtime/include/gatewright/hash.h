/* The one hash function of interned texts, and the table's checksum, which is made of it.
 *
 * Neither is cryptographic.  A map's seed is chosen when it is written, so that its probes are few and bounded; a text chosen
 * to collide costs no more than that bound.
 */
#ifndef GATEWRIGHT_HASH_H
#define GATEWRIGHT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GW_HASH_1 0x9e3779b97f4a7c15ull
#define GW_HASH_2 0xd6e8feb86659fd93ull

/* The n bytes at p as a little-endian number, n <= 8. */
static inline uint64_t gw_load(const uint8_t *p, size_t n)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    uint32_t first, last;
    if (n == 8) {
        memcpy(&word, p, 8);
        return word;
    }
    if (n >= 4) { /* two words that may overlap, where both say the same */
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
        return first | (uint64_t)last << 8 * (n - 4);
    }
    if (!n)
        return 0;
    return p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
#else
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
#endif
}

static inline uint64_t gw_hash_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * GW_HASH_1;
    return h ^ (h >> 32);
}

static inline uint64_t gw_hash_end(uint64_t h, size_t bytes)
{
    h = (h ^ bytes) * GW_HASH_2;
    return h ^ (h >> 29);
}

static inline uint64_t gw_hash(const void *text, size_t bytes, uint64_t seed)
{
    const uint8_t *p = (const uint8_t *)text;
    uint64_t h = seed;
    size_t left = bytes;
    for (; left >= 8; p += 8, left -= 8)
        h = gw_hash_word(h, gw_load(p, 8));
    if (left)
        h = gw_hash_word(h, gw_load(p, left));
    return gw_hash_end(h, bytes);
}

/* Words go to four hashes in turn, which do not wait for each other; they are hashed behind what is left over.  Every step
 * is a bijection of the hash, so that no change within one word goes unnoticed. */
static inline uint64_t gw_checksum(const void *data, size_t bytes, uint64_t seed)
{
    const uint8_t *p = (const uint8_t *)data;
    uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3;
    size_t left = bytes;
    for (; left >= 32; p += 32, left -= 32) {
        a = gw_hash_word(a, gw_load(p, 8));
        b = gw_hash_word(b, gw_load(p + 8, 8));
        c = gw_hash_word(c, gw_load(p + 16, 8));
        d = gw_hash_word(d, gw_load(p + 24, 8));
    }
    uint64_t h = gw_hash(p, left, seed);
    h = gw_hash_word(gw_hash_word(gw_hash_word(gw_hash_word(h, a), b), c), d);
    return gw_hash_end(h, bytes);
}

#endif
