"""The data plane: a model server that behaves as Text Embeddings Inference does.

`boot(config, secrets)` reads a Truss config as the container would and gives a `Router`, whose
`handle` answers HTTP requests in process, or a `BootFailure` with the log of a server that died.
Routes, statuses, headers and error bodies follow the TEI version in the image tag; vectors and
scores come from an honest toy model (`vectors`, `scores`).
"""

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.outcome import BootFailure, Response
from baseten_emulator.tei.start.boot import boot
from baseten_emulator.tei.start.repository import WEIGHT_FILES, Repository

__all__ = ["WEIGHT_FILES", "BootFailure", "ModelFacts", "Repository", "Response", "Router", "boot"]
