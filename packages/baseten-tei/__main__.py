"""Pulumi starts the components by this."""

from baseten_tei.program.plugin.__main__ import main

main()
