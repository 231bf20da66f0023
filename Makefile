# The two commands: `make demo` and `make test`. `make` alone lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PY := .venv/bin/python
RUN := source engine/env.sh &&
# The dev stack is made by what needs it, with a backend of its own.
DEV := scripts/dev-stack.sh
# Where `make test` takes samples.
SAMPLED := tests/faults tests/client tests/unit/commands/test_bad_files.py tests/emulator/test_two_readings.py tests/recipes/test_spark.py \
  $(addprefix tests/e2e/,test_comments.py test_ownership.py test_own_project.py test_push_server.py commands/test_rehearse.py commands/test_status.py test_gates.py)
# All processes share the slow tests to the last one: half of what is left moves to whoever has none.
PYTEST := pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: demo
demo: setup ## Bring up the dev stack on the embedded emulator and call its models
	@$(RUN) $(DEV) $(PY) scripts/demo.py

.PHONY: example
example: setup ## A search service on the dev stack, with a page to search; PORT=8001 moves it, ONCE=1 ends it (examples/search-service)
	@scripts/venv-of.sh examples/search-service clients/python
	@$(RUN) $(DEV) $(PY) examples/search-service/example.py $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once)

.PHONY: test
test: setup ## Set up and run every test, the real engine and the real truss CLI included
	@$(RUN) $(PY) -m $(PYTEST)

.PHONY: check
check: setup ## What CI asks for: format, lint, types, generated files, tests
	@echo "== format and lint"; $(PY) -m ruff format --check . && $(PY) -m ruff check .
	@echo "== types"; $(PY) -m mypy infra emulator engine policy clients/python/src
	@echo "== generated files"; $(PY) -m baseten_tei generate --check && $(PY) scripts/docs.py --check
	@echo "== workflows"; scripts/lint-workflows.sh
	@echo "== tests"; $(RUN) $(PY) -m $(PYTEST)

.PHONY: setup
setup: .venv/.ready ## Set up what is missing: virtual environment, Pulumi engine; touches no stack and no backend
	@$(PY) -m pulumi_engine setup

.venv/.ready: requirements.lock pyproject.toml scripts/venv.sh
	@scripts/venv.sh

.PHONY: docs
docs: .venv/.ready ## Bring the generated pages of docs/ up to date
	@$(PY) scripts/docs.py

.PHONY: format
format: .venv/.ready ## Format the code and fix what the linter can
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

.PHONY: emulator
emulator: .venv/.ready ## Run the emulator in the foreground (the dev stack starts it by itself when needed)
	@mkdir -p .state && exec $(PY) -m baseten_emulator --port $${BASETEN_EMULATOR_PORT:-8791} --state .state/emulator

.PHONY: emulator-stop
emulator-stop: ## Stop the emulator; its state stays in .state/
	@curl -fsS --noproxy '*' -X POST "http://127.0.0.1:$${BASETEN_EMULATOR_PORT:-8791}/_emulator/shutdown" >/dev/null 2>&1 \
	  && echo "the emulator has stopped" || echo "no emulator was running"

.PHONY: faults
faults: setup ## All faults, kills, broken files and large jobs, of which `make test` takes a sample
	@$(RUN) BASETEN_TEI_ALL_FAULTS=1 $(PY) -m $(PYTEST) $(SAMPLED)

.PHONY: ranges
ranges: setup ## Units, components and the client with the lowest and the newest versions that are allowed; what resolves beside them
	@scripts/test-range.sh beside
	@scripts/test-range.sh lowest
	@scripts/test-range.sh newest

.PHONY: bench
bench: setup ## Measure, side by side in one run, and keep the figures: see benchmarks/README.md
	@$(RUN) $(PY) -m benchmarks --write

.PHONY: lock-requirements
lock-requirements: .venv/.ready ## Resolve requirements.lock from pyproject.toml; UPGRADE=1 takes the newest that is allowed
	@.venv/bin/uv pip compile pyproject.toml --extra dev --generate-hashes --universal --no-emit-index-url \
	  --no-annotate --custom-compile-command "make lock-requirements" $(if $(UPGRADE),--upgrade) -q -o requirements.lock

.PHONY: clean
clean: ## Destroy the dev stack, stop the emulator, forget its state; refuses while .state/ holds another stack's
	@if [ -x $(PY) ]; then $(RUN) $(PY) scripts/clean.py; \
	elif [ -e .state ]; then echo "make clean: .state/ is there and this clone is not set up: run make setup first" >&2; exit 1; fi
