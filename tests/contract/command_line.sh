#!/usr/bin/env bash
# The commands as an administrator meets them, and the committed description in
# the eyes of a validator that knows nothing of this program.
set -euo pipefail
cd "$(dirname "$0")/../.."

openapi-spec-validator --validation-errors all openapi/openapi.json
"$BAITLINE_TEST_BINARY" openapi | cmp - openapi/openapi.json
PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/command_line.py
