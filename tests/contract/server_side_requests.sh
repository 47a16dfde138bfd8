#!/usr/bin/env bash
# Leads the program to a hundred addresses by every text it takes, and looks
# whether it goes there. `SSRF_EVERY=1 server_side_requests.sh` is the long form.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/server_side_requests.py
