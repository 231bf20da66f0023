"""Executes a notebook in this folder and prints it as JSON: run in the environment of examples/notebook."""

import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, resources={"metadata": {"path": "."}}).execute()
print(nbformat.writes(notebook))
