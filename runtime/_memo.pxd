"""Remember what was made of texts: a direct-mapped table, a place for each hash, the last text with it in the place.

A text that comes again costs one hash, which Python keeps with the text, and one comparison.  Bounded: short texts only,
one for each place.  The GIL guards it; comparing exact texts runs no Python code.
"""

from cpython.object cimport PyObject, PyObject_Hash
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

cdef extern from "Python.h":
    const void *PyUnicode_DATA(object text)
    int PyUnicode_KIND(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    MEMO_LENGTH = 512  # characters of the longest text that is remembered

cdef struct memo:
    PyObject **texts  # owned, or NULL
    Py_hash_t *hashes
    size_t mask


cdef inline int memo_make(memo *m, size_t places) except -1:
    """Make room; `places` is a power of two."""
    m.texts = <PyObject **>calloc(places, sizeof(PyObject *))
    m.hashes = <Py_hash_t *>calloc(places, sizeof(Py_hash_t))
    m.mask = places - 1
    if not m.texts or not m.hashes:
        raise MemoryError
    return 0


cdef inline void memo_free(memo *m) noexcept:
    cdef size_t place
    if m.texts:
        for place in range(m.mask + 1):
            Py_XDECREF(m.texts[place])
    free(m.texts)
    free(m.hashes)


cdef inline Py_hash_t memo_hash(str text, size_t salt) except? -1:
    """Hash a text that means different things under different salts."""
    return PyObject_Hash(text) ^ <Py_hash_t>(salt * <size_t>0x9e3779b97f4a7c15)


cdef inline size_t memo_place(const memo *m, Py_hash_t hash) noexcept:
    return (<size_t>hash ^ (<size_t>hash >> 32)) & m.mask


cdef inline bint memo_has(const memo *m, size_t place, Py_hash_t hash, str text) noexcept:
    cdef PyObject *known = m.texts[place]
    if known == <PyObject *>text and m.hashes[place] == hash:
        return True
    if known == NULL or m.hashes[place] != hash:
        return False
    if PyUnicode_GET_LENGTH(<object>known) != PyUnicode_GET_LENGTH(text):
        return False
    if PyUnicode_KIND(<object>known) != PyUnicode_KIND(text):
        return False
    return memcmp(PyUnicode_DATA(<object>known), PyUnicode_DATA(text),
                  PyUnicode_GET_LENGTH(text) * PyUnicode_KIND(text)) == 0


cdef inline void memo_put(memo *m, size_t place, Py_hash_t hash, str text) noexcept:
    cdef PyObject *old = m.texts[place]
    Py_INCREF(text)
    m.texts[place] = <PyObject *>text
    m.hashes[place] = hash
    Py_XDECREF(old)
