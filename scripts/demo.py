"""Runs `pulumi up` of the dev stack on this machine, then calls each of its models: `make demo`.

A second run pushes nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.target import parse_target

HINTS = """
The stack is up. In a shell of this folder:
  source engine/env.sh                        so that plain `pulumi` works
  pulumi stack output models --stack dev      what services read
  pulumi preview --stack dev                  after a change in Pulumi.dev.yaml: which fields, which push
  make emulator-stop                          stop the emulator (its state stays; what needs it starts it again)
  make clean                                  destroy the stack and forget its state
"""


def run_step(title: str, *command: str) -> None:
    """Show and run a command; exit with its exit code if it fails."""
    print(f"\n== {title}\n$ {' '.join(command)}", flush=True)
    code = subprocess.run(command, check=False).returncode  # fixed words below
    if code:
        print(f"`{' '.join(command)}` ended with exit code {code}", file=sys.stderr)
        sys.exit(code)


def main() -> None:
    """Bring the stack up, call its models, show its outputs."""
    os.environ["BASETEN_API_KEY"] = "emulator"  # never the reader's own key
    emulator = parse_target("emulator", os.environ.get("BASETEN_EMULATOR_PORT"))
    ensure_running(emulator.management_url, Path.cwd())  # an `up` that changes nothing needs none
    # The refresh finds an emulator whose memory was wiped; then the models are pushed again.
    up = "pulumi up --yes --skip-preview --refresh --suppress-outputs --parallel 32 --stack dev"
    run_step("The dev stack", *up.split())
    run_step("Calls with curl", "bash", "examples/call.sh")
    run_step("Calls with requests", sys.executable, "examples/call.py")
    outputs = ("-m", "baseten_tei", "outputs", "--format", "dotenv", "--stack", "dev")
    run_step("The stack's outputs for scripts", sys.executable, *outputs)
    print(HINTS)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120  # three words, not an import
    main()
