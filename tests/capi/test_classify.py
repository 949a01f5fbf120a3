"""Callers in C may classify any bytes: what is no UTF-8 is crossed by stars only."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from globs import RELAYED, SIMULATED, Limits
from kernel_program import compile_program

import gatewright as gw
from gatewright.compiler import automaton
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime.layout import KEY_CLASSIFIERS

PROGRAM = r"""
#include "gatewright/decide.h"
#include <stdio.h>
#include <stdlib.h>

/* classify TABLE CLASSIFIER HEX...: the words of each text's row, which is dense and one word long. */
int main(int argc, char **argv)
{
    static _Alignas(8) uint8_t bytes[1 << 16];
    FILE *file = fopen(argv[1], "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    gw_table table;
    uint32_t section;
    if (gw_table_open(&table, bytes, size, &section) != GW_OPEN_OK)
        return 2;
    uint64_t *work = calloc(2 * (size_t)table.header->simulation_words + 1, 8), space;
    for (int i = 3; i < argc; i++) {
        uint8_t text[64];
        size_t count = 0;
        for (const char *hex = argv[i]; hex[0] && hex[1]; hex += 2)
            text[count++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
        gw_row row = gw_classify(&table, (uint32_t)atoi(argv[2]), text, count, work, &space);
        printf("%llu\n", (unsigned long long)*(const uint64_t *)row);
    }
    fclose(file);
    free(work);
    return 0;
}
"""
PATTERNS = ["?*", "*?", "*?*", "a?b*", "*a?b", "*a?b*"]


def classify(folder: Path, table: gw.Table, texts: list[bytes]) -> list[set[int]]:
    """Return the columns of the first key's classifier that each text has."""
    built = compile_program(folder, "classify", PROGRAM)
    table.save(folder / "table.gwt")
    asked = [built, folder / "table.gwt", str(KEY_CLASSIFIERS), *(text.hex() for text in texts)]
    printed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    return [{column for column in range(64) if int(word) >> column & 1} for word in printed]


@pytest.mark.parametrize("limits", [{}, RELAYED, SIMULATED], ids=["one automaton", "relays", "simulations"])
def test_bytes_that_are_no_character(limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``?`` crosses one whole character, however the patterns are matched."""
    for name, value in limits.items():
        monkeypatch.setattr(automaton, name, value)
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"x:key": pattern}}}
        for pattern in PATTERNS
    ]
    document = Source(json.dumps({"Version": "2012-10-17", "Statement": statements}), "patterns")
    principal = Principal("arn:aws:iam::123456789012:user/ann", PrincipalKind.USER, (0,))
    table = gw.compile(PolicySet((Document("patterns", PolicyKind.IDENTITY, document),), (principal,)))
    cases = {"é".encode(): {0, 1, 2}, "aéb".encode(): {0, 1, 2, 3, 4, 5}, "a𝄞b".encode(): {0, 1, 2, 3, 4, 5}}
    for ill in (b"\xc3", b"\xa9", b"\xff", b"\xc0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80", b"\x80" * 5):
        cases |= {ill: set(), b"a" + ill: {0, 2}, ill + b"a": {1, 2}, b"a" + ill + b"b": {0, 1, 2}}
    cases |= {b"\xc3\xa9\x80": {0, 2}, b"a\xc3\xa9\x80b": {0, 1, 2}, b"a\xe2\x82\xac\xacb": {0, 1, 2}, b"": set()}
    found = classify(tmp_path, table, list(cases))
    assert dict(zip(cases, found, strict=True)) == cases
