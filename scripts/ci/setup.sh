#!/usr/bin/env bash
# What a job needs: the virtual environment and a Pulumi engine.
set -euo pipefail
cd "$(dirname "$0")/../.."

make --no-print-directory setup
