"""The Pulumi program: everything is in the stack's configuration, `Pulumi.<stack>.yaml`."""

from baseten_tei import deploy

deploy()
