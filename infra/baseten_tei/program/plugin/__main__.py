"""`pulumi-resource-baseten-tei ENGINE_ADDRESS`: serves the components to the engine until it goes."""

from baseten_tei.program.plugin.servicer import ComponentServicer
from baseten_tei.provider.__main__ import serve


def main() -> None:
    """Serve."""
    serve(ComponentServicer)


if __name__ == "__main__":
    main()
