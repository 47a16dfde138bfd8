#!/usr/bin/env bash
# Lets everything befall the program while it works, on both databases: kills of
# it and of PostgreSQL, cut and silent connections, disks that are full or fail.
# Looks whether anything acknowledged was lost. `faults.sh --kills 200` is the
# long form, `--victims sync,cut` chooses.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/faults.py "$@"
