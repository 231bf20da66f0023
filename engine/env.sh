# Source this from bash or zsh, from any directory: `source engine/env.sh`.
# Plain `pulumi`, `truss` and `python` are then the project's. Sourcing it twice changes nothing.
_engine_root=$(cd "$(dirname "${BASH_SOURCE[0]:-${(%):-%x}}")/.." && pwd) || return
if [ ! -x "$_engine_root/.venv/bin/python" ]; then
  echo "engine/env.sh: this clone is not set up: run \`make setup\` in $_engine_root, then source this again" >&2
  unset _engine_root
  return 1
fi
_engine_env=$(PYTHONPATH="$_engine_root/engine" "$_engine_root/.venv/bin/python" -m pulumi_engine --project "$_engine_root" env) || return
case ":$PATH:" in
  *":$_engine_root/.venv/bin:"*) ;;
  *) export PATH="$_engine_root/.venv/bin:$PATH" ;;
esac
eval "$_engine_env"
# The dev stack's passphrase is public; whoever has one of their own keeps it (docs/production.md).
if [ -z "${PULUMI_CONFIG_PASSPHRASE+set}${PULUMI_CONFIG_PASSPHRASE_FILE:-}" ]; then
  export PULUMI_CONFIG_PASSPHRASE_FILE="$_engine_root/engine/dev-passphrase"
fi
unset _engine_root _engine_env
