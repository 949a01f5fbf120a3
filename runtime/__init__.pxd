from gatewright.runtime._engine cimport Engine, Scratch, gw_request, gw_row
from gatewright.runtime._table cimport Table, gw_table
