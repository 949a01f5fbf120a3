/* Read typed values: numbers, instants, addresses, base64.  The grammars are those of compiler/values.py. */
#include "text.h"

#include <string.h>

static int is_digit(uint8_t byte) { return (uint8_t)(byte - '0') <= 9; }

static size_t skip_digits(const uint8_t *text, size_t bytes, size_t i)
{
    while (i < bytes && is_digit(text[i]))
        i++;
    return i;
}

int gw_read_number(const uint8_t *text, size_t bytes, gw_decimal *number)
{
    memset(number, 0, sizeof *number);
    number->text = text;
    if (!bytes || bytes > GW_NUMBER_BYTES_LIMIT)
        return 0;
    size_t i = text[0] == '+' || text[0] == '-';
    int is_negative = text[0] == '-';
    size_t first = i, point = skip_digits(text, bytes, i), end = point;
    if (point == first)
        return 0;
    i = point;
    if (i < bytes && text[i] == '.') {
        end = skip_digits(text, bytes, i + 1);
        if (end == i + 1)
            return 0;
        i = end;
    }
    int64_t exponent = 0;
    if (i < bytes && (text[i] | 0x20) == 'e') {
        i++;
        int exponent_is_negative = i < bytes && text[i] == '-';
        i += i < bytes && (text[i] == '+' || text[i] == '-');
        size_t exponent_end = skip_digits(text, bytes, i);
        if (exponent_end == i || exponent_end - i > 9)
            return 0;
        for (; i < exponent_end; i++)
            exponent = exponent * 10 + (text[i] - '0');
        if (exponent_is_negative)
            exponent = -exponent;
    }
    if (i != bytes)
        return 0;
    /* Leave out zeros at both ends, which the point may stand between. */
    while (first < end && (text[first] == '0' || text[first] == '.'))
        first++;
    while (end > first && (text[end - 1] == '0' || text[end - 1] == '.'))
        end--;
    if (first == end)
        return 1; /* zero */
    number->first = first;
    number->is_negative = is_negative;
    number->exponent = exponent + (first < point ? (int64_t)(point - first) : -(int64_t)(first - point - 1));
    number->whole = first < point ? (point < end ? point : end) - first : end - first;
    number->digit_count = end - first - (first < point && point < end);
    return 1;
}

static int read_two(const uint8_t *text, size_t bytes, size_t i, int highest, int *value)
{
    if (i + 2 > bytes || !is_digit(text[i]) || !is_digit(text[i + 1]))
        return 0;
    *value = (text[i] - '0') * 10 + text[i + 1] - '0';
    return *value <= highest;
}

/* 1 to 9 digits after the point at i; the place behind them, or 0. */
static size_t read_fraction(const uint8_t *text, size_t bytes, size_t i, uint32_t *nanoseconds)
{
    size_t end = skip_digits(text, bytes, i + 1);
    if (end == i + 1 || end > i + 10)
        return 0;
    uint32_t value = 0;
    for (size_t k = i + 1; k < i + 10; k++)
        value = value * 10 + (k < end ? (uint32_t)(text[k] - '0') : 0);
    *nanoseconds = value;
    return end;
}

static int read_epoch(const uint8_t *text, size_t bytes, gw_instant *instant)
{
    size_t end = skip_digits(text, bytes, 0), i = 0;
    uint64_t seconds = 0;
    while (i < end && text[i] == '0')
        i++;
    if (end == 0 || end - i > 19)
        return 0;
    for (; i < end; i++)
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
    if (seconds > INT64_MAX)
        return 0;
    instant->seconds = (int64_t)seconds;
    if (end == bytes)
        return 1;
    return text[end] == '.' && read_fraction(text, bytes, end, &instant->nanoseconds) == bytes;
}

static int is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int64_t days_since_epoch(int year, int month, int day)
{
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    /* Counted from 1 January of the year 0, which is a leap year: year + 1 keeps the divisions on positive numbers. */
    int64_t leaps = year ? 1 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 : 0;
    return (int64_t)year * 365 + leaps + before[month - 1] + (month > 2 && is_leap(year)) + day - 1 - 719528;
}

int gw_read_instant(const uint8_t *text, size_t bytes, gw_instant *instant)
{
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    memset(instant, 0, sizeof *instant);
    if (read_epoch(text, bytes, instant))
        return 1;
    memset(instant, 0, sizeof *instant);
    int century, year, month, day = 1, hour = 0, minute = 0, second = 0, zone_hour = 0, zone_minute = 0, zone_sign = 0;
    if (bytes < 7 || !read_two(text, bytes, 0, 99, &century) || !read_two(text, bytes, 2, 99, &year) || text[4] != '-' ||
        !read_two(text, bytes, 5, 12, &month) || !month)
        return 0;
    year += century * 100;
    size_t i = 7;
    if (i < bytes) {
        if (text[i] != '-' || !read_two(text, bytes, i + 1, 31, &day) || !day)
            return 0;
        i = 10;
    }
    if (day > month_days[month - 1] + (month == 2 && is_leap(year)))
        return 0;
    if (i < bytes) {
        if ((text[i] | 0x20) != 't' || !read_two(text, bytes, i + 1, 23, &hour) || i + 3 >= bytes || text[i + 3] != ':' ||
            !read_two(text, bytes, i + 4, 59, &minute))
            return 0;
        i += 6;
        if (i < bytes && text[i] == ':') {
            if (!read_two(text, bytes, i + 1, 59, &second))
                return 0;
            i += 3;
            if (i < bytes && text[i] == '.') {
                i = read_fraction(text, bytes, i, &instant->nanoseconds);
                if (!i)
                    return 0;
            }
        }
        if (i < bytes && (text[i] | 0x20) == 'z') {
            i++;
        } else if (i < bytes && (text[i] == '+' || text[i] == '-')) {
            zone_sign = text[i] == '-' ? -1 : 1;
            if (!read_two(text, bytes, i + 1, 23, &zone_hour))
                return 0;
            i += 3;
            if (i < bytes) {
                if (text[i] != ':' || !read_two(text, bytes, i + 1, 59, &zone_minute))
                    return 0;
                i += 3;
            }
        }
        if (i != bytes)
            return 0;
    }
    instant->seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
                       (int64_t)zone_sign * (zone_hour * 3600 + zone_minute * 60);
    return 1;
}

