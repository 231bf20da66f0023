"""The push step: `python -m baseten_tei.push`, run by pulumi-command, config on stdin.

The ids go to stdout as soon as truss has told them: one JSON line under 1 KB. No secret is in any input; the
API key comes from the process environment. The push itself (`pushing`) runs in a fork of a process that has
truss loaded, which all pushes of an `up` share, and in this process where there is none. Both end with the engine.
"""

import gc
import os
import sys

from baseten_tei.baseten.processes.starter import (
    end_in_order,
    end_quietly_when_interrupted,
    engine_gone,
    watch,
)
from baseten_tei.push import client


def main() -> int:
    """Read a job, have it done, print its result."""
    config = sys.stdin.read()
    outcome = client.push_by_server(config)
    if outcome is None:
        gc.disable()  # a push is all imports: collecting takes a tenth of it (measured, truss 0.18.35)
        import psutil  # noqa: F401  # here, not by the thread that watches: truss runs in a fork, which would wait for it

        from baseten_tei.push import push

        outcome = push.run_push(config)
    print(outcome.stderr, end="", file=sys.stderr)
    print(outcome.stdout, end="", flush=True)
    return outcome.code


if __name__ == "__main__":
    end_quietly_when_interrupted()
    watch(engine_gone(os.environ), end_in_order)
    sys.exit(main())
