"""Prints ``ok`` if the extension reads from a table what the table says of itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import thirdparty

import gatewright
from gatewright.runtime._engine import Engine

assert "site-packages" in Path(gatewright.__file__).parts, "not a regular installation"
statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
Path("policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
bob = "arn:aws:iam::111122223333:user/Bob"
table = gatewright.compile(gatewright.PolicyStore.from_policy("policy.json", bob))
assert thirdparty.count_statements(table) == table.statement_count == 1
engine = Engine(table)
programs = [thirdparty.find_program(engine, bob, action) for action in ("s3:GetObject", "s3:PutObject")]
assert programs[1] == 0 < programs[0], programs
print("ok")
sys.exit(0)
