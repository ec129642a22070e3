#!/usr/bin/env bash
# Brings what tests and gates need beside Rust and Envoy: Node and wasm-bindgen's test runner run the cores' tests under
# wasm; wasm-opt makes the modules smaller; shellcheck reads these scripts; the end-to-end tests start Redis and
# Prometheus, and promtool tests the rules for it. All but the runner are optional: without them the part that wants them
# says SKIPPED.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

runner=$TOOLS/bin/wasm-bindgen-test-runner

main() {
    install_optional node nodejs
    install_optional wasm-opt binaryen
    install_optional shellcheck shellcheck
    bring_redis
    bring_prometheus
    build_runner
}

# install_optional COMMAND PACKAGE: only where that needs nobody's help.
install_optional() {
    has "$1" || ! can_install || install_packages "$2" ||
        say "optional $1 could not be installed: apt-get install $2 brings it"
}

# Debian's package redis-server starts a service, which nobody asked for. The program itself is in redis-tools, under the
# name of a checker: called redis-server, it is one.
bring_redis() {
    local link=$TOOLS/bin/redis-server
    ! has redis-server && ! [ -x "$link" ] || return 0
    install_optional redis-check-rdb redis-tools
    has redis-check-rdb || return 0
    mkdir -p "$TOOLS/bin"
    ln -sf "$(command -v redis-check-rdb)" "$link"
}

# Its package would start a service, too, and draw in what its pages are made of. The two programs need nothing of that: the
# package is fetched (apt checks its sum) and unpacked, not installed.
bring_prometheus() {
    ! { has prometheus && has promtool; } && ! [ -x "$TOOLS/bin/promtool" ] && has apt-get && has dpkg-deb || return 0
    local work
    mkdir -p "$TOOLS/bin"
    work=$(mktemp -d "$TOOLS/.prometheus.XXXXXX")
    if fetch_prometheus "$work"; then
        mv "$work/unpacked/usr/bin/prometheus" "$work/unpacked/usr/bin/promtool" "$TOOLS/bin/"
        say "unpacked Debian's prometheus and promtool into .tools/bin"
    else
        say 'optional prometheus could not be fetched: apt-get install prometheus brings it'
    fi
    rm -rf "$work"
}

# Package lists are fetched only if the first try fails.
fetch_prometheus() {
    download_prometheus "$1" 2>/dev/null ||
        { can_install && run_logged apt-update as_root apt-get update -q && download_prometheus "$1"; } || return 1
    dpkg-deb -x "$1"/prometheus_*.deb "$1/unpacked"
}

# apt-get downloads into the folder where it stands.
download_prometheus() { (cd "$1" && run_logged prometheus apt-get download -q prometheus); }

# The runner refuses modules of any other version of wasm-bindgen, so Cargo.lock decides.
build_runner() {
    local version
    version=$(locked_version wasm-bindgen)
    [ -n "$version" ] || return 0
    [ "$("$runner" --version 2>/dev/null)" != "wasm-bindgen-test-runner $version" ] || return 0

    # Not optimised: it runs a few seconds per `make test`, and optimising it takes two minutes more.
    env CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 \
        CARGO_TARGET_DIR="$TOOLS/runner-build" bash -c 'cd / && "$@"' _ \
        cargo install --quiet wasm-bindgen-cli --version "$version" --no-default-features \
        --bin wasm-bindgen-test-runner --root "$TOOLS" >/dev/null ||
        fail "wasm-bindgen-test-runner $version did not build: check that crates.io is reachable, then run \`make setup\` again."
    rm -rf "$TOOLS/runner-build"
    say "built wasm-bindgen-test-runner $version into .tools/bin"
}

locked_version() { grep -A1 "^name = \"$1\"\$" "$ROOT/Cargo.lock" | sed -n 's/^version = "\(.*\)"$/\1/p'; }

main
