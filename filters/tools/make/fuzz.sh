#!/usr/bin/env bash
# Runs each fuzz target for FUZZ_SECONDS (600); FUZZ=<part of a name> only those. One after the other, optimised, with
# overflow checks. A failure prints its seed: BOLERO_RANDOM_SEED=<seed> cargo test -p sluice --test fuzz <target> repeats it.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

FUZZ_SECONDS=${FUZZ_SECONDS:-600}
export CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
export BOLERO_RANDOM_TEST_TIME_MS=$((FUZZ_SECONDS * 1000))

main() {
    local target targets failed=0
    fuzz() { cargo test --quiet --locked --release -p sluice --test fuzz -- "$@"; }
    mapfile -t targets < <(fuzz --list | sed -n 's/: test$//p' | grep -F -- "${FUZZ:-}")
    [ ${#targets[@]} != 0 ] || { echo "fuzz: no target has ${FUZZ:-a name}" >&2 && exit 1; }
    for target in "${targets[@]}"; do
        printf 'fuzz: %s: %s s\n' "$target" "$FUZZ_SECONDS"
        fuzz --exact "$target" || failed=$((failed + 1))
    done
    printf 'fuzz: %d targets, %d failed\n' "${#targets[@]}" "$failed"
    [ "$failed" = 0 ]
}

main
