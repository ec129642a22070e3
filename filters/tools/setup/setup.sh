#!/usr/bin/env bash
# Everything that building, testing and the demo need. Quiet when nothing is missing.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
"$here/wasm-targets.sh"
"$here/envoy.sh"
"$here/test-tools.sh"
