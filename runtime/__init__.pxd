from gatewright.runtime._engine cimport Engine, gw_decide, gw_find_principal, gw_request, gw_row
from gatewright.runtime._table cimport Table, gw_table
