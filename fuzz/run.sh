#!/usr/bin/env bash
# Looks for inputs that reach new code, with libFuzzer on stable Rust:
#   fuzz/run.sh TARGET [SECONDS]     60 unless told; new inputs go into target/fuzz/TARGET,
#                                    one that breaks something beside that folder
#   fuzz/run.sh keep TARGET          adds to corpus/TARGET the fewest of the new inputs that reach
#                                    all that they reach
# Only the project's own crates are watched, so the others are those of any release build.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?which target: one of $(ls fuzz/corpus | tr '\n' ' ')}
if [[ $target == keep ]]; then
    keep=yes
    target=${2:?which corpus}
fi
readonly corpus=fuzz/corpus/$target found=target/fuzz/$target
[[ -d $corpus ]] || { echo "run.sh: no folder $corpus" >&2; exit 1; }

RUSTC_WORKSPACE_WRAPPER=$PWD/fuzz/watched-rustc.sh \
    cargo build --release --workspace --features baitline-fuzz/libfuzzer --bin fuzz
readonly program=${CARGO_TARGET_DIR:-target}/release/fuzz
export BAITLINE_FUZZ_TARGET=$target
readonly limits=(-timeout=20 -rss_limit_mb=2048 -max_len=4000)
mkdir -p "$found"
if [[ ${keep:-no} == yes ]]; then
    before=$(find "$corpus" -type f | wc -l)
    "$program" -merge=1 -use_counters=0 "${limits[@]}" "$corpus" "$found"
    echo "$corpus: $(find "$corpus" -type f | wc -l) inputs, $before before"
else
    "$program" "${limits[@]}" -max_total_time="${2:-60}" -print_final_stats=1 \
        -artifact_prefix="$found-" "$found" "$corpus"
fi
