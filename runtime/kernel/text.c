/* Read typed values: numbers, instants, addresses, base64.  The grammars are those of compiler/values.py. */
#include "text.h"

#include <string.h>

#include "gatewright/hash.h"

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

static int days_of_month(int year, int month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static int digit_of(uint64_t word, unsigned place) { return (int)(word >> 8 * place & 15); }

static int two_digits_of(uint64_t word, unsigned place)
{
    return 10 * digit_of(word, place) + digit_of(word, place + 1);
}

/* `2026-10-01T00:00:56Z`, as nearly everybody writes it.  What is left of each byte without the one that is expected has
 * bit 7 set, or gets it by the slack, where it is above 9 in the place of a digit or above 0 elsewhere. */
static int read_usual_instant(const uint8_t *text, gw_instant *instant)
{
    uint64_t date = gw_load(text, 8) ^ 0x2d30302d30303030u;      /* 0000-00- */
    uint64_t time = gw_load(text + 8, 8) ^ 0x30303a3030543030u;  /* 00T00:00 */
    uint64_t rest = gw_load(text + 16, 4) ^ 0x5a30303au;         /* :00Z */
    uint64_t strange = date | (date + 0x7f76767f76767676u) | time | (time + 0x76767f76767f7676u) | rest |
                       (rest + 0x7f76767fu);
    if (strange & 0x8080808080808080u)
        return 0;
    int year = 100 * two_digits_of(date, 0) + two_digits_of(date, 2), month = two_digits_of(date, 5);
    int day = two_digits_of(time, 0), hour = two_digits_of(time, 3), minute = two_digits_of(time, 6);
    int second = two_digits_of(rest, 1);
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) || hour > 23 || minute > 59 || second > 59)
        return 0;
    instant->seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return 1;
}

int gw_read_instant(const uint8_t *text, size_t bytes, gw_instant *instant)
{
    memset(instant, 0, sizeof *instant);
    if (bytes == 20 && read_usual_instant(text, instant))
        return 1;
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
    if (day > days_of_month(year, month))
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

/* Bit 7 of each byte of ASCII that is no digit, and of each that is a point. */
static uint64_t no_digits(uint64_t word) { return (word ^ '0' * GW_ONES) + (0x7f - 9) * GW_ONES; }
static uint64_t points(uint64_t word) { return ~((word ^ '.' * GW_ONES) + 0x7f * GW_ONES); }

/* Four numbers without leading zeros; nothing may follow.  How many digits each has nobody can foretell, so that no branch
 * asks. */
static int read_ipv4(const uint8_t *text, size_t bytes, uint32_t *address)
{
    uint8_t padded[16]; /* for each number up to three digits and a point, also behind the last */
    uint32_t value = 0, wrong = 0, start = 0;
    if (bytes < 7 || bytes > 15)
        return 0;
    memset(padded, '.', sizeof padded);
    memcpy(padded, text, bytes);
    uint64_t low = gw_load(padded, 8), high = gw_load(padded + 8, 8);
    if ((low | high | (no_digits(low) ^ points(low)) | (no_digits(high) ^ points(high))) & 0x80 * GW_ONES)
        return 0;
    for (int part = 0; part < 4; part++) {
        uint32_t word = (uint32_t)gw_load(padded + start, 4), first = (word & 0xff) - '0';
        uint32_t second = word >> 8 & 0xff, third = word >> 16 & 0xff;
        uint32_t has_second = second != '.', has_third = has_second & (third != '.');
        uint32_t two = 10 * first + second - '0', three = 10 * two + third - '0', number;
        number = has_second ? two : first;
        number = has_third ? three : number;
        start += 2 + has_second + has_third;
        wrong |= (first > 9) | (has_second & !first) | (number > 255) | (padded[start - 1] != '.');
        value = value << 8 | number;
    }
    *address = value;
    return !wrong && start == bytes + 1;
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
