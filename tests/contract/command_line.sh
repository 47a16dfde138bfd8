#!/usr/bin/env bash
# The commands as an administrator meets them.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/command_line.py
