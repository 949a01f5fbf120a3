# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Tell what is behind a decision: how every statement that may apply fared.

boundscheck is off: the table's own indices were verified when it was opened, and those of callers are checked here.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from ._engine cimport (
    GW_NONE,
    Engine,
    Scratch,
    gw_decide,
    gw_missing_layer,
    gw_request,
    gw_test_truth,
    gw_visit_statements,
)
from ._table cimport GW_IMPLICIT_DENY, GW_UNKNOWN, Table, gw_statement, gw_table

__all__ = ["is_deny", "tests_of", "trace"]


cdef void append_statement(void *state, uint32_t statement) noexcept with gil:
    (<list>state).append(statement)


def trace(Engine engine not None, principal, action, resource, context, unknown, target=None):
    """Decide one request and tell how every statement that may apply to it fared.

    Returns
    -------
    tuple
        Decision, determining statement, unknown keys, kind of the layer that allows nothing (`LayerKind`, or None: see
        gw_missing_layer), and a list of (statement, truths of its tests).
    """
    cdef const gw_table *t = &engine.table.c
    cdef gw_request request
    cdef int32_t statement
    cdef uint32_t missing, k
    cdef const gw_statement *s
    cdef uint8_t decision
    cdef Scratch scratch = engine.borrow()
    traces = []
    numbers = []
    try:
        engine.read_request(scratch, &request, principal, action, resource, context, unknown, target, False, True)
        engine.set_sets(scratch, action)
        decision = gw_decide(t, &request, &statement)
        keys = engine.unknown_keys(&request) if decision == GW_UNKNOWN else ()
        gw_visit_statements(t, &request, append_statement, <void *>numbers)
        for number in sorted(set(numbers)):
            s = &t.statements[<uint32_t>number]
            traces.append((number, [gw_test_truth(t, &request, s.test_first + k) for k in range(s.test_count)]))
        missing = gw_missing_layer(t, &request) if decision == GW_IMPLICIT_DENY else GW_NONE
        return decision, statement, keys, None if missing == GW_NONE else missing, traces
    finally:
        engine.give_back(scratch)


cdef const gw_statement *find_statement(Table table, Py_ssize_t statement) except NULL:
    if not 0 <= statement < <Py_ssize_t>table.c.statement_count:
        raise IndexError(statement)
    return &table.c.statements[statement]


def tests_of(Table table not None, Py_ssize_t statement):
    """Return the numbers of a statement's tests."""
    cdef const gw_statement *s = find_statement(table, statement)
    return range(s.test_first, s.test_first + s.test_count)


def is_deny(Table table not None, Py_ssize_t statement):
    """Tell whether a statement denies."""
    return bool(find_statement(table, statement).is_deny)
