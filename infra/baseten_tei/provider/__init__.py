"""A native Pulumi provider for what Baseten's management API owns: models, environments, secrets.

Found by the engine as `pulumi-resource-baseten`. Each resource is a module of plain functions over plain
dictionaries; `engine` is the only one that speaks Pulumi's protocol.
"""
