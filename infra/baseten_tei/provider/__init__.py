"""A native Pulumi provider for what Baseten's management API owns: models, environments, secrets.

Found by the engine as `pulumi-resource-baseten`. Each resource is a module of plain functions over plain
dictionaries; `engine` speaks Pulumi's protocol for them, `servicer` tells their errors in one line, and
`inputs` holds the types that checks and the package schema are made of.
"""

PACKAGE = "baseten"
