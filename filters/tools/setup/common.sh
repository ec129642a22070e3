# shellcheck shell=bash
# What all set-up scripts share: where things are, how they speak, how they install. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
TOOLS=$ROOT/.tools
# shellcheck disable=SC2034 # used by those who source this
WASM_TARGETS=(wasm32-wasip1 wasm32-unknown-unknown)

# say TEXT: what was done. Nothing to do means nothing said.
say() { printf 'setup: %s\n' "$1"; }

# fail SENTENCE: stops, and the sentence tells the user what to do.
fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# run_logged NAME COMMAND...: runs quietly; on failure shows the last lines of what the command said.
run_logged() {
    local log=$TOOLS/log/$1.log
    shift
    mkdir -p "$TOOLS/log"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        return 1
    fi
}

# As root directly, else by sudo if it does not ask for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    has apt-get || return 1
    [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# install_packages PACKAGE...: installs those that are missing; package lists are fetched only if the first try fails.
install_packages() {
    local missing=() package
    for package in "$@"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    can_install || return 1
    if ! run_logged apt apt_install "${missing[@]}" 2>/dev/null; then
        run_logged apt-update as_root apt-get update -q || return 1
        run_logged apt apt_install "${missing[@]}" || return 1
    fi
    say "installed Debian packages: ${missing[*]}"
}
