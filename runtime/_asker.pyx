# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Ask for one decision, and hand out its answer."""

from libc.stdint cimport int32_t, uint8_t

from ._engine cimport Engine, Scratch, gw_decide, gw_request
from ._table cimport GW_UNKNOWN, Table

__all__ = ["Asker"]


cdef class Asker:
    """What an authorizer does most: decide one request and hand out its answer, without a detour."""

    def __cinit__(self, Table table not None):
        self._engine = Engine(table)
        self._definite = [None] * (table.c.statement_count + 2)

    def authorize(self, principal, action, resource="*", context=None, *, unknown=(), target=None):
        """Decide one request.

        Parameters
        ----------
        principal : str or PrincipalHandle
            ARN of a user, a role, a role session, a federated user or an account's root user; the name of an AWS
            service or an identity provider; or ``anonymous``.  A principal that the table does not know is denied.
        action : str or ActionHandle
            ``service:Name``; case does not matter.
        resource : str, ResourceHandle or None
            An ARN, ``*`` for an action without resources (R45), or None: unknown.
        context : mapping or ContextHandle, optional
            Context key -> text, boolean or integer; a list for a multivalued key; None for a key known to be absent.
            Names are compared without case; one that a statement asks for may not be there twice.
        unknown : iterable of str or OTHERS
            Keys of which nothing is known, whatever `context` says; `OTHERS`: all that `context` does not name.  A handle
            of a context says it itself.
        target : Target, optional
            What the ARN does not tell of the resource and of the way to it.

        Raises
        ------
        RequestError
            A part has a type that is not understood, or is a handle of another table; nothing was decided.
        """
        cdef Engine engine = self._engine
        cdef gw_request request
        cdef int32_t statement
        cdef uint8_t decision
        cdef Py_ssize_t place
        cdef Scratch scratch = engine.borrow()
        keys = ()
        try:
            engine.read_request(scratch, &request, principal, action, resource, context, unknown, target)
            decision = gw_decide(&engine.table.c, &request, &statement)
            if decision == GW_UNKNOWN:
                engine.set_sets(scratch, action)
                keys = engine.unknown_keys(&request)
        finally:
            engine.give_back(scratch)
        if decision == GW_UNKNOWN:
            return self._answer(decision, statement, keys)
        # One definite answer for each statement, and two without any.
        place = statement + 2 if statement >= 0 else decision
        found = self._definite[place]
        if found is None:
            found = self._definite[place] = self._answer(decision, statement, keys)
        return found
