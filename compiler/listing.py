"""Print a table as text, for people and for golden tests, from the table's bytes alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..runtime import Table, TableFormatError
from ..runtime.layout import (
    CLASSIFIER_MAPS,
    ENDPOINT_MAP,
    HEADER,
    KEY_CLASSIFIERS,
    LAYER_COUNT,
    LAYER_SHIFT,
    NO_ROW,
    PRINCIPAL_MAP,
    PROGRAM_ALWAYS,
    PROGRAM_COUNT,
    PROGRAM_GENERIC,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    RESOURCE_MAP,
    SECTIONS,
    SHARED_PROGRAM,
    TEST_CALLER,
    TEST_NEGATED,
    TEST_TEMPLATES,
    ActionSet,
    CallerKind,
    CallerTest,
    GroupKind,
    Kind,
    LayerKind,
    PartKind,
    PrincipalFlag,
    Truth,
    View,
)
from .listing_text import (
    TEXT_LIMIT,
    count_of,
    quoted,
    shown,
    spell_instant,
    spell_name,
    spell_ranges,
    spell_spans,
)

LIMIT = 50
"""Entries of a list that are printed unless more are asked for."""

EXAMPLE_LIMIT = 4  # names and patterns that stand for a class of actions
STATE_NAMES = ("absent", "unknown", "ill-formed", "several")
TRUTH_WORDS = {Truth.FALSE: "no", Truth.UNSURE: "unknown", Truth.TRUE: "yes"}
RESOURCE_KINDS = ("other", "role", "key")
FIXED_FIELDS = ("action", "resource", "sets of actions", "caller")
ACTIONS: int = 0
SETS: int = 2
CALLERS: int = KEY_CLASSIFIERS - 1
CALLER_FORMS = {
    CallerTest.MEANS: "means",
    CallerTest.MEANS_GATEWAY: "means, at a gateway,",
    CallerTest.SPARES: "spares",
    CallerTest.LEAVES_OUT: "leaves out",
}


def list_table(table: Table, *, limit: int = LIMIT) -> str:
    """Print a table.

    Parameters
    ----------
    limit : int
        Entries that are printed of any one list; the others are counted.

    Returns
    -------
    str
        Lines that depend on nothing but the bytes of the table.  Where its notes lack a statement or test, or cannot
        be read, that is printed by number.
    """
    return "".join(f"{line}\n" for line in _Listing(table, max(1, limit)).lines())


class _Asked(NamedTuple):
    """A test in the policy's words: element, or operator and key; and the values."""

    what: str
    values: list[str]


