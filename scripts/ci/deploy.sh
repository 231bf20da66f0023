#!/usr/bin/env bash
# Brings every stack on a real account up, one after the other, and only as it was reviewed:
# `scripts/ci/deploy.sh COMMENT COMMIT`, where COMMENT is the report that was approved. Leaves snapshots/<stack>.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
source engine/env.sh

comment=$1 commit=$2
stacks=$(python -m baseten_tei.commands.deployable)
for stack in $stacks; do
  echo "== $stack"
  python -m baseten_tei.commands.reviewed --comment "$comment" --stack "$stack"
  pulumi up --yes --non-interactive --skip-preview --parallel 64 --stack "$stack"
  python -m baseten_tei.commands.snapshot export --stack "$stack" --commit "$commit" --output "snapshots/$stack.json"
done
