#!/usr/bin/env bash
# The committed description in the eyes of tools that know nothing of this
# program: a validator, a linter, and TypeScript's compiler over generated types.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

lint() {
    redocly lint --config tests/contract/redocly.yaml "$1"
}

openapi-spec-validator --validation-errors all openapi/openapi.json
"$BAITLINE_TEST_BINARY" openapi | cmp - openapi/openapi.json
lint openapi/openapi.json

# A linter that finds nothing proves little until it has found something.
sed 's/"operationId": "list_baits"/"operationId": "list_clients"/' openapi/openapi.json >"$folder/wrong.json"
! lint "$folder/wrong.json" >"$folder/found.txt" 2>&1 || {
    echo 'the linter accepts one operationId for two operations' >&2
    exit 1
}
grep -q operation-operationId-unique "$folder/found.txt"

openapi-typescript openapi/openapi.json --output "$folder/api.ts"
cat >"$folder/use.ts" <<'TYPESCRIPT'
import type { components, operations } from "./api";

type Bait = components["schemas"]["Bait"];
const listed: operations["list_baits"]["responses"][200]["content"]["application/json"] = {
    items: [],
    next_cursor: null,
};
export const numbers: string[] = listed.items.map((bait: Bait) => bait.number);
// @ts-expect-error A bait's number is text.
export const wrong: Bait["number"] = 79015000001;
TYPESCRIPT
tsc --strict --noEmit --target es2022 --module esnext --moduleResolution bundler "$folder/use.ts" "$folder/api.ts"
