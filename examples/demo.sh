#!/bin/sh
# A tour of gatewright with the examples: `make demo`, or `sh examples/demo.sh` where gatewright is installed.
set -eu
cd "$(dirname "$0")/.."
mkdir -p demo-output

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi

say() {
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@"
    echo
}

# Show a command, then run it.  The second argument tells which exit codes are answers rather than failures.
run() {
    answers=$1
    shift
    printf '$'
    for word in "$@"; do
        case $word in
        *[\ \*]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    echo
    code=0
    "$@" || code=$?
    case " $answers " in
    *" $code "*) ;;
    *)
        echo "exit code $code: the demo ends here" >&2
        exit "$code"
        ;;
    esac
    [ "$code" -eq 0 ] || echo "(exit code $code)"
}

store=examples/store
people=arn:aws:iam::123456789012:user

say '1. Check the policies' \
    'The store holds what `aws iam get-account-authorization-details` printed for three invented accounts.'
run '0' gatewright check "$store"

say '2. Compile them' \
    'All policies become one table, which a gateway maps into memory.'
run '0' gatewright compile "$store" -o demo-output/policies.gwt

say '3. Ask' \
    'Exit code 0: allowed, 1: denied, 2: cannot be decided.  The answer names the statement that decided.'
ask() {
    run '0 1 2' gatewright authorize --table demo-output/policies.gwt "$@" \
        --context aws:RequestedRegion=eu-west-1 --context aws:SecureTransport=true
}
ask --principal $people/oskar --action s3:GetObject --resource arn:aws:s3:::orchard-reports/monthly/2026-09.csv
echo
ask --principal $people/ulla --action ec2:DescribeInstances \
    --context aws:SourceIp=203.0.113.20 --context aws:ViaAWSService=false
echo
ask --principal $people/ulla --action ec2:DescribeInstances \
    --context aws:SourceIp=192.0.2.7 --context aws:ViaAWSService=false
echo
ask --principal $people/ulla --action ec2:DescribeInstances \
    --unknown aws:SourceIp --context aws:ViaAWSService=false
echo
ask --principal $people/amara --action iam:CreateUser --resource $people/new

say '4. Ask about what others share' \
    'A bucket of one account, for a role of another: both must allow.  An image that is shared with one account.' \
    'A VPC endpoint through which only buckets of our own are reached.'
data=arn:aws:iam::444455556666:role
image=arn:aws:ec2:eu-west-1::image/ami-0f3c9a51d27be8640
ask --principal $data/service-role/pipeline --action s3:GetObject \
    --resource arn:aws:s3:::orchard-partner-drop/incoming/crates.csv
echo
ask --principal $data/break-glass --action s3:GetObject \
    --resource arn:aws:s3:::orchard-partner-drop/incoming/crates.csv
echo
ask --principal arn:aws:iam::111122223333:role/break-glass --action ec2:RunInstances --resource $image
echo
ask --principal $data/break-glass --action ec2:RunInstances --resource $image
echo
ask --principal $people/chiyo --action s3:PutObject --resource arn:aws:s3:::elsewhere/copy-of-everything.zip \
    --context aws:SourceVpce=vpce-0c5e8a2f9b4d71063

say '5. Replay logs against a proposal' \
    'A month of CloudTrail logs is decided under the store and under examples/proposed, a clean-up of its policies.' \
    'Exit code 1 says that the proposal takes away what somebody used: a gate in CI fails on it, the demo goes on.'
run '0 1' gatewright replay examples/logs --store "$store" --proposed examples/proposed \
    -o demo-output/decisions.parquet --report demo-output/report.html

say 'Done' \
    'demo-output/policies.gwt       the table; `gatewright listing` prints it' \
    'demo-output/decisions.parquet  one row per request of the logs' \
    'demo-output/report.html        open it in a browser: what the proposal would change' \
    '' \
    'Next: gatewright --help, and README.md.  In this shell the command is .venv/bin/gatewright.'
