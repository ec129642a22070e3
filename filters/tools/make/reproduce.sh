#!/usr/bin/env bash
# Builds what is committed twice, from nothing, in two folders, one after the other, and compares every byte of target/dist.
# FILTERS='canary' does it with some filters only; KEEP=1 keeps the folders.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Tools for the host may share what they are built from; modules share nothing.
HOST_TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")

main() {
    local work first second started=$SECONDS
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now is meant
    [ -n "${KEEP:-}" ] || trap "rm -rf '$work'" EXIT
    # Names of other lengths, so that a path that gets into a file changes more than itself.
    first=$work/one second=$work/another/folder/elsewhere
    build "$first" C.UTF-8 UTC
    build "$second" C Pacific/Auckland
    diff --recursive "$first/target/dist" "$second/target/dist" || {
        printf 'reproduce: FAILED: the two builds differ\n'
        exit 1
    }
    (cd "$first/target/dist" && cat ./*/image.digest && sha256sum ./*/*.wasm)
    printf 'reproduce: two builds in two folders are the same, byte for byte (%d s)\n' $((SECONDS - started))
    ! [ -d target/dist ] || compare_with target/dist "$first/target/dist"
}

# build FOLDER LOCALE TIMEZONE
build() {
    local folder=$1 module filter
    git clone --quiet "$ROOT" "$folder"
    ! [ -d .tools ] || ln -s "$ROOT/.tools" "$folder/.tools"
    # A link is not what .gitignore means by a folder.
    echo /.tools >>"$folder/.git/info/exclude"
    printf 'reproduce: %s\n' "$folder"
    (
        cd "$folder"
        umask 0027
        export LC_ALL=$2 TZ=$3
        CARGO_TARGET_DIR=$folder/target filters/tools/make/build.sh filters
        CARGO_TARGET_DIR=$HOST_TARGET filters/tools/make/dist.sh
    )
    linked_is_listed "$folder"
    for filter in $(filters); do
        module=$folder/target/dist/$filter/$filter.wasm
        ! grep -q -a -F -e "$folder" -e "$HOME" "$module" "$folder/target/dist/$filter/$filter.cdx.json" || {
            printf 'reproduce: FAILED: %s names a folder of this machine\n' "$filter"
            exit 1
        }
    done
}

# Nothing was built there before: what cargo compiled for the modules is what their lists of components name, no more, no less.
linked_is_listed() {
    local linked listed
    linked=$(basename -a "$1"/target/wasm/wasm32-wasip1/wasm/deps/lib*.rlib | sed 's/^lib\(.*\)-[0-9a-f]*\.rlib$/\1/' | sort -u)
    listed=$(sed -n 's/^ *"bom-ref": "\(.*\)@.*/\1/p' "$1"/target/dist/*/*.cdx.json | grep -v -x -e rust-std -F -f <(filters) |
        tr - _ | sort -u)
    diff <(printf '%s\n' "$linked") <(printf '%s\n' "$listed") || {
        printf 'reproduce: FAILED: compiled (<) and listed (>) differ\n'
        exit 1
    }
}

# What stands in target/dist may be of another commit, or of a tree with changes: nothing to fail for.
compare_with() {
    local filter
    for filter in $(filters); do
        [ -f "$1/$filter/$filter.wasm" ] || continue
        if cmp --silent "$1/$filter/$filter.wasm" "$2/$filter/$filter.wasm"; then
            printf 'reproduce: %s.wasm is the one in %s\n' "$filter" "$1"
        else
            printf 'reproduce: %s.wasm is another one than in %s\n' "$filter" "$1"
        fi
    done
}

main
