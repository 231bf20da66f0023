#!/usr/bin/env bash
# `scripts/dev-stack.sh [COMMAND…]` makes the dev stack where it is not there yet, and runs COMMAND for it. Its state is
# in .state/ and its passphrase is public, whatever stack and backend this shell is for; the selection stays as it is.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

command -v pulumi >/dev/null || {
  echo "scripts/dev-stack.sh: there is no pulumi on PATH: run make setup, then source engine/env.sh" >&2
  exit 1
}
own=${PULUMI_BACKEND_URL:-}${PULUMI_CONFIG_PASSPHRASE:-}${PULUMI_STACK:-}
export PULUMI_BACKEND_URL="file://$root/.state" PULUMI_CONFIG_PASSPHRASE_FILE="$root/engine/dev-passphrase"
unset PULUMI_CONFIG_PASSPHRASE PULUMI_STACK

[ -d "$root/.state" ] || mkdir -m 700 "$root/.state"
stacks=$(cd "$root" && pulumi stack ls --non-interactive)
awk '$1 == "dev" || $1 == "dev*" { found = 1 } END { exit !found }' <<<"$stacks" || {
  echo "== dev stack (.state/)"
  (cd "$root" && pulumi stack init dev --no-select --non-interactive)
}
[ $# -eq 0 ] || exec "$@"
[ -z "$own" ] || echo "this shell is for another backend or stack: run scripts/dev-stack.sh pulumi … --stack dev" >&2