/* Four numbers without leading zeros; nothing may follow. */
static int read_ipv4(const uint8_t *text, size_t bytes, uint32_t *address)
{
    uint32_t value = 0;
    size_t i = 0;
    for (int part = 0; part < 4; part++) {
        if (part && (i >= bytes || text[i++] != '.'))
            return 0;
        size_t end = skip_digits(text, bytes, i);
        if (end == i || end - i > 3 || (text[i] == '0' && end - i > 1))
            return 0;
        uint32_t number = 0;
        for (; i < end; i++)
            number = number * 10 + (uint32_t)(text[i] - '0');
        if (number > 255)
            return 0;
        value = value << 8 | number;
    }
    *address = value;
    return i == bytes;
}

static int hex_value(uint8_t byte)
{
    if (is_digit(byte))
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static int read_ipv6(const uint8_t *text, size_t bytes, gw_ipv6 *address)
{
    uint16_t groups[8] = {0};
    int count = 0, gap = -1;
    size_t i = 0;
    if (bytes >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        i = 2;
    }
    while (i < bytes) {
        size_t start = i;
        uint32_t value = 0, ipv4;
        while (i < bytes && i - start < 5 && hex_value(text[i]) >= 0)
            value = value << 4 | (uint32_t)hex_value(text[i++]);
        if (i < bytes && text[i] == '.') {
            if (count > 6 || !read_ipv4(text + start, bytes - start, &ipv4))
                return 0;
            groups[count++] = (uint16_t)(ipv4 >> 16);
            groups[count++] = (uint16_t)ipv4;
            break;
        }
        if (i == start || i - start > 4 || count == 8)
            return 0;
        groups[count++] = (uint16_t)value;
        if (i == bytes)
            break;
        if (text[i++] != ':' || i == bytes)
            return 0;
        if (text[i] == ':') {
            if (gap >= 0)
                return 0;
            gap = count;
            i++;
        }
    }
    if (gap < 0 ? count != 8 : count > 7)
        return 0;
    uint64_t halves[2] = {0, 0};
    for (int place = 0; place < 8; place++) {
        int source = gap < 0 || place < gap ? place : place - (8 - count);
        uint16_t group = gap >= 0 && place >= gap && place < gap + 8 - count ? 0 : groups[source];
        halves[place / 4] = halves[place / 4] << 16 | group;
    }
    address->high = halves[0];
    address->low = halves[1];
    return 1;
}

int gw_read_address(const uint8_t *text, size_t bytes, gw_ipv6 *address)
{
    uint32_t ipv4;
    address->high = address->low = 0;
    if (bytes > 45) /* the longest spelling of an address */
        return 0;
    if (read_ipv4(text, bytes, &ipv4)) {
        address->low = ipv4;
        return 4;
    }
    return read_ipv6(text, bytes, address) ? 6 : 0;
}

static int base64_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (is_digit(byte))
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

int gw_read_binary(const uint8_t *text, size_t bytes, size_t *last, uint8_t *byte)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    *last = bytes;
    *byte = 0;
    if (bytes % 4)
        return 0;
    size_t padding = bytes && text[bytes - 1] == '=' ? 1 + (text[bytes - 2] == '=') : 0;
    for (size_t i = 0; i < bytes - padding; i++)
        if (base64_value(text[i]) < 0)
            return 0;
    if (padding) {
        *last = bytes - padding - 1;
        *byte = (uint8_t)alphabet[base64_value(text[*last]) & (padding == 1 ? 0x3c : 0x30)];
    }
    return 1;
}

int gw_is_arn(const uint8_t *text, size_t bytes)
{
    int colons = 0;
    for (size_t i = 0; i < bytes && colons < 5; i++)
        colons += text[i] == ':';
    return colons == 5;
}

uint32_t gw_read_code_point(const uint8_t *text, size_t bytes, size_t i, size_t *next)
{
    static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = text[i];
    size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    *next = i + 1;
    if (n < 2)
        return n ? lead : 0x110000u + lead;
    if (bytes - i < n)
        return 0x110000u + lead;
    uint32_t point = lead & (0x7fu >> n);
    for (size_t k = 1; k < n; k++) {
        if ((text[i + k] & 0xc0) != 0x80)
            return 0x110000u + lead;
        point = point << 6 | (text[i + k] & 0x3f);
    }
    if (point < lowest[n] || point > 0x10ffff)
        return 0x110000u + lead;
    *next = i + n;
    return point;
}

uint32_t gw_fold_code_point(const gw_table *t, uint32_t point)
{
    if (point < 0x80)
        return point >= 'A' && point <= 'Z' ? point + 0x20 : point;
    uint32_t lo = 0, hi = t->fold_count;
    while (lo < hi) {
        uint32_t middle = (lo + hi) / 2;
        if (t->folds[middle].from < point)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < t->fold_count && t->folds[lo].from == point ? t->folds[lo].to : point;
}
