#!/usr/bin/env bash
# Changed bytes in the files of PostgreSQL, and its own check that names each page.
# `PAGES_BYTES=10000 pages.sh` is the long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/pages.py
