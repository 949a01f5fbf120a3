"""Characters as bytes of UTF-8: what `?` stands for, in texts that may be anything."""

from __future__ import annotations

# One character is one UTF-8 sequence: lead byte ranges, and how many continuation bytes must follow.
LEADS = ((0x00, 0x7F, 0), (0xC2, 0xDF, 1), (0xE0, 0xEF, 2), (0xF0, 0xF4, 3))
CONTINUATION = (0x80, 0xBF)


def encode(text: str, folds_ascii: bool) -> bytes:
    """Return the bytes of a text as a pattern compares them."""
    data = text.encode("utf-8", "surrogatepass")
    return data.lower() if folds_ascii else data  # bytes.lower() knows ASCII only


def is_continuation(byte: int) -> bool:
    """Tell whether a byte continues a character."""
    return CONTINUATION[0] <= byte <= CONTINUATION[1]


def count_characters(data: bytes) -> int:
    """Return how many bytes begin a character, or stand for themselves."""
    return len(data) - sum(map(is_continuation, data))


def character_size(data: bytes, at: int) -> int:
    """Return how many bytes the character at a place has; 0: there is none."""
    for low, high, count in LEADS:
        if at < len(data) and low <= data[at] <= high:
            rest = data[at + 1 : at + 1 + count]
            return 1 + count if len(rest) == count and all(map(is_continuation, rest)) else 0
    return 0
