"""The Pulumi program: everything is in the stack's configuration, `Pulumi.<stack>.yaml`."""

import gc

# A program lives for seconds and keeps what it makes: collecting took an eighth of its time (100 models, measured).
gc.disable()

from baseten_tei.stack import deploy  # noqa: E402  # after the line that speeds up importing it

deploy()
