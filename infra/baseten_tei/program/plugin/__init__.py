"""`Embedding`, `Reranker` and `Classifier` for every language: the package `baseten-tei`.

Found by the engine as `pulumi-resource-baseten-tei`. One plugin is all that a program needs: it constructs the
components, and it is also the provider of the resources that are in them.
"""

PACKAGE = "baseten-tei"
