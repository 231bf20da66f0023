"""Pulumi starts the resources of Baseten by this."""

from baseten_tei.provider.__main__ import main

main()
