cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t, uintptr_t

from ._table cimport Table

cdef extern from "gatewright/decide.h" nogil:
    ctypedef uintptr_t gw_row

    ctypedef struct gw_caller:
        uint64_t account
        uint32_t principal
        uint32_t cell_row
        uint8_t kind

    ctypedef struct gw_target:
        uint64_t account
        uint32_t resource
        uint8_t endpoint_count
        uint8_t is_endpoint_unknown
        uint32_t *endpoints


cdef class Handle:
    cdef readonly Table table
    cdef list kept             # what its rows and texts lie in


@cython.final
cdef class PrincipalHandle(Handle):
    cdef readonly str principal
    cdef gw_caller caller


@cython.final
cdef class ActionHandle(Handle):
    cdef readonly str action
    cdef gw_row row
    cdef gw_row sets           # of GW_CLASSIFIER_SETS
    cdef uint32_t column


@cython.final
cdef class ResourceHandle(Handle):
    cdef readonly object resource
    cdef gw_row row
    cdef gw_target target


@cython.final
cdef class ContextHandle(Handle):
    cdef readonly object context
    cdef readonly object unknown
    cdef gw_row *rows          # of the classifiers of keys
    cdef object scratch        # what they and the keys' values lie in, where no row of the table is the one; or None
