#!/usr/bin/env bash
# Makes .venv with exactly what requirements.lock holds, uv itself included, each package by its hash; byte-compiled
# (truss alone imports 1,466 modules).
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    command -v "$candidate" && return
  done
  echo "Python 3.11 or newer with venv is needed: install it (e.g. apt install python3.11-venv), or run make PYTHON=/path/to/python3.11" >&2
  return 1
}

python=$(find_python)
echo "== virtual environment (.venv, from $("$python" --version))"
[ -x .venv/bin/python ] || "$python" -m venv .venv
awk '/^uv==/ { on = 1 } on { print; if ($0 !~ /\\$/) exit }' requirements.lock >.venv/uv.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
echo "== packages (requirements.lock)"
.venv/bin/uv pip sync --quiet --python .venv/bin/python --compile-bytecode --require-hashes requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-build-isolation --no-deps --editable .
touch .venv/.ready
