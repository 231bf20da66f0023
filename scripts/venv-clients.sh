#!/usr/bin/env bash
# Makes .venv-clients with exactly what examples/clients/requirements.lock holds: the libraries that the recipes of
# docs/clients.md are tested with, which want other versions than truss does. Quick when nothing changed;
# `--lock` resolves the lock anew.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=examples/clients/requirements.lock
[ -x .venv/bin/uv ] || { echo "there is no .venv/bin/uv: type make setup" >&2; exit 1; }

if [ "${1:-}" = --lock ]; then
  .venv/bin/uv pip compile examples/clients/requirements.in --generate-hashes --universal --python-version 3.11 \
    --no-emit-index-url --no-annotate --custom-compile-command "scripts/venv-clients.sh --lock" -q -o "$lock"
fi

cmp -s "$lock" .venv-clients/.ready && exit
echo "== the recipes' environment (.venv-clients)"
.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-clients
.venv/bin/uv pip sync --quiet --python .venv-clients/bin/python --require-hashes "$lock"
cp "$lock" .venv-clients/.ready
