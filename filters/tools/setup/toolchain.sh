# shellcheck shell=bash
# Which toolchain builds for wasm here. Sourced by set-up and by wasm-env.sh, after common.sh.

SYSROOT=$TOOLS/sysroot

# wasm_toolchain: prints `rustup` (the default toolchain has the targets), `debian` (.tools/sysroot has) or `none`.
wasm_toolchain() {
    if [ "${SLUICE_TOOLCHAIN:-rustup}" = rustup ] && default_has_targets; then
        echo rustup
    elif [ "${SLUICE_TOOLCHAIN:-debian}" = debian ] && sysroot_is_current; then
        echo debian
    else
        echo none
    fi
}

default_has_targets() {
    local target dir
    for target in "${WASM_TARGETS[@]}"; do
        dir=$(rustc --print target-libdir --target "$target" 2>/dev/null) || return 1
        compgen -G "$dir/libstd-*.rlib" >/dev/null || return 1
    done
}

# A standard library serves only the very compiler that built it.
sysroot_is_current() {
    local rustc
    rustc=$(debian_rustc) && [ -f "$SYSROOT/rustc" ] && [ "$("$rustc" -vV)" = "$(<"$SYSROOT/rustc")" ]
}

debian_rustc() {
    has dpkg || return 1
    dpkg -L rustc-web 2>/dev/null | grep -m1 '/bin/rustc$'
}

rustc_version() { "$1" --version | cut -d' ' -f2; }

# `rust-version` of the workspace: the one place that names it.
needed_rust() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml"; }

# newer_or_same HAVE NEED
newer_or_same() { printf '%s\n%s\n' "$2" "$1" | sort --check=quiet --version-sort; }
