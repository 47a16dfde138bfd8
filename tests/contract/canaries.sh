#!/usr/bin/env bash
# A thousand numbers, names and keys through every operation, and no log that
# tells one of them. `CANARIES_OF_A_PLACE=8 canaries.sh` is the long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/canaries.py
