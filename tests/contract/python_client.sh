#!/usr/bin/env bash
# Generates a Python client from the committed description and does the main job
# with it on both databases, which must give the same answers.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

openapi-python-client generate --path openapi/openapi.json --config tests/contract/client-settings.yaml \
    --meta none --output-path "$folder/baitline_client" >"$folder/generated.txt" 2>&1 || {
    cat "$folder/generated.txt"
    exit 1
}

# What the generator cannot express; the client has another form for each: one
# record or an array for calls, one at a time for portability answers and for the
# rows of tables, of whose two types only the first is told.
expected='POST /v1/baits/imports: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/calls: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/calls: application/x-ndjson
POST /v1/calls: text/csv
POST /v1/clients/imports: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/files: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/files: application/x-ndjson
POST /v1/files: text/csv
POST /v1/labels: application/x-ndjson
POST /v1/own-numbers/imports: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/portability-answers/imports: text/csv
POST /v1/sources/{id}/preview: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
POST /v1/traps/imports: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
PUT /v1/calls/{id}/recording: audio/*
PUT /v1/recordings: audio/*
PUT /v1/templates/{kind}: text/markdown'
warnings=$(awk '/^(WARNING|ERROR) / { place = $3 " " $4; waiting = 1; next }
    waiting && NF { sub(/^Unsupported content type /, ""); print place ": " $0; waiting = 0 }' \
    "$folder/generated.txt" | sort)
if [[ $warnings != "$expected" ]]; then
    cat "$folder/generated.txt"
    echo "the generator warns of something new; expected only:" "$expected" >&2
    exit 1
fi

export PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=$folder python3 tests/contract/python_client.py "$folder"
