# shellcheck shell=bash
# What build, lint and test share. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$ROOT"
# shellcheck disable=SC2034 # used by those who source this
WASM_ENV=$ROOT/filters/tools/setup/wasm-env.sh
[ -z "${V:-}" ] || set -x

has() { command -v "$1" >/dev/null 2>&1; }

# skipped WHAT WHY: the one form in which something that did not run says so.
skipped() { printf 'SKIPPED %s: %s\n' "$1" "$2"; }

# filters: the names of all filters. A folder with a `wasm` crate is one. FILTERS='canary auth' takes only these.
filters() {
    local dir name
    for dir in filters/*/wasm; do
        name=$(basename "$(dirname "$dir")")
        case " ${FILTERS:-$name} " in *" $name "*) echo "$name" ;; esac
    done
}

package_name() { sed -n 's/^name = "\(.*\)"$/\1/p' "$1/Cargo.toml" | head -n 1; }

# pure_packages: the crates that name no host: all cores, and what they stand on.
pure_packages() {
    local dir
    for dir in filters/shared/* filters/*/core; do
        [ "$dir" = filters/shared/shell ] || package_name "$dir"
    done
}
