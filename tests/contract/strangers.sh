#!/usr/bin/env bash
# Has packages with awkward contents checked by tools that know nothing of this
# program, and breaks copies that each tool must refuse. `strangers.sh 1000` is the
# long form; a second number is the first seed.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/strangers.py "$@"
