# curl: `pulumi stack output --json | bash examples/clients/curl.sh`
set -euo pipefail
outputs=$(cat)

output() { python3 -c 'import json, sys; print(json.load(sys.stdin)["models"][sys.argv[1]][sys.argv[2]])' "$1" "$2" <<<"$outputs"; }
call() { # model, output, body; the key comes through a pipe, since arguments stand in the process list
  curl --silent --show-error --fail-with-body --max-time 60 --retry 5 "$(output "$1" "$2")" \
    --header @<(printf 'Authorization: Api-Key %s' "$BASETEN_API_KEY") \
    --header "Content-Type: application/json" --data "$3"
  echo
}

call bge embeddings_url '{"input": ["Cats sleep most of the day.", "Paris is the capital of France."]}' | cut -c -120
call bge-reranker rerank_url '{"query": "What is the capital of France?",
  "texts": ["Cats sleep most of the day.", "Paris is the capital of France."]}'
# A batch is a list of lists: ["a", "b"] would be one pair of texts.
call go-emotions classify_url '{"inputs": [["I love this!"], ["I am furious."]], "raw_scores": true}' | cut -c -120
