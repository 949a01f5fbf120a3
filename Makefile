# Everything that this repository can do, for people: `make demo`, `make test`.
# Needs Python 3.11 or later (`make PYTHON=python3.13 ...` chooses one), a C compiler and make; pip fetches the rest
# into .venv.  Nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := cli,gateway,lint,types,test,arrow

# The install is editable: a changed Python file counts at once, where a regular install takes half a minute of building
# after each edit (measured, 2 cores).  Three things need it again: a changed C or Cython file (built anew), a changed
# build file, and a file that came or went (the editable tree is made of links, one per file).  The first two are
# prerequisites of the stamps; the third is in their name, as a checksum of the file names.
SOURCES := $(shell find compiler grammar runtime src -type f \
  \( -name '*.py' -o -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.lark' -o -name '*.[ch]' \) | LC_ALL=C sort)
NAMES := $(shell echo '$(SOURCES)' | cksum | cut -d' ' -f1)
BUILT := pyproject.toml setup.py setup.cfg $(filter %.c %.h %.pyx %.pxd,$(SOURCES))
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
HAS_VENV := $(VENV)/python-$(VERSION)
FOR_USE := $(VENV)/installed-$(NAMES)
FOR_TESTS := $(VENV)/installed-for-tests-$(NAMES)
FOR_BENCH := $(VENV)/installed-for-bench-$(NAMES)

.PHONY: help demo test lint types pytest fuzz mutation bench clean

help:
	@echo 'make demo    build, then answer requests and replay logs with the examples (writes demo-output/)'
	@echo 'make test    lint, types, tests'
	@echo 'make lint | types | pytest    one of them'
	@echo 'make fuzz    run the tests that invent their input, in $(FUZZ_ROUNDS) rounds with new seeds, then compare engine and'
	@echo '             reference for $(FUZZ_MINUTES) minutes (goes on where the last run ended)'
	@echo 'make mutation    put small faults into the deciding code and list those that no test notices, for $(MUTATION_SECONDS) seconds'
	@echo 'make bench   measure against rivals, in about 25 minutes (writes benchmarks/results/)'
	@echo 'make clean   remove what the others made'

demo: $(FOR_USE)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

# pytest comes last: its closing line ends the output.
test: lint types pytest

lint: $(FOR_TESTS)
	$(BIN)/python -m ruff check .
	$(BIN)/lint-imports

types: $(FOR_TESTS)
	$(BIN)/python -m mypy
	$(BIN)/python -m mypy --strict tests/typing
	$(BIN)/python -m pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pyright --pythonpath $(BIN)/python tests/typing/usage.py
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes gatewright --ignoreexternal

pytest: $(FOR_TESTS)
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

# Ends at the first find; pytest prints the seed, and Hypothesis keeps the example in .hypothesis.
FUZZ_ROUNDS ?= 20
FUZZ_TESTS := $(wildcard tests/property tests/differential tests/fuzz)
FUZZ_MINUTES ?= 10
FUZZ_WORKERS ?= 2
fuzz: $(FOR_TESTS)
	@for round in $$(seq $(FUZZ_ROUNDS)); do \
	  seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "round $$round: seed $$seed"; \
	  $(BIN)/python -m pytest --quiet --exitfirst --hypothesis-seed=$$seed $(FUZZ_TESTS) || exit 1; \
	done
	PYTHONPATH=tests $(BIN)/python -m fuzz.differential --minutes $(FUZZ_MINUTES) --workers $(FUZZ_WORKERS) $(FUZZ_FLAGS)

# Goes on where it stopped: the record in build/mutation holds what was judged (tests/mutation/README.md).
MUTATION_SECONDS ?= 1800
mutation: $(FOR_TESTS)
	cd tests && nice -n 10 $(CURDIR)/$(BIN)/python -m mutation --seconds $(MUTATION_SECONDS) $(MUTATION_FLAGS)

# Without arguments a complete run, which is stored; `make bench BENCH_FLAGS=--quick` is a check in seconds.
bench: $(FOR_BENCH)
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

clean:
	rm -rf $(VENV) build dist demo-output runtime/*.so *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find compiler grammar runtime src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# pip's output goes to a file, which is shown only when it fails: the warning about strict editable installs is no news.
INSTALL = $(BIN)/python -m pip install --quiet --editable
LOG := $(VENV)/install.log
OR_SHOW_LOG := >$(LOG) 2>&1 || { cat $(LOG); exit 1; }

$(FOR_USE): $(HAS_VENV) $(BUILT)
	@echo 'building gatewright into $(VENV): about a minute the first time'
	@rm -f $(VENV)/installed-*
	@$(INSTALL) '.[cli]' $(OR_SHOW_LOG)
	@touch $@

$(FOR_TESTS): $(HAS_VENV) $(BUILT)
	@echo 'building gatewright and its tools into $(VENV): some minutes the first time'
	@rm -f $(VENV)/installed-*
	@$(INSTALL) '.[$(EXTRAS)]' $(OR_SHOW_LOG)
	@touch $@ $(FOR_USE)

$(FOR_BENCH): $(FOR_TESTS)
	@echo 'installing what the benchmarks need'
	@$(INSTALL) '.[$(EXTRAS),bench]' $(OR_SHOW_LOG)
	@touch $@

$(HAS_VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'gatewright needs Python 3.11 or later; say which with make PYTHON=/path/to/python3'; exit 1; }
	rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { echo 'no venv module: on Debian and Ubuntu, apt install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@
