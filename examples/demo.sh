#!/bin/sh
# A tour of gatewright with the examples: `make demo`, or `sh examples/demo.sh` where gatewright is installed.
set -eu
cd "$(dirname "$0")/.."
mkdir -p demo-output

say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[01]*m//g'; fi; }
# Runs a command after showing it.  Exit code 1 is an answer (denied, revoked), not a failure.
run() {
    printf '$'; for word in "$@"; do case $word in *[\ \*]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac; done; echo
    code=0; "$@" || code=$?
    [ "$code" -le 1 ] || exit "$code"
}

STORE=examples/store
PROPOSED=examples/proposed
ME=arn:aws:iam::123456789012:user

say '1. Check: what is wrong with the policies of three accounts, where, and how to mend it?'
run gatewright check "$STORE"

say '2. Compile: all policies become one table of decisions.'
run gatewright compile "$STORE" -o demo-output/policies.gwt
