from typing_extensions import Buffer

__all__ = ["find_states"]

def find_states(
    class_count: int,
    colon: int,
    move_first: Buffer,
    move_class: Buffer,
    move_target: Buffer,
    star_first: Buffer,
    star_target: Buffer,
    chain: Buffer,
    depth: Buffer,
    loop: Buffer,
    is_accepting: Buffer,
    state_limit: int,
    work_limit: int,
) -> tuple[int, bytes | None, list[tuple[int, ...]]]: ...
