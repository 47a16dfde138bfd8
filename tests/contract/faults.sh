#!/usr/bin/env bash
# Lets processes die, disks fail, the clock jump and connections break while the program
# works, on both databases, and looks whether anything acknowledged was lost.
# `faults.sh --each 25` is the long form, `faults.sh --each 100 --kind killed` that of kills.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v cc >/dev/null || {
    echo 'faults.sh: no C compiler: apt-get install gcc' >&2
    exit 1
}
PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/faults.py "$@"
