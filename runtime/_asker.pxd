from ._engine cimport Engine


cdef class Asker:
    cdef readonly Engine _engine
    cdef list _definite        # 0, 1: denied, allowed without a statement; 2 + s: decided by statement s
