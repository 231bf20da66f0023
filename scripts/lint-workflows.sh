#!/usr/bin/env bash
# What CI runs, linted: workflows by zizmor (what could be misused) and actionlint (what could not work, and the shell
# in each step), scripts by shellcheck. Offline but for fetching actionlint once, where Go is there.
set -euo pipefail
cd "$(dirname "$0")/.."

actionlint_version=1.7.12
cache=${XDG_CACHE_HOME:-$HOME/.cache}/baseten-tei/actionlint-$actionlint_version

[ -x .venv/bin/zizmor ] || { echo "scripts/lint-workflows.sh: this clone is not set up: run make setup" >&2; exit 1; }

find_actionlint() {
  local found
  found=$(command -v actionlint || true)
  if [ -x "$cache/actionlint" ]; then
    echo "$cache/actionlint"
  elif [ -n "$found" ] && "$found" -version | grep -Eq '^v?1\.7\.'; then
    echo "$found"
  elif command -v go >/dev/null; then
    GOBIN=$cache go install "github.com/rhysd/actionlint/cmd/actionlint@v$actionlint_version" >&2
    echo "$cache/actionlint"
  else
    echo "the workflows cannot be linted: install actionlint 1.7, or Go, which then fetches it" >&2
    return 1
  fi
}

actionlint=$(find_actionlint)
export PATH="$PWD/.venv/bin:$PATH" # actionlint looks there for shellcheck
zizmor --offline --pedantic --quiet .github
"$actionlint"
shellcheck --severity=warning scripts/*.sh
