#!/usr/bin/env bash
# Collects the traces of a running service, and runs it beside collectors that
# are away or never answer.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/traces.py
