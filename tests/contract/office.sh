#!/usr/bin/env bash
# Formulas, templates and markup as names and words, and what LibreOffice finds in the
# documents and sheets that the program makes of them.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/office.py
