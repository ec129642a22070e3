#!/usr/bin/env bash
# build.sh filters [tests]: builds every filter into target/sluice/<filter>.wasm; with `tests` also what only tests load,
# into target/sluice/test/. Quick when nothing changed.
# WASM_OPT names another wasm-opt, WASM_OPT_LEVEL another level; without wasm-opt modules are larger, nothing else.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

OUT=target/sluice
TARGET=wasm32-wasip1
BUILT=${CARGO_TARGET_DIR:-target}/wasm/$TARGET
WASM_OPT=${WASM_OPT:-wasm-opt}
# What rustc emits for the target by default, which binaryen wants to be told; every V8 in a supported Envoy has it.
WASM_OPT_FLAGS=("${WASM_OPT_LEVEL:--O3}" --strip-debug --strip-producers --strip-target-features --enable-bulk-memory --enable-multivalue
    --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext)

main() {
    local part
    mkdir -p "$OUT/test" "$OUT/keys"
    for part in "$@"; do
        "build_$part"
    done
}

build_filters() {
    local filter packages=()
    for filter in $(filters); do
        packages+=(-p "$(package_name "filters/$filter/wasm")")
    done
    compile wasm "${packages[@]}"
    for filter in $(filters); do
        pack "$BUILT/wasm/$(module_of "filters/$filter/wasm").wasm" "$OUT/$filter.wasm"
        describe "$OUT/$filter.wasm"
    done
}

build_tests() {
    local example filter
    compile wasm -p filter-shell --example empty --example asker --example keeper
    for example in empty asker keeper; do
        pack "$BUILT/wasm/examples/$example.wasm" "$OUT/test/$example.wasm"
    done
    for filter in $(filters); do
        grep -q '^trap = ' "filters/$filter/wasm/Cargo.toml" || continue
        # A profile of its own: cargo names both modules alike, and would take one for the other.
        compile wasm-trap -p "$(package_name "filters/$filter/wasm")" --features trap
        pack "$BUILT/wasm-trap/$(module_of "filters/$filter/wasm").wasm" "$OUT/test/$filter-trap.wasm"
    done
}

compile() {
    local profile=$1
    shift
    "$WASM_ENV" cargo build --quiet --locked --profile "$profile" --target "$TARGET" "$@"
}

module_of() { package_name "$1" | tr - _; }

# pack BUILT OUT: optimises if that can be done, unless OUT already comes from these very bytes and settings.
pack() {
    local from=$1 to=$2 key keyfile
    keyfile=$OUT/keys/$(basename "$to")
    key=$(sha256sum <"$from")$(tool_version)${WASM_OPT_FLAGS[*]}
    if [ -f "$to" ] && [ -f "$keyfile" ] && [ "$key" = "$(<"$keyfile")" ]; then
        return
    fi
    if has "$WASM_OPT"; then
        "$WASM_OPT" "${WASM_OPT_FLAGS[@]}" "$from" -o "$to.part"
    else
        cp "$from" "$to.part"
    fi
    mv "$to.part" "$to"
    printf '%s' "$key" >"$keyfile"
}

tool_version() { "$WASM_OPT" --version 2>/dev/null || echo none; }

describe() {
    local bytes sum
    bytes=$(stat -c %s "$1")
    sum=$(sha256sum <"$1")
    printf '%s  %d bytes (%d KiB)  sha256 %s%s\n' "$1" "$bytes" $(((bytes + 1023) / 1024)) "${sum%% *}" \
        "$(has "$WASM_OPT" || echo '  (not optimised: wasm-opt is missing, apt-get install binaryen)')"
}

main "$@"
