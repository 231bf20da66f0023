"""A search over one's own documents: `python -m search_service index`, then `python -m search_service serve`.

settings, documents   what it is given: the outputs of its Pulumi stack, a file of texts
index                 documents, vectors, and the space they are of, in one SQLite file
models, indexing, searching   the three models, and what is done with them
serving               which index and models are served now: it follows the settings and the index's file
web, page/            the answers over HTTP, and the page that asks
"""
