#!/usr/bin/env bash
# Brings what pushing and pulling images takes: skopeo, and a registry. Without them `make oci-test` says SKIPPED.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main() {
    has skopeo || ! can_install || install_packages skopeo ||
        say "optional skopeo could not be installed: apt-get install skopeo brings it"
    bring_registry
}

# Debian's package docker-registry makes a user and starts a service, which nobody asked for: only the program is taken.
bring_registry() {
    local program=$TOOLS/bin/docker-registry work
    ! has docker-registry && ! [ -x "$program" ] && has apt-get && has dpkg-deb || return 0
    work=$(mktemp -d "$TOOLS/.registry.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    if fetch "$work" || { can_install && run_logged apt-update as_root apt-get update -q && fetch "$work"; }; then
        mkdir -p "$TOOLS/bin"
        mv "$work/usr/bin/docker-registry" "$program"
        say "brought docker-registry into .tools/bin"
    else
        say "optional docker-registry could not be fetched: apt-get download docker-registry brings it"
    fi
}

# apt checks the package's sum against its signed lists.
fetch() {
    (cd "$1" && run_logged registry apt-get download docker-registry 2>/dev/null &&
        dpkg-deb --extract docker-registry_*.deb .)
}

mkdir -p "$TOOLS"
main
