"""What patterns cost that were made to hurt: ``python -m benchmarks.automata`` prints groups, states, time and bytes.

Before anything is timed, the groups are compared with a naive matcher on subjects near to matching.  Times are
processor time, the best of some repetitions.
"""

from __future__ import annotations

import json
import platform
import random
import time
from collections.abc import Callable

import gatewright as gw
from gatewright.compiler.automaton import Automaton, Symbols, build_groups
from gatewright.compiler.patterns import parse_value
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.relays import Relays
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

SEED = 20261126
ANN = "arn:aws:iam::123456789012:user/ann"
CALLS = 20_000
VARIANTS = 2_000
"""Texts are kept that were classified before; these are measured anew."""


def cases() -> dict[str, list[str]]:
    """Return sets of patterns by name."""
    chance = random.Random(SEED)
    accounts = [f"{chance.randrange(10**12):012}" for _ in range(200)]
    return {
        "one star": ["arn:aws:s3:::orchard/*"],
        "2,000 stars": [f"{'*a' * 2000}*b"],
        "200 infixes `*x1*`": [f"*x{n}*" for n in range(200)],
        "2,000 infixes": [f"*{chance.randrange(10**8)}*" for _ in range(2000)],
        "200 accounts": [f"arn:aws:ec2:*:{account}:instance/*" for account in accounts],
        "16 `?` behind a star": [f"*a{'?' * 16}b"],
        "300 of them": [f"*{chance.randrange(10**5)}a{'?' * 16}b" for _ in range(300)],
        "3,000 prefixes": [f"arn:aws:s3:::team-{chance.randrange(10**6)}-bucket/*" for _ in range(3000)],
        "30,000 prefixes": [f"arn:aws:s3:::team-{chance.randrange(10**9)}-bucket/*" for _ in range(30000)],
    }


def subjects(patterns: list[str]) -> list[str]:
    """Return texts of about 64 characters: some that match a pattern, and the same spoilt at the end."""
    chance = random.Random(SEED)
    texts = []
    for pattern in chance.sample(patterns, min(8, len(patterns))):
        text = "".join("a0" * 8 if c == "*" and len(pattern) < 100 else "a" if c in "*?" else c for c in pattern)
        texts += [text[:4096], text[:63] + "#"]
    return texts


def vary(texts: list[str]) -> list[str]:
    """Return texts of 64 characters that begin like these and end in other ways, too many to be remembered."""
    return [f"{text[:58]}{number:06}" for number in range(VARIANTS) for text in texts]


def matches_naively(pattern: Symbols, subject: str) -> bool:
    """Match by remembering all places that the pattern so far can have reached."""
    places = {0}
    for symbol in pattern:
        if isinstance(symbol, str):
            places = {place + len(symbol) for place in places if subject.startswith(symbol, place)}
        elif symbol.value == "?":
            places = {place + 1 for place in places if place < len(subject)}
        elif places:
            places = set(range(min(places), len(subject) + 1))
    return len(subject) in places


def compile_value(patterns: list[str]) -> gw.Authorizer:
    """Compile a statement that asks whether a key matches one of the patterns."""
    condition = {"StringLike": {"orchard:value": patterns}}
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    source = Source(json.dumps({"Version": "2012-10-17", "Statement": statement}), "patterns")
    document = Document("patterns", PolicyKind.IDENTITY, source)
    return gw.Authorizer(gw.compile(PolicySet((document,), (Principal(ANN, PrincipalKind.USER, (0,)),))))


def best_ns(call: Callable[[], object], repetitions: int) -> int:
    """Return the least processor time of some calls."""
    times = []
    for _ in range(repetitions):
        start = time.process_time_ns()
        call()
        times.append(time.process_time_ns() - start)
    return min(times)


def ask(authorizer: gw.Authorizer, texts: list[str], calls: int) -> None:
    """Decide requests one by one."""
    for n in range(calls):
        authorizer.authorize(ANN, "s3:GetObject", "*", {"orchard:value": texts[n % len(texts)]})


def measure(name: str, patterns: list[str], base_ns: float) -> str:
    """Return one row of the table."""
    symbols: list[Symbols] = [parse_value(text, wildcards=True, variables=False).parts for text in patterns]  # type: ignore[misc]
    start = time.process_time()
    groups = build_groups(symbols)
    seconds = time.process_time() - start
    texts = subjects(patterns)
    for text in texts:
        found = sorted(number for group in groups for number in group.run(text.encode()))
        assert found == [n for n, pattern in enumerate(symbols) if matches_naively(pattern, text)], (name, text)
    automata = [group for group in groups if isinstance(group, Automaton)]
    states = sum(len(group.accepts) for group in automata)
    authorizer = compile_value(patterns)
    short = vary(texts)
    calls = CALLS // max(1, len(groups) // 10)
    each_ns = best_ns(lambda: ask(authorizer, short, calls), 5) / calls - base_ns
    relays = sum(isinstance(group, Relays) for group in groups)
    kinds = f"{len(automata)} + {relays} + {len(groups) - len(automata) - relays}"
    size = authorizer.table.byte_count / 1000
    return f"| {name} | {kinds} | {states:,} | {seconds:.2f} | {size:,.0f} | {max(0.0, each_ns):,.0f} |"


def main() -> None:
    """Print the table."""
    print(f"Python {platform.python_version()}, {platform.machine()}, seed {SEED}\n")
    base = compile_value(["*"])
    base_ns = best_ns(lambda: ask(base, vary(["a" * 64]), CALLS), 5) / CALLS
    print("| patterns | automata + relays + simulations | states | build, s | table, KB | ns for 64 bytes |")
    print("|---|---|---|---|---|---|")
    for name, patterns in cases().items():
        print(measure(name, patterns, base_ns), flush=True)


if __name__ == "__main__":
    main()
