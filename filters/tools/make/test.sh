#!/usr/bin/env bash
# Runs all tests, shows again what was skipped, and ends with one line: `N passed, N failed, N skipped`.
# The numbers are the runners' own (`test result: ...`). A part that fails without a failed test (a crash, a build error) or
# ends without any result counts as one failed.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

LOGS=target/sluice/logs
passed=0 failed=0 skipped=0

main() {
    local pure
    mkdir -p "$LOGS"
    rm -f "$LOGS"/*.log
    part native cargo test --locked --workspace --exclude e2e --no-fail-fast
    if has node; then
        mapfile -t pure < <(pure_packages)
        part wasm "$WASM_ENV" cargo test --locked --no-fail-fast --lib --target wasm32-unknown-unknown "${pure[@]/#/--package=}"
    else
        part wasm not_run 'the cores under wasm' 'node is missing: apt-get install nodejs'
    fi
    part e2e cargo test --locked -p e2e

    grep -h 'SKIPPED' "$LOGS"/*.log || true
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ]
}

# part NAME COMMAND...
part() {
    local name=$1 log=$LOGS/$1.log status=0 sums silent=0
    printf '== %s\n' "$name"
    shift
    "$@" 2>&1 | tee "$log" || status=1
    # Three numbers: passed, failed, ignored.
    read -ra sums < <(awk '
        { gsub(/\033\[[0-9;]*m/, "") }
        /^test result: / {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) p += $(i - 1)
                if ($i ~ /^failed/) f += $(i - 1)
                if ($i ~ /^ignored/) s += $(i - 1)
                seen = 1
            }
        }
        END { print p + 0, f + 0, s + 0, seen + 0 }' "$log")
    # libtest knows no test that skips itself: such a one says so and counts as passed. (e2e counts its own as ignored.)
    [ "$name" = e2e ] || silent=$(grep -c '^SKIPPED' "$log" || true)
    [ "${sums[0]}" -ge "$silent" ] || silent=0
    passed=$((passed + sums[0] - silent))
    failed=$((failed + sums[1]))
    skipped=$((skipped + sums[2] + silent))
    if { [ "$status" != 0 ] && [ "${sums[1]}" = 0 ]; } || [ "${sums[3]}" = 0 ]; then
        failed=$((failed + 1))
    fi
}

not_run() {
    skipped "$1" "$2"
    echo 'test result: ok. 0 passed; 0 failed; 1 ignored'
}

main
