#!/usr/bin/env bash
# Makes the dev stack where it is not there yet. Needs no account: its state is in .state/, its passphrase is public.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p -m 700 .state
pulumi stack ls --non-interactive 2>/dev/null | grep -q '^dev\b' || {
  echo "== dev stack (.state/)"
  pulumi stack init dev --non-interactive
}
pulumi stack select dev --non-interactive
