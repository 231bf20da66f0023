#!/usr/bin/env bash
# What a job needs: the virtual environment and a Pulumi engine. Not the dev stack, which `make setup` makes as well:
# in a job with secrets it would be made in the backend that they lead to.
set -euo pipefail
cd "$(dirname "$0")/../.."

make --no-print-directory .venv/.ready
.venv/bin/python -m pulumi_engine setup
