"""Arrays that grow."""

from libc.stdlib cimport realloc


cdef inline int grow(void **block, size_t *room, size_t wanted, size_t size) except -1:
    """Make room for so many elements of a size; a block at least doubles."""
    cdef void *grown
    if wanted <= room[0]:
        return 0
    wanted = max(wanted, 2 * room[0])
    grown = realloc(block[0], wanted * size)
    if not grown:
        raise MemoryError
    block[0] = grown
    room[0] = wanted
    return 0
