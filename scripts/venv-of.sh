#!/usr/bin/env bash
# `scripts/venv-of.sh [--lock] FOLDER [PACKAGE]` makes .venv-NAME (FOLDER's last part) with exactly what
# FOLDER/requirements.lock holds, apart from the project's own environment, and with PACKAGE, a folder of a package.
# Quick when nothing changed; `--lock` resolves the lock anew.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.venv/bin/uv anew=
[ "${1:-}" = --lock ] && { anew=yes && shift; }
folder=${1:-FOLDER} package=${2:-}
lock=$folder/requirements.lock venv=.venv-${folder##*/}
[ -x $uv ] || { echo "scripts/venv-of.sh: this clone is not set up: run make setup" >&2; exit 1; }
[ -f "$folder/requirements.in" ] || { echo "there is no $folder/requirements.in: type scripts/venv-of.sh examples/clients" >&2; exit 2; }

if [ -n "$anew" ]; then
  $uv pip compile "$folder/requirements.in" ${package:+"$package/pyproject.toml"} --generate-hashes --universal \
    --python-version 3.11 --no-emit-index-url --no-annotate -q -o "$lock" \
    --custom-compile-command "scripts/venv-of.sh --lock $folder${package:+ $package}"
fi

# Several processes of tests may want it at once: one makes it, the others wait (macOS has no flock, and one process).
exec 9>"$venv.lock"
if command -v flock >/dev/null; then flock 9; fi

made_of() { cat "$lock" ${package:+"$package/pyproject.toml"}; }
made_of | cmp -s - "$venv/.ready" && exit
echo "== $folder's environment ($venv)"
$uv venv --quiet --allow-existing --python .venv/bin/python "$venv"
$uv pip sync --quiet --python "$venv/bin/python" --require-hashes "$lock"
if [ -n "$package" ]; then # built with what requirements.lock holds, too
  $uv pip install --quiet --python "$venv/bin/python" --no-deps --build-constraints requirements.lock --editable "$package"
fi
made_of >"$venv/.ready"
