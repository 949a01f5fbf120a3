"""Callers in C may leave out the values that a decision does not ask for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from kernel_program import compile_program

import gatewright as gw
from gatewright.compiler.errors import TableSizeError
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

PROGRAM = r"""
#include "gatewright/decide.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* asked TABLE CALLER ACTION [rows]: whether the marks tell it all, then the keys whose classifiers are marked; with
 * `rows` the request has that of the action. */
int main(int argc, char **argv)
{
    static _Alignas(8) uint8_t bytes[1 << 16];
    static uint64_t space[1 << 12];
    FILE *file = fopen(argv[1], "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    gw_table table;
    uint32_t section;
    if (argc < 4 || gw_table_open(&table, bytes, size, &section) != GW_OPEN_OK)
        return 2;
    uint64_t *work = calloc(2 * (size_t)table.header->simulation_words + 1, 8);
    uint64_t *marks = calloc(table.classifier_count, 8);
    gw_caller caller;
    gw_target target;
    gw_read_caller(&table, (const uint8_t *)argv[2], strlen(argv[2]), &caller);
    gw_read_target(&table, (const uint8_t *)"*", 1, &target);
    gw_row action = gw_classify(&table, GW_CLASSIFIER_ACTION, (const uint8_t *)argv[3], strlen(argv[3]), work, space);
    gw_request request = {.caller = &caller, .target = &target, .action_column = gw_action_column(&table, action)};
    gw_row *rows = calloc(table.classifier_count, sizeof(gw_row));
    rows[GW_CLASSIFIER_ACTION] = action;
    if (argc > 4)
        request.rows = rows;
    if (!gw_is_plain(&table, &request))
        return 3;
    printf("%d", gw_mark_asked(&table, &request, marks, 7));
    for (uint32_t k = 0; k < table.key_count; k++)
        for (uint32_t c = 0; c < table.keys[k].classifier_count; c++)
            if (marks[table.keys[k].classifier_first + c]) {
                const gw_symbol *name = &table.symbols[table.keys[k].symbol];
                printf(" %.*s", (int)name->text_bytes, (const char *)table.text + name->text_offset);
                if (marks[table.keys[k].classifier_first + c] != 7)
                    return 4;
            }
    fclose(file);
    free(rows);
    free(work);
    free(marks);
    return 0;
}
"""
USER = "arn:aws:iam::123456789012:user/"
STATEMENTS = {
    "ada": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Condition": {"StringEquals": {"x:a": "1", "x:b": "2"}}},
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"IpAddress": {"x:c": "192.0.2.0/24"}}},
        {"Effect": "Allow", "Action": "ec2:*", "Condition": {"Bool": {"x:d": "true"}}},
    ],
    "bob": [{"Effect": "Allow", "Action": "*"}],
    "cy": [
        {"Effect": "Allow", "Action": "s3:*", "Condition": {"NumericEquals": {"x:e": str(number)}}}
        for number in range(65)
    ],
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """Return the command of a program that opens the table of these policies."""
    folder = tmp_path_factory.mktemp("asked")
    documents = [
        Document(name, PolicyKind.IDENTITY, Source(json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement} for statement in statements]}
        ), name))
        for name, statements in STATEMENTS.items()
    ]  # fmt: skip
    principals = tuple(Principal(USER + name, PrincipalKind.USER, (n,)) for n, name in enumerate(STATEMENTS))
    policies = PolicySet(tuple(documents), principals)
    gw.compile(policies).save(folder / "table.gwt")
    with pytest.raises(TableSizeError) as least:
        gw.compile(policies, max_table_bytes=1)
    size = int(str(least.value).partition("at least ")[2].partition(" ")[0].replace(",", ""))
    gw.compile(policies, max_table_bytes=size).save(folder / "least.gwt")
    return [compile_program(folder, "asked", PROGRAM), folder / "table.gwt"]


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        ("ada", "s3:GetObject", "1 x:a x:b x:c"),
        ("ada", "s3:PutObject", "1 x:c"),
        ("ada", "ec2:RunInstances", "1 x:d"),
        ("ada", "sqs:SendMessage", "1"),
        ("bob", "s3:GetObject", "1"),
        ("cy", "ec2:RunInstances", "1"),
        ("cy", "s3:GetObject", "0"),  # 65 statements are not looked through
    ],
)
def test_what_a_caller_and_an_action_ask(asked: list[str | Path], name: str, action: str, expected: str) -> None:
    """Marked are the classifiers of keys that statements for the action test, and no others."""
    for rows in ([], ["rows"]):
        done = subprocess.run([*asked, USER + name, action, *rows], check=True, capture_output=True, text=True)
        assert done.stdout == expected


@pytest.mark.parametrize(
    ("name", "action", "all_keys", "expected"),
    [
        ("ada", "s3:GetObject", "1 x:a x:b x:c x:d", "1 x:a x:b x:c"),
        ("ada", "ec2:RunInstances", "1 x:a x:b x:c x:d", "1 x:d"),
        ("ada", "sqs:SendMessage", "1 x:a x:b x:c x:d", "1"),
        ("cy", "ec2:RunInstances", "0", "0"),
    ],
)
def test_what_generic_programs_ask(
    asked: list[str | Path], name: str, action: str, all_keys: str, expected: str
) -> None:
    """Where programs are of all actions, the row of the action tells which statements it may reach."""
    least = [asked[0], Path(asked[1]).with_name("least.gwt")]
    for rows, keys in (([], all_keys), (["rows"], expected)):
        done = subprocess.run([*least, USER + name, action, *rows], check=True, capture_output=True, text=True)
        assert done.stdout == keys
