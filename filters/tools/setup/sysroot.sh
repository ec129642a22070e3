#!/usr/bin/env bash
# sysroot.sh RUSTC: builds the standard library for the wasm targets from the source that Debian ships with that compiler,
# into .tools/sysroot. The host's own standard library stays where it is: proc macros and build scripts use that.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

rustc=$1
build=$TOOLS/sysroot-build
library=$build/library

main() {
    rm -rf "$build" "$SYSROOT"
    mkdir -p "$build"
    trap 'rm -rf "$build"' EXIT
    # A copy: cargo writes beside what it builds, and the source belongs to a package.
    cp -r "$("$rustc" --print sysroot)/lib/rustlib/src/rust/library/." "$library"
    run_logged sysroot compile ||
        fail "The standard library did not build: see .tools/log/sysroot.log, and give rustup network access instead."
    local target lib
    for target in "${WASM_TARGETS[@]}"; do
        lib=$SYSROOT/lib/rustlib/$target/lib
        mkdir -p "$lib"
        cp "$build/target/$target/release/deps/"*.rlib "$lib"
    done
    # What was built with another copy of it no longer links.
    rm -rf "${CARGO_TARGET_DIR:-$ROOT/target}/wasm"
    # Last: the mark that all of it is there.
    "$rustc" -vV >"$SYSROOT/rustc"
}

compile() {
    # What Rust's own bootstrap sets for the crates of the standard library. The path is the one that Rust's releases
    # carry in their panic messages, so that the modules do not depend on the folder they were built in.
    local hash separator=$'\x1f' flags
    hash=$("$rustc" -vV | sed -n 's/^commit-hash: //p')
    flags=-Cembed-bitcode=yes${separator}-Zforce-unstable-if-unmarked
    flags+=${separator}--remap-path-prefix=$library=/rustc/$hash/library
    # Its own dependencies, hashbrown for one, come from where cargo keeps crates.
    flags+=${separator}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/rust/deps
    env -u RUSTFLAGS -u CARGO_BUILD_TARGET -u RUSTC_WRAPPER \
        RUSTC="$rustc" RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS="$flags" __CARGO_DEFAULT_LIB_METADATA=std \
        CARGO_TARGET_DIR="$build/target" \
        cargo build --release --manifest-path "$library/sysroot/Cargo.toml" "${WASM_TARGETS[@]/#/--target=}"
}

main
