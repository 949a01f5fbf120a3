# cython: boundscheck=False, wraparound=False, freethreading_compatible=True
"""Read canonical parameters in one pass: what is slow in a verification otherwise is to take a text apart."""

from cpython.dict cimport PyDict_SetItem
from libc.string cimport memcmp, memcpy

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 most)
    void *PyUnicode_DATA(object text)

# What a byte is: 0 not canonical, 1 unreserved (RFC 3986, 2.3), 2 an equals sign, 3 an ampersand, 4 a percent sign.
cdef unsigned char _kinds[256]
# The value of a hexadecimal digit in upper case; 16 where it is none.
cdef unsigned char _digits[256]


cdef void _fill() noexcept:
    cdef int byte
    for byte in range(256):
        _kinds[byte] = 0
        _digits[byte] = 16
    for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~":
        _kinds[byte] = 1
    _kinds[c"="], _kinds[c"&"], _kinds[c"%"] = 2, 3, 4
    for byte in range(16):
        _digits[<unsigned char> b"0123456789ABCDEF"[byte]] = byte


_fill()


cdef inline Py_ssize_t _skip(const unsigned char *text, Py_ssize_t i, Py_ssize_t size) noexcept nogil:
    """Return where a name or value ends that begins at i; -1 where something in it is not canonical."""
    cdef unsigned char kind
    cdef unsigned int byte
    while i < size:
        kind = _kinds[text[i]]
        if kind == 1:
            i += 1
        elif kind == 4:
            if size - i < 3 or _digits[text[i + 1]] > 15 or _digits[text[i + 2]] > 15:
                return -1
            byte = _digits[text[i + 1]] * 16 + _digits[text[i + 2]]
            if _kinds[byte] == 1:
                return -1
            i += 3
        else:
            return -1 if kind == 0 else i
    return i


cdef inline object _text(const char *chars, Py_ssize_t size):
    """Return characters that were read, so they are ASCII, as a text."""
    cdef object text = PyUnicode_New(size, 127)
    memcpy(PyUnicode_DATA(text), chars, size)
    return text


def read_canonical(str text not None):
    cdef Py_ssize_t size, i = 0, begin, end, count = 0, before = 0, before_size = 0, shorter
    cdef const char *chars
    cdef const unsigned char *raw
    cdef bint is_sorted = True
    cdef int order
    cdef dict parameters = {}
    if not PyUnicode_IS_ASCII(text):
        return None
    chars = PyUnicode_AsUTF8AndSize(text, &size)
    raw = <const unsigned char *> chars
    while True:
        begin = i
        end = _skip(raw, begin, size)
        if end <= begin or end == size or raw[end] != c"=":
            return None
        i = _skip(raw, end + 1, size)
        if i < 0 or (i < size and raw[i] != c"&"):
            return None
        if count and is_sorted:
            shorter = before_size if before_size < end - begin else end - begin
            order = memcmp(chars + before, chars + begin, shorter)
            is_sorted = order < 0 or (order == 0 and before_size < end - begin)
        before, before_size = begin, end - begin
        PyDict_SetItem(parameters, _text(chars + begin, end - begin), _text(chars + end + 1, i - end - 1))
        count += 1
        if i == size:
            break
        i += 1
    return (parameters, is_sorted) if len(parameters) == count else None


def is_visible(str text not None):
    cdef Py_ssize_t size, i
    cdef const unsigned char *raw
    cdef unsigned char outside = 0
    if not PyUnicode_IS_ASCII(text):
        return False
    raw = <const unsigned char *> PyUnicode_AsUTF8AndSize(text, &size)
    for i in range(size):
        outside |= <unsigned char> (raw[i] - 0x21) > 0x7E - 0x21
    return outside == 0
