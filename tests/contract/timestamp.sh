#!/usr/bin/env bash
# Lets the program ask a real time-stamp authority (openssl ts) for the time of signed
# packages, checks them with openssl alone, and lets the authority misbehave.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v openssl >/dev/null || {
    echo 'timestamp.sh: openssl is not installed: apt-get install openssl' >&2
    exit 1
}
PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/timestamp.py
