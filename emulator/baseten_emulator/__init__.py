"""An embedded Baseten: enough of the real service to push, promote and call models on loopback.

The control plane speaks Baseten's GraphQL (what `truss push` uses), its management REST API, an S3 upload and the
inference gateway, all on one port. The data plane (`baseten_emulator.tei`) answers as Text Embeddings Inference does.
Start it with `python -m baseten_emulator`; from a test: `App(World()).handle(Request("GET", "/v1/models", ...))`.
`emulator/DIFFERENCES.md` says how it differs from the real service.
"""