class _Listing:
    """The sections of a table as arrays, and the words for what is in them."""

    def __init__(self, table: Table, limit: int) -> None:
        self.table = table
        self.limit = limit
        self.sections: dict[str, NDArray[Any]] = {}
        for name, dtype in SECTIONS.items():
            data = table.section(name)
            self.sections[name] = np.frombuffer(data, dtype=dtype) if len(data) else np.zeros(0, dtype=dtype)
        header = np.frombuffer(bytes(table), dtype=HEADER, count=1)[0]
        self.cells = self.sections["cells"].reshape(-1, int(header["action_column_count"]))
        try:
            self.notes: object = table.notes
        except TableFormatError:
            self.notes = None
        # Of the tests that ask for a column the first says what the column is.
        tests = self.sections["tests"]
        numbers = np.flatnonzero(tests["flags"] & TEST_TEMPLATES == 0)
        tests = tests[numbers]
        columns = np.stack([tests["classifier"].astype(np.int64), tests["column"].astype(np.int64)], axis=1)
        places, firsts = np.unique(columns, axis=0, return_index=True)
        self.asking = {
            (int(classifier), int(column)): int(numbers[first])
            for (classifier, column), first in zip(places, firsts, strict=True)
        }
        self.everyone, self.unknown_row = int(header["everyone_row"]), int(header["unknown_row"])
        self.action_names = self.literals(ACTIONS)
        actions = self.sections["classifiers"][ACTIONS]
        kinds = self.sections["groups"]["kind"][int(actions["group_first"]) :][: int(actions["group_count"])]
        # In a table whose size was limited the last rows of actions have no columns.
        self.celled_rows = self.cells.shape[1] - 1
        self.has_rowless_actions = (
            len(kinds) > 1
            or (len(kinds) == 1 and int(kinds[0]) != GroupKind.AUTOMATON)
            or self.celled_rows < int(self.sections["classifiers"]["row_count"][ACTIONS])
        )

    def lines(self) -> Iterator[str]:
        yield from self.header()
        yield ""
        yield from self.principals()
        yield from self.resources()
        yield from self.accounts()
        yield from self.endpoints()
        yield from self.each(len(self.sections["classifiers"]), "classifiers", self.classifier)
        folds = self.sections["folds"]
        if len(folds):
            yield ""
        yield from self.each(
            len(folds), "folds", lambda n: [f"fold U+{int(folds['from'][n]):04X} to U+{int(folds['to'][n]):04X}"]
        )
        templates = self.sections["alternatives"]
        if len(templates):
            yield ""
        yield from self.each(len(templates), "lists of templates", self.templates)
        yield ""
        yield from self.each(len(self.sections["statements"]), "statements", self.statement)
        yield ""
        yield from self.action_classes()
        yield from self.cell_rows()

    # --- lists and texts

    def each(self, count: int, what: str, lines: Callable[[int], Iterable[str]], indent: str = "") -> Iterator[str]:
        """Yield the lines of the first things of a list, and how many more there are."""
        for number in range(min(count, self.limit)):
            yield from lines(number)
        if count > self.limit:
            yield f"{indent}... {count - self.limit} more {what}"

    def joined(self, items: Sequence[Any], say: Callable[[Any], str] = str, separator: str = " ") -> str:
        words = [say(item) for item in items[: self.limit]]
        return separator.join([*words, f"... {len(items) - self.limit} more"] if len(items) > self.limit else words)

    def symbol(self, symbol: int) -> str:
        record = self.sections["symbols"][symbol]
        return self.text(int(record["text_offset"]), int(record["text_bytes"]))

    def text(self, start: int, size: int) -> str:
        # No more than is shown: the texts of a hostile table may overlap, and each be as long as the section.
        data = self.sections["text"][start : start + min(size, 4 * TEXT_LIMIT + 4)].tobytes()
        return data.decode("utf-8", "backslashreplace")

    def note(self, *steps: str | int) -> Any:
        """Return a part of the notes, or None: opening a table does not verify them."""
        value: Any = self.notes
        for step in steps:
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, dict) else None
            else:
                value = value[step] if isinstance(value, list) and 0 <= step < len(value) else None
        return value

    def asked(self, test: int) -> _Asked | None:
        """Return a test as the policy has it, if the notes tell."""
        note = self.note("tests", test)
        if not isinstance(note, list) or len(note) != 3 or not isinstance(note[2], list):
            return None
        words = [word for word in note[:2] if isinstance(word, str) and word]
        return _Asked(shown(" ".join(words)), [value for value in note[2] if isinstance(value, str)])

    def said(self, asked: _Asked) -> str:
        return f"{asked.what} [{self.joined(asked.values, quoted, ', ')}]"

    # --- names

    def header(self) -> Iterator[str]:
        table = self.table
        yield f"gatewright table, version {table.version}, {table.byte_count} bytes, checksum 0x{table.checksum:016x}"
        yield ""
        for name, dtype in SECTIONS.items():
            count, size = len(self.sections[name]), np.dtype(dtype).itemsize
            yield f"section {name}: {count} x {size} = {count * size} bytes"

    def principals(self) -> Iterator[str]:
        records = self.sections["principals"]

        def principal(number: int, names: str) -> str:
            record = records[number]
            words = [f"{spell_name(CallerKind(int(record['kind'])).name)} of {_account(record['account'])}"]
            words += [
                f"has {spell_name(flag.name)}" if flag is PrincipalFlag.BOUNDARY else spell_name(flag.name)
                for flag in PrincipalFlag
                if int(record["flags"]) & flag
            ]
            rows = {"account": "account_row", "own": "own_row", "federating": "federating_row"}
            named = [f"{word} {record[field]}" for word, field in rows.items() if record[field] not in (0, NO_ROW)]
            words += [
                f"cells {record['cell_row']}",
                *self.shared(record),
                *([f"caller rows: {', '.join(named)}"] if named else []),
            ]
            return f"principal {number}: {names}: {', '.join(words)}"

        yield from self.named("principals", PRINCIPAL_MAP, principal)

    def shared(self, record: Any) -> Iterator[str]:
        """Say what a principal is under beside the cells of its first row."""
        for number in record["shared_rows"][: int(record["shared_count"])].tolist():
            if number & SHARED_PROGRAM:
                yield f"its own {self.program(number & ~SHARED_PROGRAM)}"
            else:
                yield f"and cells {number}"

    def resources(self) -> Iterator[str]:
        records = self.sections["resources"]

        def resource(number: int, names: str) -> str:
            record = records[number]
            words = [RESOURCE_KINDS[int(record["kind"])]]
            if record["account"]:
                words[0] += f" of {_account(record['account'])}"
            words += [
                f"{word} cells {record[field]}"
                for word, field in (("policy", "policy_row"), ("attributes", "attribute_row"))
                if record[field] != NO_ROW
            ]
            if not record["is_under_rcps"]:
                words.append("under no RCPs")
            return f"resource {number}: {names}: {', '.join(words)}"

        yield from self.named("resources", RESOURCE_MAP, resource)

    def accounts(self) -> Iterator[str]:
        records = self.sections["accounts"]
        yield from self.each(
            len(records),
            "accounts",
            lambda number: [f"account {_account(records['id'][number])}: RCPs cells {records['rcp_row'][number]}"],
        )

    def endpoints(self) -> Iterator[str]:
        rows = self.sections["endpoints"]["cell_row"]
        yield from self.named(
            "endpoints", ENDPOINT_MAP, lambda number, names: f"endpoint {number}: {names}: cells {rows[number]}"
        )

    def named(self, section: str, map_number: int, line: Callable[[int, str], str]) -> Iterator[str]:
        """Yield a line for each element of a section that has a map of its names."""
        own = self.sections[section]["symbol"]
        others: dict[int, list[int]] = {}
        for symbol in self.map_symbols(map_number):
            number = int(self.sections["symbols"]["value"][symbol])
            if symbol != own[number]:
                others.setdefault(number, []).append(symbol)

        def element(number: int) -> Iterator[str]:
            also = f" (also {self.joined(others[number], self.name)})" if number in others else ""
            yield line(number, f"{self.name(int(own[number]))}{also}")

        yield from self.each(len(own), section, element)

    def name(self, symbol: int) -> str:
        return shown(self.symbol(symbol))

    def literal(self, symbol: int) -> str:
        return quoted(self.symbol(symbol))

    def map_symbols(self, map_number: int) -> list[int]:
        """Return the symbols of a map, in the order of their numbers."""
        record = self.sections["maps"][map_number]
        first = int(record["first_slot"])
        slots = self.sections["slots"][first : first + int(record["slot_count"])]
        return [int(slot) - 1 for slot in np.unique(slots[slots != 0])]

    def literals(self, classifier: int) -> dict[int, list[int]]:
        """Return the symbols of the texts that a classifier's map knows, by row."""
        by_row: dict[int, list[int]] = {}
        for symbol in self.map_symbols(CLASSIFIER_MAPS + classifier):
            by_row.setdefault(int(self.sections["symbols"]["value"][symbol]), []).append(symbol)
        return by_row

    # --- classifiers

    def field(self, number: int) -> str:
        if number < KEY_CLASSIFIERS:
            return FIXED_FIELDS[number]
        keys = self.sections["keys"]
        first, count = keys["classifier_first"].astype(np.int64), keys["classifier_count"].astype(np.int64)
        holders = np.flatnonzero((first <= number) & (number < first + count))
        return f"key {self.name(int(keys['symbol'][holders[0]]))}" if len(holders) else "of no key"

    def classifier(self, number: int) -> Iterator[str]:
        record = self.sections["classifiers"][number]
        kind, view = Kind(int(record["kind"])), View(int(record["view"]))
        literals = self.action_names if number == ACTIONS else self.literals(number)
        yield ""
        yield f"classifier {number}: {self.field(number)}, kind {spell_name(kind.name)}, view {spell_name(view.name)}"
        if number == SETS:  # the same in every table, and no statement asks them
            yield f"  columns: {', '.join(f'{s.value} {spell_name(s.name)}' for s in ActionSet)}"
            return
        column_count = int(record["column_count"])
        yield from self.each(
            column_count, "columns", lambda c: [f"  column {c}: {self.column(number, c, literals)}"], "  "
        )
        if literals:
            slots = self.sections["maps"][CLASSIFIER_MAPS + number]
            texts = count_of(sum(map(len, literals.values())), "text")
            probes = count_of(int(slots["probe_limit"]), "probe")
            yield f"  map: {texts} in {count_of(int(slots['slot_count']), 'slot')}, at most {probes}"
        yield from self.each(int(record["group_count"]), "groups", lambda g: self.group(record, g), "  ")
        form = "lists" if record["is_sparse"] else f"each of {count_of(int(record['row_words']), 'word')}"
        yield f"  rows: {record['row_count']}, {form}"

        def row(row: int) -> Iterator[str]:
            columns = self.row_columns(number, row)
            texts = f" <- {self.joined(literals[row], self.literal, ', ')}" if row in literals else ""
            yield f"  row {row}: {f'columns {self.joined(columns)}' if columns else 'no column'}{texts}"

        yield from self.each(int(record["row_count"]), "rows", row, "  ")
        if number == CALLERS:
            yield f"  everyone: row {self.everyone}"
        yield from self.ranges(record, kind)

    def column(self, classifier: int, column: int, literals: dict[int, list[int]]) -> str:
        test = self.asking.get((classifier, column))
        if test is None:
            holding = [row for row in sorted(literals) if column in self.row_columns(classifier, row)]
            symbols = [symbol for row in holding for symbol in literals[row]]
            return f"no test asks it; {self.joined(symbols, self.literal, ', ') or 'no text has it'}"
        asked = self.asked(test)
        return self.said(asked) if asked else f"what test {test} asks"

    def row_columns(self, classifier: int, row: int) -> list[int]:
        """Return the columns that hold in a row."""
        record = self.sections["classifiers"][classifier]
        if record["is_sparse"]:
            start = int(self.sections["list_starts"][int(record["row_first"]) + row])
            count = int(self.sections["lists"][start])
            return [int(column) for column in self.sections["lists"][start + 1 : start + 1 + count]]
        words = int(record["row_words"])
        start = int(record["row_first"]) + row * words
        bits = np.unpackbits(self.sections["rows"][start : start + words].view(np.uint8), bitorder="little")
        return [int(column) for column in np.flatnonzero(bits)]

    def group(self, classifier: Any, number: int) -> Iterator[str]:
        group = self.sections["groups"][int(classifier["group_first"]) + number]
        classes = f"byte classes {group['class_count']}"
        kind = GroupKind(group["kind"])
        special = "absorbing" if kind is GroupKind.AUTOMATON else "found"
        states = f"states {group['state_count']}, of them {special} {group['absorbing_count']}"
        if kind is GroupKind.SIMULATION:
            yield f"  group {number}: simulation, words {group['word_count']}, {classes}"
        elif kind is GroupKind.RELAYS:
            relays = self.sections["relay_sets"][int(group["relay_set"])]
            counts = ", ".join(
                f"{name}s {relays[f'{name}_count']}" for name in ("relay", "beginning", "piece", "ending")
            )
            yield f"  group {number}: {counts}" + (f"; {states}, {classes}" if group["state_count"] else "")
        else:
            yield f"  group {number}: automaton, {states}, {classes}"

    def ranges(self, record: Any, kind: Kind) -> Iterator[str]:
        """Yield each range of a typed classifier and its row."""
        first, count = int(record["bound_first"]), int(record["bound_count"])
        names: list[str]
        if kind is Kind.ADDRESS:
            ipv6_first, ipv6_count = int(record["ipv6_first"]), int(record["ipv6_count"])
            ipv4 = [int(address) for address in self.sections["ipv4"][first : first + count]]
            pairs = self.sections["ipv6"][ipv6_first : ipv6_first + ipv6_count]
            ipv6 = [int(high) << 64 | int(low) for high, low in zip(pairs["high"], pairs["low"], strict=True)]
            names = [*spell_ranges(ipv4, ipaddress.IPv4Address), *spell_ranges(ipv6, ipaddress.IPv6Address)]
        elif kind in (Kind.INSTANT, Kind.NUMBER):
            bounds = self.sections["instants" if kind is Kind.INSTANT else "numbers"][first : first + count]
            spell = spell_instant if kind is Kind.INSTANT else self.number
            names = [f"below {spell(bounds[0])}"] if count else ["every value"]
            for bound, next_bound in zip(bounds, [*bounds[1:], None], strict=True):
                between = f"above {spell(bound)}" + ("" if next_bound is None else f", below {spell(next_bound)}")
                names += [f"at {spell(bound)}", between]
        else:
            return
        rows = self.sections["range_rows"][int(record["range_first"]) :]
        yield from self.each(len(names), "ranges", lambda n: [f"  {names[n]}: row {rows[n]}"], "  ")

    def number(self, record: Any) -> str:
        """Spell a number; one with many zeros or digits keeps its exponent."""
        start, size = int(record["text_offset"]), int(record["text_bytes"])
        digits = self.sections["text"][start : start + min(size, TEXT_LIMIT)].tobytes().decode("ascii")
        exponent = int(record["exponent"])
        sign = "-" if record["is_negative"] else ""
        if not digits:
            return "0"
        if size > TEXT_LIMIT:
            return f"{sign}0.{digits}...e{exponent}"
        if len(digits) <= exponent <= 20:
            return f"{sign}{digits.ljust(exponent, '0')}"
        if 0 < exponent < len(digits):
            return f"{sign}{digits[:exponent]}.{digits[exponent:]}"
        return f"{sign}0.{digits}{f'e{exponent}' if exponent else ''}"

    # --- templates

    def templates(self, number: int) -> Iterator[str]:
        """Say which patterns a list of templates has."""
        record = self.sections["alternatives"][number]
        first = int(record["template_first"])
        templates = self.sections["templates"][first : first + int(record["template_count"])]
        yield f"templates {number}: [{self.joined(list(templates), self.template, ', ')}]"

    def template(self, record: Any) -> str:
        first = int(record["part_first"])
        parts = self.sections["parts"][first : first + int(record["part_count"])]
        return quoted("".join(self.part(part) for part in parts[:TEXT_LIMIT]))

    def part(self, record: Any) -> str:
        kind = PartKind(int(record["kind"]))
        if kind in (PartKind.ANY, PartKind.FIELD_ANY):
            return "*"
        if kind in (PartKind.ONE, PartKind.FIELD_ONE):
            return "?"
        text = self.text(int(record["text_offset"]), int(record["text_bytes"]))
        if kind is PartKind.TEXT:
            return "".join(f"${{{c}}}" if c in "*?$" else c for c in text)
        default = f", '{text}'" if record["has_default"] else ""
        return f"${{{self.symbol(int(self.sections['keys']['symbol'][int(record['key'])]))}{default}}}"

    # --- statements

    def statement(self, number: int) -> Iterator[str]:
        record = self.sections["statements"][number]
        first = int(record["test_first"])
        tests = range(first, first + int(record["test_count"]))
        yield f"statement {number}: {'Deny' if record['is_deny'] else 'Allow'} {self.joined(tests, self.test, ' & ')}"
        document, index, sid = (self.note("statements", number, place) for place in range(3))
        name, kind = (self.note("documents", document if type(document) is int else -1, place) for place in range(2))
        if isinstance(name, str) and isinstance(kind, str) and type(index) is int:
            sid_words = f", sid {quoted(sid)}" if isinstance(sid, str) else ""
            yield f"  of {shown(kind)} policy {quoted(name)}, statement {index}{sid_words}"

    def test(self, number: int) -> str:
        """Say what a test asks, which column that is, and its truth for values that have no row."""
        record = self.sections["tests"][number]
        classifier = int(record["classifier"])
        what = f"templates {record['column']}" if record["flags"] & TEST_TEMPLATES else record["column"]
        place = f"<{'not ' if record['flags'] & TEST_NEGATED else ''}{classifier}.{what}>"
        asked = self.asked(number)
        if record["flags"] & TEST_CALLER:
            place = f"<{CALLER_FORMS[CallerTest(int(record['states']))]} {classifier}.{what}>"
            return f"{self.said(asked)} {place}" if asked else place
        truths = [int(record["states"]) >> 2 * state & 3 for state in range(len(STATE_NAMES))]
        is_single = int(self.sections["classifiers"]["view"][classifier]) == View.ONE
        # Of a key always what absence means; the other states where they are not what a plain operator makes of them.
        expected = [None if classifier >= KEY_CLASSIFIERS else Truth.FALSE, Truth.UNSURE, Truth.FALSE]
        expected.append(Truth.FALSE if is_single else Truth(truths[0]) if truths[0] in TRUTH_WORDS else None)
        words = [
            f"{name}: {TRUTH_WORDS[Truth(truth)] if truth in TRUTH_WORDS else 'neither'}"
            for name, truth, usual in zip(STATE_NAMES, truths, expected, strict=True)
            if truth != usual
        ]
        said = f"{self.said(asked)} {place}" if asked else place
        return f"{said} ({', '.join(words)})" if words else said

    # --- cells

    def action_classes(self) -> Iterator[str]:
        """Yield what the columns of the cells are of; a class of actions has the number of its row."""
        record = self.sections["classifiers"][ACTIONS]
        first, count = int(record["group_first"]), int(record["group_count"])
        groups = self.sections["groups"][first : first + count]
        others = {0} if not count else set()
        if count == 1 and groups["kind"][0] == GroupKind.AUTOMATON:
            start = int(groups["accept_first"][0])
            others = {int(row) for row in self.sections["accepts"][start : start + int(groups["state_count"][0])]}
        if self.has_rowless_actions:
            yield "actions without row: all others"

        def action_class(row: int) -> Iterator[str]:
            symbols = self.action_names.get(row, [])
            names = [self.name(symbol) for symbol in symbols[:EXAMPLE_LIMIT]]
            if len(symbols) > EXAMPLE_LIMIT:
                names.append(f"{len(symbols) - EXAMPLE_LIMIT} more")
            if row in others:
                columns = self.row_columns(0, row)
                patterns = [self.patterns(column) for column in columns[:EXAMPLE_LIMIT]]
                if len(columns) > EXAMPLE_LIMIT:
                    patterns.append(f"{len(columns) - EXAMPLE_LIMIT} more columns")
                names.append(f"others of {' & '.join(patterns)}" if columns else "all others")
            where = " (in the cells without row)" if row >= self.celled_rows else ""
            yield f"actions {row}{where}: {', '.join(names) or 'none'}"

        yield from self.each(int(record["row_count"]), "classes of actions", action_class)

    def cell_rows(self) -> Iterator[str]:
        holders = self.cell_holders()

        # Column 0 is of actions whose row is no row of the table: united from several groups while deciding.
        first_column = 0 if self.has_rowless_actions else 1

        def cell_row(row: int) -> Iterator[str]:
            places, firsts = np.unique(self.cells[row][first_column:], return_index=True)
            places = places[np.argsort(firsts)]
            yield ""
            yield f"cells {row}: of {', '.join(holders.get(row, [])) or 'none'}"
            yield from self.each(len(places), "programs", lambda n: [program_line(row, int(places[n]))], "  ")

        def program_line(row: int, place: int) -> str:
            columns = np.flatnonzero(self.cells[row] == place).tolist()
            classes = [column - 1 for column in columns if column]
            words = ["without row"] if first_column == 0 and columns[0] == 0 else []
            words += [spell_spans(classes)] if classes else []
            return f"  {self.program(place)} <- actions {', '.join(words)}"

        yield from self.each(len(self.cells), "rows of cells", cell_row)

    def cell_holders(self) -> dict[int, list[str]]:
        """Say whose each row of the cells is."""
        fields = {
            "principals": ("principals", "cell_row"),
            "policies of resources": ("resources", "policy_row"),
            "attributes of resources": ("resources", "attribute_row"),
            "RCPs of accounts": ("accounts", "rcp_row"),
            "endpoints": ("endpoints", "cell_row"),
        }
        holders: dict[int, list[str]] = {}
        for words, (section, field) in fields.items():
            numbers: dict[int, list[int]] = {}
            for number, row in enumerate(self.sections[section][field].tolist()):
                numbers.setdefault(row, []).append(number)
            if section == "principals":
                for number, shared in enumerate(self.sections[section]["shared_rows"].tolist()):
                    for row in shared[: int(self.sections[section]["shared_count"][number])]:
                        if not row & SHARED_PROGRAM:
                            numbers.setdefault(row, []).append(number)
            for row, held in numbers.items():
                if section == "accounts":
                    said = self.joined(held, lambda number: _account(self.sections["accounts"]["id"][number]))
                else:
                    said = spell_spans(held)
                holders.setdefault(row, []).append(f"{words} {said}")
        holders.setdefault(self.unknown_row, []).append("unknown resources")
        return holders

    def patterns(self, column: int) -> str:
        """Return the patterns of an action column: its list without the names."""
        asked = self.asked(self.asking.get((0, column), -1))
        patterns = [value for value in asked.values if "*" in value or "?" in value] if asked else []
        words = [shown(pattern) for pattern in patterns[:EXAMPLE_LIMIT]]
        return "|".join([*words, "..."] if len(patterns) > EXAMPLE_LIMIT else words) or f"column {column}"

    def program(self, place: int) -> str:
        if place == PROGRAM_NONE:
            return "nothing"
        if place == PROGRAM_ALWAYS:
            return "always"
        if place == PROGRAM_SPECIAL:
            return "special"
        words = self.sections["programs"]
        layer_count = int(words[place + 1])
        layers = [int(word) for word in words[place + 2 : place + 2 + layer_count]]
        counts = [int(words[place]) & PROGRAM_COUNT, *(word & LAYER_COUNT for word in layers)]
        names = ["deny", *(spell_name(LayerKind(word >> LAYER_SHIFT).name) for word in layers)]
        at = place + 2 + layer_count
        parts = []
        for number, (name, count) in enumerate(zip(names, counts, strict=True)):
            if count:
                parts.append(f"{name} {self.joined(words[at : at + count].tolist())}")
            elif number and (any(counts[1:]) or not any(counts)):
                parts.append(f"{name} none")
            at += count
        tested = "actions are tested; " if int(words[place]) & PROGRAM_GENERIC else ""
        return tested + "; ".join(parts)


def _account(number: Any) -> str:
    return f"{int(number):012d}"
