#!/usr/bin/env bash
# Packs each filter that was built into target/dist/<filter>/: module, image, components, capabilities, sums.
# SOURCE=https://... names where the source is; SLUICE_REVISION and SOURCE_DATE_EPOCH stand in for git where there is none.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

OUT=target/dist
HOST=${CARGO_TARGET_DIR:-target}/debug

main() {
    local filter work revision created rust packages=() labels=() tools=()
    for filter in $(filters); do
        packages+=(-p "$(package_name "filters/$filter/wasm")")
    done
    revision=$(revision)
    created=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
    # shellcheck disable=SC2016 # expanded inside, where the variable is set
    rust=$("$WASM_ENV" bash -c '"${RUSTC:-rustc}" --version' | cut -d' ' -f2)
    labels=(--created "$created" --rust "$rust" --lock Cargo.lock)
    [ -z "$revision" ] || labels+=(--revision "$revision")
    [ -z "${SOURCE:-}" ] || labels+=(--source "$SOURCE")
    ! has wasm-opt || tools=(--tool "wasm-opt $(wasm-opt --version | awk '{ print $NF }')")

    cargo build --quiet --locked -p sluice --bin sluice-pack
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    # The same packages as build.sh gives to cargo at once: which features a shared crate has depends on all of them.
    "$WASM_ENV" cargo tree --quiet --locked "${packages[@]}" --target wasm32-wasip1 --edges normal,no-proc-macro \
        --prefix depth --no-dedupe --format '|{p}|{l}|{r}' >"$work/tree"
    # What an earlier run left of a filter that is gone.
    [ -n "${FILTERS:-}" ] || rm -rf "$OUT"
    for filter in $(filters); do
        pack "$filter" "$work/tree" "${labels[@]}" "${tools[@]}"
    done
}

# pack FILTER TREE ARGUMENT...
pack() {
    local filter=$1 tree=$2 digest
    shift 2
    digest=$("$HOST/sluice-pack" --filter "$filter" --version "$(workspace version)" --licence "$(workspace license)" \
        --description "$(description "filters/$filter/core")" --module "target/sluice/$filter.wasm" --tree "$tree" \
        --out "$OUT/$filter" "$@")
    (cd "$OUT/$filter" && sha256sum --check --quiet SHA256SUMS)
    printf '%s  image %s\n' "$OUT/$filter" "$digest"
}

# The commit; marked if what is built is not what was committed.
revision() {
    local commit
    if [ -n "${SLUICE_REVISION:-}" ]; then
        echo "$SLUICE_REVISION"
    elif commit=$(git rev-parse HEAD 2>/dev/null); then
        [ -z "$(git status --porcelain)" ] || commit+=-dirty
        echo "$commit"
    fi
}

# workspace FIELD: of all crates.
workspace() { sed -n "/^\[workspace.package\]/,/^\[/s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml; }

description() { sed -n 's/^description = "\(.*\)"$/\1/p' "$1/Cargo.toml"; }

main
