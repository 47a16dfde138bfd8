#!/usr/bin/env bash
# Runs Schemathesis against the service on both databases. With `whole` and with
# `long` it tries more than a commit can wait for.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/generated_requests.py "$@"
