# Call each of the dev stack's models with curl: `source engine/env.sh`, then `bash examples/call.sh`.
set -euo pipefail
export BASETEN_API_KEY=${BASETEN_API_KEY:-emulator} # the emulator's own key

models=$(pulumi stack output models --stack dev --json 2>/dev/null) || {
  echo "examples/call.sh: the dev stack's outputs could not be read: run make demo, then source engine/env.sh" >&2 && exit 1
}
each='import json, sys; [print(it["task"], it["predict_url"]) for it in json.load(sys.stdin).values()]'
# `@` reads the header from a file: a key in an argument would be in the list of processes.
call() { curl --silent --show-error --fail-with-body --request POST "$1" \
  --header @<(printf 'Authorization: Api-Key %s' "$BASETEN_API_KEY") --header "Content-Type: application/json" --data "$2"; echo; }

python3 -c "$each" <<<"$models" | while read -r task url; do
  case $task in
    embedding) call "$url" '{"input": "text string"}' | cut -c -120 ;;
    reranker) call "$url" '{"query": "What is Deep Learning?", "texts": ["Cheese is made of milk.", "Deep Learning is a kind of machine learning."]}' ;;
    classifier) call "$url" '{"inputs": "I love this!"}' | cut -c -120 ;;
  esac
done
