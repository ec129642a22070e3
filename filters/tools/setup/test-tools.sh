#!/usr/bin/env bash
# Brings what tests and gates need beside Rust and Envoy: Node and wasm-bindgen's test runner run the cores' tests under
# wasm; wasm-opt makes the modules smaller; shellcheck reads these scripts. All but the runner are optional: without them
# the part that wants them says SKIPPED.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

runner=$TOOLS/bin/wasm-bindgen-test-runner

main() {
    install_optional node nodejs
    install_optional wasm-opt binaryen
    install_optional shellcheck shellcheck
    build_runner
}

# install_optional COMMAND PACKAGE: only where that needs nobody's help.
install_optional() {
    has "$1" || ! can_install || install_packages "$2" ||
        say "optional $1 could not be installed: apt-get install $2 brings it"
}

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
