/* Read typed values.  Internal to the kernel. */
#ifndef GATEWRIGHT_KERNEL_TEXT_H
#define GATEWRIGHT_KERNEL_TEXT_H

#include "gatewright/table.h"

#define GW_ONES 0x0101010101010101ull /* times a byte: eight of it, for texts that are read by words */

/* A decimal as +-0.DIGITS x 10^exponent.  The digits stand in `text` from `first` on: `whole` of them, then, behind a
 * point, the other digit_count - whole; neither the first nor the last is 0, and zero has none. */
typedef struct {
    const uint8_t *text;
    size_t first, whole, digit_count;
    int64_t exponent;
    int is_negative;
} gw_decimal;

/* Each returns 0 for an ill-formed text; the grammars are those of compiler/values.py. */
int gw_read_number(const uint8_t *text, size_t bytes, gw_decimal *number);
int gw_read_instant(const uint8_t *text, size_t bytes, gw_instant *instant);

/* 4 for IPv4, the address in `low`; 6 for IPv6. */
int gw_read_address(const uint8_t *text, size_t bytes, gw_ipv6 *address);

/* Base64: the canonical spelling of the same bytes has `byte` at `last` (no such place: last == bytes). */
int gw_read_binary(const uint8_t *text, size_t bytes, size_t *last, uint8_t *byte);

/* Decode one code point at i and tell where the next begins; a byte that begins none stands for itself, beyond all code
 * points. */
uint32_t gw_read_code_point(const uint8_t *text, size_t bytes, size_t i, size_t *next);

/* What a code point folds to (R82). */
uint32_t gw_fold_code_point(const gw_table *table, uint32_t point);

/* At least five colons (R89). */
int gw_is_arn(const uint8_t *text, size_t bytes);

#endif
