#!/usr/bin/env bash
# Hostile text in every text of every body, broken JSON of every kind, on both
# databases. `NAUGHTY_EVERY=1 naughty.sh` is the long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/naughty.py
