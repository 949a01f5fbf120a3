# cython: language_level=3
"""Parts of requests, read once: what a gateway keeps of a connection, a session or a route, and asks with again and again.

A handle belongs to the table that it was made for.
"""

cimport cython
from libc.stdlib cimport free

__all__ = ["ActionHandle", "ContextHandle", "Handle", "PrincipalHandle", "ResourceHandle"]


cdef class Handle:
    """What all handles have: the table that they were made for."""

    def __reduce__(self):
        raise TypeError("a handle belongs to its authorizer; keep the text instead and ask for a new handle")


@cython.final
cdef class PrincipalHandle(Handle):
    """Who calls; see `Authorizer.principal`."""

    def __repr__(self):
        return f"<gatewright principal {self.principal}>"


@cython.final
cdef class ActionHandle(Handle):
    """An action; see `Authorizer.action`."""

    def __repr__(self):
        return f"<gatewright action {self.action}>"


@cython.final
cdef class ResourceHandle(Handle):
    """A resource, or that it is not known; see `Authorizer.resource`."""

    def __repr__(self):
        return f"<gatewright resource {self.resource}>"


@cython.final
cdef class ContextHandle(Handle):
    """A context with what is unknown of it; see `Authorizer.context`."""

    def __dealloc__(self):
        free(self.rows)

    def __repr__(self):
        return f"<gatewright context {self.context}>"
