#!/usr/bin/env bash
# wasm-env.sh COMMAND...: runs the command with the environment that builds for wasm, whichever toolchain does it.
# Example: filters/tools/setup/wasm-env.sh cargo build --profile wasm --target wasm32-wasip1 -p canary
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

flags=()

main() {
    SLUICE_WASM_TOOLCHAIN=$(wasm_toolchain)
    case $SLUICE_WASM_TOOLCHAIN in
    debian) use_debian ;;
    rustup) ;;
    *) fail "The wasm targets are missing: run \`make setup\`." ;;
    esac
    export SLUICE_WASM_TOOLCHAIN

    # Panic messages carry file names: the same bytes wherever the repository and cargo's home are.
    flags+=("--remap-path-prefix=$ROOT=." "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry")
    # The encoded form stands above RUSTFLAGS, which a user may have set for the host, and keeps spaces in paths.
    # With --target it reaches neither proc macros nor build scripts.
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${flags[*]}")
    export CARGO_ENCODED_RUSTFLAGS
    # Two compilers must not share a folder: each would rebuild what the other built.
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}/wasm
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$TOOLS/bin/wasm-bindgen-test-runner
    # Debug information makes test modules five times larger, and Node shows names without it.
    export CARGO_PROFILE_DEV_DEBUG=0
    exec "$@"
}

use_debian() {
    RUSTC=$(debian_rustc)
    RUSTDOC=${RUSTC%rustc}rustdoc
    export RUSTC RUSTDOC
    export CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-ld-19 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
    flags+=("--sysroot=$SYSROOT" -Clink-self-contained=no -Lnative=/usr/lib/wasm32-wasi)
}

main "$@"
