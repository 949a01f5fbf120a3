"""Remember what was made of texts: two places for each hash, each with the last text that was put there.

A text that comes again costs one hash, which Python keeps with the text, and one comparison.  Text, hash and what was
made of it lie in one entry, so that finding them takes one access to memory.  Rows that are in no table lie behind the
entries, as long as they are short.  Bounded: short texts only, one for each place.  The GIL guards it; comparing exact
texts runs no Python code.
"""

from cpython.object cimport PyObject, PyObject_Hash
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

cdef extern from "Python.h":
    const void *PyUnicode_DATA(object text)
    int PyUnicode_KIND(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    MEMO_LENGTH = 512  # characters of the longest text that is remembered
    MEMO_LINE = 64     # bytes that memory gives at once; entries are its half or its whole
    MEMO_WORDS = 256   # of the longest row that is remembered beside its text

cdef struct memo_entry:
    PyObject *text  # owned, or NULL
    Py_hash_t hash
    # then what was made of the text

cdef struct memo:
    void *block
    char *entries     # at a multiple of MEMO_LINE
    uint64_t *rows    # row_words for each entry
    size_t row_words
    size_t stride
    size_t mask
    size_t turn       # which of two places is to be written next


cdef inline int memo_make(memo *m, size_t places, size_t made, size_t row_words) except -1:
    """Make room for `made` bytes beside each text and for a row of `row_words`; `places` is a power of two."""
    m.stride = MEMO_LINE // 2 if sizeof(memo_entry) + made <= MEMO_LINE // 2 else MEMO_LINE
    if sizeof(memo_entry) + made > m.stride:
        raise MemoryError
    m.row_words = row_words if row_words <= MEMO_WORDS else 0
    m.block = calloc(places * m.stride + MEMO_LINE, 1)
    m.rows = <uint64_t *>calloc(places * m.row_words + 1, sizeof(uint64_t))
    if not m.block or not m.rows:
        raise MemoryError
    m.entries = <char *>((<uintptr_t>m.block + MEMO_LINE - 1) & ~<uintptr_t>(MEMO_LINE - 1))
    m.mask = places - 1
    return 0


cdef inline memo_entry *memo_entry_at(const memo *m, size_t place) noexcept:
    return <memo_entry *>(m.entries + place * m.stride)


cdef inline void memo_free(memo *m) noexcept:
    cdef size_t place
    if m.block:
        for place in range(m.mask + 1):
            Py_XDECREF(memo_entry_at(m, place).text)
    free(m.block)
    free(m.rows)


cdef inline Py_hash_t memo_hash(str text, size_t salt) except? -1:
    """Hash a text that means different things under different salts."""
    return PyObject_Hash(text) ^ <Py_hash_t>(salt * <size_t>0x9e3779b97f4a7c15)


cdef inline bint memo_is(const memo_entry *entry, Py_hash_t hash, str text) noexcept:
    cdef PyObject *known = entry.text
    if known == NULL or entry.hash != hash:
        return False
    if known == <PyObject *>text:
        return True
    if PyUnicode_GET_LENGTH(<object>known) != PyUnicode_GET_LENGTH(text):
        return False
    if PyUnicode_KIND(<object>known) != PyUnicode_KIND(text):
        return False
    return memcmp(PyUnicode_DATA(<object>known), PyUnicode_DATA(text),
                  PyUnicode_GET_LENGTH(text) * PyUnicode_KIND(text)) == 0


cdef inline memo_entry *memo_find(const memo *m, Py_hash_t hash, str text) noexcept:
    """Return the entry of a text, or NULL."""
    cdef size_t place = (<size_t>hash ^ (<size_t>hash >> 32)) & m.mask
    cdef memo_entry *entry = memo_entry_at(m, place)
    if memo_is(entry, hash, text):
        return entry
    entry = memo_entry_at(m, place ^ 1)
    return entry if memo_is(entry, hash, text) else NULL


cdef inline memo_entry *memo_put(memo *m, Py_hash_t hash, str text) noexcept:
    """Return the entry for a new text; what was made of it is for the caller to write."""
    cdef size_t place = (<size_t>hash ^ (<size_t>hash >> 32)) & m.mask
    cdef memo_entry *entry = memo_entry_at(m, place)
    cdef PyObject *old
    if entry.text != NULL:
        m.turn ^= 1
        if memo_entry_at(m, place ^ 1).text == NULL or m.turn:
            entry = memo_entry_at(m, place ^ 1)
    old = entry.text
    Py_INCREF(text)
    entry.text = <PyObject *>text
    entry.hash = hash
    Py_XDECREF(old)  # of an exact text, which runs no code
    return entry


cdef inline uint64_t *memo_row(const memo *m, const memo_entry *entry) noexcept:
    """Return the room for the row of an entry."""
    return m.rows + (<size_t>(<const char *>entry - m.entries) // m.stride) * m.row_words
