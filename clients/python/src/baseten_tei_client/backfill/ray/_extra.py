"""Says which extra is missing, before the modules that need it are imported."""

from baseten_tei_client.backfill._errors import missing_extra

try:
    import ray.data  # noqa: F401  # only whether it is there
except ImportError as error:
    raise missing_extra("Ray Data", "ray") from error
