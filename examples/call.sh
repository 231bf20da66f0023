# Call the dev stack's models with curl: `source engine/env.sh`, then `bash examples/call.sh`.
set -euo pipefail
export BASETEN_API_KEY=${BASETEN_API_KEY:-emulator} # the emulator's own key

models=$(pulumi stack output models --stack dev --json 2>/dev/null) || {
  echo "examples/call.sh: the dev stack's outputs could not be read: run make demo, then source engine/env.sh" >&2 && exit 1
}
url() { python3 -c "import json, sys; print(json.load(sys.stdin)['$1']['predict_url'])" <<<"$models"; }
# `@` reads the header from a file: a key in an argument would be in the list of processes.
call() { curl --silent --show-error --fail-with-body --request POST "$(url "$1")" \
  --header @<(printf 'Authorization: Api-Key %s' "$BASETEN_API_KEY") --header "Content-Type: application/json" --data "$2"; echo; }

call bge '{"input": "text string"}' | cut -c -120
call bge-reranker '{"query": "What is Deep Learning?", "texts": ["Cheese is made of milk.", "Deep Learning is a kind of machine learning."]}'
call go-emotions '{"inputs": "I love this!"}' | cut -c -120
