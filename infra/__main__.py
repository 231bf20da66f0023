"""The Pulumi program: everything is in the stack's configuration, `Pulumi.<stack>.yaml`.

What it does beside `deploy()` makes it fast for a thousand models: docs/performance.md has what each of it saves.
"""

import asyncio
import gc
import os

import pulumi

# A program lives for seconds and keeps what it makes: collecting took an eighth of its time (100 models).
gc.disable()

# The SDK calls the engine for each debug line, which only `pulumi --debug` shows.
if not os.environ.get("BASETEN_TEI_DEBUG"):
    pulumi.log.debug = lambda *_, **__: None

from baseten_tei.program.stack_exports import deploy  # noqa: E402  # after the lines that speed up importing and running it


async def main() -> None:
    """Register all resources, and let their registrations begin before the SDK looks whether there are any.

    It would find none, and look through all that waits for them instead, again and again.
    """
    deploy()
    await asyncio.sleep(0)


pulumi.run(main)
