#!/usr/bin/env bash
# Brings every stack on a real account up, one after the other, and only as it was reviewed:
# `scripts/ci/deploy.sh COMMENT COMMIT`, where COMMENT is the report that was approved. Leaves snapshots/<stack>.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
source engine/env.sh

comment=$1 commit=$2
stacks=$(baseten-tei stacks --deployable)
for stack in $stacks; do
  echo "== $stack"
  baseten-tei pr verify --comment "$comment" --stack "$stack"
  pulumi up --yes --non-interactive --skip-preview --parallel 64 --stack "$stack"
  baseten-tei pr snapshot export --stack "$stack" --commit "$commit" --output "snapshots/$stack.json"
done
