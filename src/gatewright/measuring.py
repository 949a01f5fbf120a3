"""A user's own policies -> requests drawn from them, and what deciding them takes here."""

from __future__ import annotations

import gc
import json
import os
import platform
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gatewright.arguments import UsageError

if TYPE_CHECKING:
    from gatewright.compiler.policyset import PolicySet
    from gatewright.runtime import Authorizer

Context = dict[str, str | list[str]]
Request = tuple[str, str, str, Context]
MEASURE_SECONDS = 1.0
LONGEST_LINE = 1 << 20


class Figures(NamedTuple):
    """What was measured; times are nanoseconds of one request."""

    single_mean: float
    single_median: float
    single_p99: float
    batch: float
    resident_bytes: int
    decisions: dict[str, int]


# --- requests ---


def draw_requests(policy_set: PolicySet, count: int, seed: int) -> list[Request]:
    """Draw requests in which each time one statement of the caller is nearly met: its action, its resource, its keys.

    Raises
    ------
    UsageError
        No principal of the policy set has a statement.
    """
    chance = random.Random(seed)
    statements = [list(_statements(document.value)) for document in policy_set.documents]
    callers = [
        (principal.arn, own)
        for principal in policy_set.principals
        if (own := [statement for number in principal.identity for statement in statements[number]])
    ]
    if not callers:
        raise UsageError("no principal of the store has a statement", "name requests with `--requests`")
    requests = []
    for _ in range(count):
        arn, own = chance.choice(callers)
        statement = chance.choice(own)
        action = _fill(chance.choice(_texts(statement.get("Action")) or ["s3:GetObject"]), chance)
        if ":" not in action:
            action = "s3:GetObject"
        resource = _fill(chance.choice(_texts(statement.get("Resource")) or ["*"]), chance)
        requests.append((arn, action, resource, _draw_context(statement.get("Condition"), chance)))
    return requests


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    found = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, dict):
            yield statement


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [item if isinstance(item, str) else json.dumps(item) for item in values]


def _fill(pattern: str, chance: random.Random) -> str:
    """Return a text that a pattern matches; `*` alone stays, as the resource of calls that name none."""
    if pattern == "*":
        return pattern
    return "".join(
        "".join(chance.choices("abcdef0123456789", k=6)) if c == "*" else chance.choice("ab") if c == "?" else c
        for c in pattern
    )


def _draw_context(condition: Any, chance: random.Random) -> Context:
    """Return the keys of a condition, nine of ten, with values that it names."""
    context: Context = {}
    for operator, keys in condition.items() if isinstance(condition, dict) else ():
        for key, wanted in keys.items() if isinstance(keys, dict) else ():
            values = _texts(wanted)
            if not values or operator.endswith("Null") or chance.random() < 0.1:
                continue
            value = _fill(chance.choice(values), chance)
            if "IpAddress" in operator:
                value = value.partition("/")[0]
            context[key] = [value] if operator.startswith("For") else value
    return context


def read_requests(path: str) -> list[Request]:
    """Read requests, a line of JSON each: `{"principal", "action", "resource", "context"}`.

    Raises
    ------
    UsageError
        The file holds none, or a line is none.
    OSError
        It cannot be read.
    """
    requests: list[Request] = []
    with Path(path).open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if line.strip():
                requests.append(_read_request(line, f"{path}:{number}"))
    if not requests:
        raise UsageError(f"{path}: no requests", 'a line is `{"principal": ..., "action": ..., "resource": ...}`')
    return requests


def _read_request(line: bytes, place: str) -> Request:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError(f"{place}: not JSON, or a line of more than {LONGEST_LINE} bytes") from None
    if not isinstance(given, dict):
        raise UsageError(f"{place}: not a request", "a line is a JSON object")
    parts = [given.get("principal"), given.get("action"), given.get("resource", "*")]
    if not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{place}: principal, action or resource is no text")
    context = given.get("context") or {}
    if not isinstance(context, dict) or not all(_is_value(value) for value in context.values()):
        raise UsageError(f"{place}: context is not an object of texts and lists of texts")
    return parts[0], parts[1], parts[2], context


def _is_value(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(item, str) for item in values)


# --- figures ---


def measure(authorizer: Authorizer, requests: Sequence[Request], seconds: float = MEASURE_SECONDS) -> Figures:
    """Decide the requests one by one and as one batch, again and again for so long each, and take medians.

    Raises
    ------
    RequestError
        A request that cannot be decided.
    """
    decisions = Counter(authorizer.authorize(*request).decision.name for request in requests)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        each = _time_each(authorizer.authorize, requests, seconds)
        batch = list(requests)
        whole = _repeat(lambda: authorizer.authorize_batch(batch), seconds)
    finally:
        if was_enabled:
            gc.enable()
    return Figures(
        statistics.fmean(each),
        statistics.median(each),
        sorted(each)[int(0.99 * len(each))],
        statistics.median(whole) / len(requests),
        resident_bytes(),
        dict(sorted(decisions.items())),
    )


def _time_each(decide: Callable[..., object], requests: Sequence[Request], seconds: float) -> list[float]:
    """Return the nanoseconds of each request: the median of three passes or more, less what reading the clock takes."""
    clock = time.perf_counter_ns
    idle = statistics.median(-(clock() - clock()) for _ in range(1_000))
    rows: list[list[int]] = []
    end = time.monotonic() + seconds
    while len(rows) < 3 or (time.monotonic() < end and len(rows) < 1_000):
        row = []
        for principal, action, resource, context in requests:
            begin = clock()
            decide(principal, action, resource, context)
            row.append(clock() - begin)
        rows.append(row)
    return [max(0.0, statistics.median(own) - idle) for own in zip(*rows, strict=True)]


def _repeat(call: Callable[[], object], seconds: float) -> list[int]:
    times: list[int] = []
    end = time.monotonic() + seconds
    while len(times) < 3 or time.monotonic() < end:
        begin = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - begin)
    return times


def resident_bytes() -> int:
    """Return the memory that this process holds; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def describe_machine() -> str:
    """Return what a figure depends on, beside the policies."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    processor = names[0] if names else platform.processor() or platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {python}"
