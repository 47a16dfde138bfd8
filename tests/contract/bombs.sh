#!/usr/bin/env bash
# Files that unfold, lie or never end, by every way in, and the memory they take.
# `BOMBS_LARGE=8 bombs.sh` is the long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/bombs.py
