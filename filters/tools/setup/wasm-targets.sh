#!/usr/bin/env bash
# Brings the standard library of both wasm targets: from rustup where it can, else built from Debian's Rust packages.
# SLUICE_TOOLCHAIN=rustup|debian allows only one of them.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

# rustup retries a dead network for minutes; a download that moves may take its time, one that does not may not.
RUSTUP_SECONDS=120

# Debian's names for: compiler, its standard library for the host and as source, linter, C library and linker of wasm.
DEBIAN_PACKAGES=(rustc-web libstd-rust-web-dev rust-web-src rust-web-clippy wasi-libc lld-19)

main() {
    has cargo ||
        fail "Rust is missing: install $(needed_rust) or newer from https://rustup.rs, then run \`make setup\` again."
    newer_or_same "$(rustc_version rustc)" "$(needed_rust)" ||
        fail "Rust $(rustc_version rustc) is too old: run \`rustup update\` to get $(needed_rust) or newer."

    [ "$(wasm_toolchain)" = none ] || return 0
    if allowed rustup && add_by_rustup; then
        say "added ${WASM_TARGETS[*]} to the toolchain by rustup"
    elif allowed debian && has apt-get; then
        build_from_debian
    else
        fail "The wasm targets are missing: run \`rustup target add ${WASM_TARGETS[*]}\` where rustup has network, then \`make setup\` again."
    fi
}

allowed() { [ "${SLUICE_TOOLCHAIN:-$1}" = "$1" ]; }

add_by_rustup() {
    has rustup || return 1
    RUSTUP_MAX_RETRIES=0 run_logged rustup timeout "$RUSTUP_SECONDS" rustup target add "${WASM_TARGETS[@]}" 2>/dev/null
}

build_from_debian() {
    local why="rustup could not add the wasm targets"
    allowed rustup || why="SLUICE_TOOLCHAIN=debian"
    say "$why: building them from Debian's Rust (a minute or two)"
    install_packages "${DEBIAN_PACKAGES[@]}" ||
        fail "Debian's Rust is needed for wasm: run \`apt-get install ${DEBIAN_PACKAGES[*]}\` as root, then \`make setup\` again."
    local rustc version
    rustc=$(debian_rustc) || fail "Debian's rustc is not where it should be: run \`apt-get install --reinstall rustc-web\`."
    version=$(rustc_version "$rustc")
    newer_or_same "$version" "$(needed_rust)" ||
        fail "Debian's rustc is $version, too old for this: enable Debian's security updates, or give rustup network access."
    "$ROOT/filters/tools/setup/sysroot.sh" "$rustc"
    say "built the standard library for ${WASM_TARGETS[*]} with Debian's rustc $version into .tools/sysroot"
}

main
