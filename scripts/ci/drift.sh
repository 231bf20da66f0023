#!/usr/bin/env bash
# What others changed on Baseten, into the job's log and its summary: `scripts/ci/drift.sh STACK…`, after setup.sh.
# Fails where a stack has drift, or a configuration that was not applied yet; the other stacks are looked at all the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
source engine/env.sh

[ -x .venv/bin/python ] || { echo "scripts/ci/drift.sh: this clone is not set up: run make setup" >&2; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
drifted=0
for stack in "$@"; do
  says="is as the configuration says"
  if ! pulumi preview --refresh --expect-no-changes --diff --suppress-outputs --non-interactive --stack "$stack" 2>&1 | tee "$log"; then
    says="is not as the configuration says, or could not be compared"
    drifted=1
  fi
  {
    echo "### \`$stack\` $says"
    echo
    echo '````text'
    cat "$log"
    echo '````'
  } >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
done
exit "$drifted"
