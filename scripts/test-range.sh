#!/usr/bin/env bash
# Runs the tests of units, components and the client with the lowest, or the newest, versions that pyproject.toml and
# clients/python/pyproject.toml allow, in an environment of its own (.venv-lowest, .venv-newest):
#
#   scripts/test-range.sh lowest|newest [PYTHON]    PYTHON: another interpreter than .venv's, e.g. python3.13
#
# `scripts/test-range.sh beside` runs nothing: it resolves the package beside pulumi, truss, pydantic and httpx, each at
# its newest and at the newest of a month ago.
set -euo pipefail
cd "$(dirname "$0")/.."

resolve_beside() {
  .venv/bin/pip install --quiet --disable-pip-version-check --ignore-installed --dry-run \
    ".[emulator,policy,tune]" pulumi truss pydantic httpx
  echo "== resolves beside the newest (pip install --dry-run)"
  local before
  before=$(.venv/bin/python -c 'import datetime as d; print(d.date.today() - d.timedelta(days=30))')
  printf '%s\n' pulumi truss pydantic httpx |
    .venv/bin/uv pip compile --quiet --no-header --no-annotate --exclude-newer "$before" \
      pyproject.toml --extra emulator --extra policy --extra tune - | grep -E '^(pulumi|truss|pydantic|httpx)=='
  echo "== resolves beside the newest of $before"
}

case ${1:-} in
  beside) resolve_beside; exit ;;
  lowest) resolution=lowest-direct ;;
  newest) resolution=highest ;;
  *) echo "scripts/test-range.sh lowest|newest [PYTHON], or: scripts/test-range.sh beside" >&2; exit 2 ;;
esac
python=${2:-.venv/bin/python}
[ -x .venv/bin/uv ] || { echo "scripts/test-range.sh: this clone is not set up: run make setup" >&2; exit 1; }
uv=$PWD/.venv/bin/uv venv=.venv-$1${2:+-${2##*/}}

echo "== $1 versions that are allowed ($venv)"
"$uv" venv --quiet --clear --python "$python" "$venv"
version=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$uv" pip compile --quiet --no-header --no-annotate --python-version "$version" --resolution "$resolution" \
  pyproject.toml clients/python/pyproject.toml --extra dev --extra fast --extra tokenizers -o "$venv/packages.txt"
"$uv" pip sync --quiet --python "$venv/bin/python" --compile-bytecode "$venv/packages.txt"
"$uv" pip install --quiet --python "$venv/bin/python" --no-build-isolation --no-deps --editable .
exec "$venv/bin/python" -m pytest -n auto --maxprocesses 4 --dist worksteal -p no:cacheprovider \
  tests/unit tests/components tests/client
