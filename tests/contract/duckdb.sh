#!/usr/bin/env bash
# Sealed interceptions in the eyes of DuckDB, which knows nothing of this program:
# it reads the same files and gives the same report, line by line.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --locked --workspace --bins
BAITLINE_BENCH_PYTHON=$(command -v python3) "$(dirname "$BAITLINE_TEST_BINARY")/p5_report_duckdb" --tiny
