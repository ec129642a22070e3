#!/usr/bin/env bash
# All checks that need no test run. Runs every one of them, then fails if one of them did.
# A tool that is not here is SKIPPED with the reason: nobody should need a component that only some toolchains have.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

failed=()

main() {
    check format format
    check 'clippy (host)' clippy_host
    check 'clippy (wasm)' clippy_wasm
    check docs docs
    check gates gates
    check scripts scripts
    [ ${#failed[@]} = 0 ] || {
        printf 'lint: FAILED: %s\n' "$(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
        exit 1
    }
}

# check NAME FUNCTION
check() {
    local start=$SECONDS
    # In a subshell with its own `set -e`: inside `if` bash would go on after a failed command.
    local status=0
    set +e
    (set -e && "$2")
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        printf 'lint: %s: ok (%d s)\n' "$1" $((SECONDS - start))
    else
        printf 'lint: %s: FAILED\n' "$1"
        failed+=("$1")
    fi
}

format() {
    cargo fmt --version >/dev/null 2>&1 || { skipped format 'rustfmt is missing: rustup component add rustfmt' && return; }
    cargo fmt --all --check
}

# With all features: the wasm run below sees the code as it ships.
clippy_host() {
    cargo clippy --version >/dev/null 2>&1 || { skipped 'clippy (host)' 'clippy is missing: rustup component add clippy' && return; }
    cargo clippy --quiet --locked --workspace --all-targets --all-features -- -D warnings
}

# What ships, in all our crates that it stands on. Tests are the host run's: under wasm clippy does not know them as tests.
clippy_wasm() {
    local filter clippy packages=()
    # Debian's compiler has a clippy of its own; a clippy reads only what its own compiler wrote.
    # shellcheck disable=SC2016 # expanded inside, where the variable is set
    clippy=$("$WASM_ENV" bash -c 'if [ "$SLUICE_WASM_TOOLCHAIN" = debian ]; then echo "${RUSTC%rustc}cargo-clippy"; else echo cargo-clippy; fi')
    "$clippy" --version >/dev/null 2>&1 ||
        { skipped 'clippy (wasm)' "$clippy is missing: apt-get install rust-web-clippy, or rustup component add clippy" && return; }
    for filter in $(filters); do
        packages+=(-p "$(package_name "filters/$filter/wasm")")
    done
    "$WASM_ENV" "$clippy" clippy --quiet --locked --target wasm32-wasip1 "${packages[@]}" -- -D warnings
    "$WASM_ENV" "$clippy" clippy --quiet --locked --target wasm32-wasip1 -p filter-shell --examples -- -D warnings
}

docs() { RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --workspace --no-deps --all-features; }

gates() { cargo test --quiet --locked -p sluice --test arrows --test purity; }

scripts() {
    has shellcheck || { skipped scripts 'shellcheck is missing: apt-get install shellcheck' && return; }
    shellcheck --external-sources .ci/run filters/tools/*/*.sh
}

main
