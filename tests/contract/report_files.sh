#!/usr/bin/env bash
# Asks for reports as files, on both databases, and opens them with programs that
# know nothing of this one: openpyxl, pyarrow and DuckDB.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

export PYTHONDONTWRITEBYTECODE=1
python3 tests/contract/report_files.py "$folder"
