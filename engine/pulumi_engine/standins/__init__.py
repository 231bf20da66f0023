"""Stand-ins for the official language host and Command plugin, for machines that cannot have them.

Started by the wrappers that `python -m pulumi_engine setup` writes, with the project's Python.
"""
