# cython: language_level=3
"""Reads a table and a request through the declarations that gatewright installs."""

from libc.stdint cimport uint32_t

from gatewright.runtime cimport Engine, Table, gw_request
from gatewright.runtime._engine cimport Scratch


def count_statements(Table table not None):
    """Return a number straight from the table's memory."""
    cdef uint32_t count
    with nogil:
        count = table.c.statement_count
    return count


def find_program(Engine engine not None, principal, action):
    """Return the program of the cell that a request falls into: 0 denies, 1 allows, 2 needs more than one cell."""
    cdef gw_request request
    cdef Scratch scratch = engine.borrow()
    cdef const uint32_t *cells = engine.table.c.cells
    cdef size_t row
    try:
        engine.read_request(scratch, &request, principal, action, "*", {}, (), None)
        row = engine.table.c.principals[request.caller.principal].cell_row
        return cells[row * engine.table.c.action_column_count + request.action_column]
    finally:
        engine.give_back(scratch)
