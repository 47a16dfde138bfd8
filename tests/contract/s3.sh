#!/usr/bin/env bash
# Runs the service on a bucket of an S3 server that is no part of this program,
# on both databases: the main job, outages, a full disk, and TLS.
set -euo pipefail
cd "$(dirname "$0")/../.."

PYTHONDONTWRITEBYTECODE=1 python3 tests/contract/s3.py
