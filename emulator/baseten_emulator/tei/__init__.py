"""The data plane: a model server that behaves as Text Embeddings Inference does.

`start.boot.start_container` reads a Truss config as the container would and returns a `Router`, whose `handle`
answers HTTP requests in process, or a `BootFailure` with the log of a server that died. Routes, statuses, headers and
error bodies follow the TEI version in the image tag; vectors and scores come from an honest toy model.
"""
