#!/usr/bin/env bash
# Kills the program and its database at random while it works, on both databases,
# and looks whether anything acknowledged was lost. `faults.sh --kills 200` is the
# long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/faults.py "$@"
