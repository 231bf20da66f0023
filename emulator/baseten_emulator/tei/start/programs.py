"""Which programs an image holds, and for which compute capability each was compiled.

Source: the Dockerfiles and `cuda-all-entrypoint.sh` at v1.6.0, v1.8.3, v1.9.0 and v1.9.1.
"""

from baseten_emulator.tei.outcome import BootError
from baseten_emulator.tei.start.images import COMPILED_FOR, Image
from baseten_emulator.tei.versions import BLACKWELL, ENTRYPOINT_IN_EVERY_CUDA_IMAGE

_ROUTER, _ENTRYPOINT = "text-embeddings-router", "entrypoint.sh"


def check_program(image: Image, program: str) -> None:
    """Refuse a program that is not in the image, or does not speak HTTP. Raises BootError."""
    if image.grpc:
        raise BootError("emulator: a -grpc image does not serve HTTP; use the tag without -grpc")
    if program not in _programs(image):
        raise BootError(f"sh: 1: {program}: not found")


def find_compiled_cap(image: Image, program: str, runtime: int | None) -> int | None:
    """Return the compute capability of the binary that `program` runs; None without CUDA. Raises BootError."""
    if program == _ENTRYPOINT and runtime is None:
        raise BootError("Error: 'nvidia-smi' command not found.")
    if image.variant != "cuda":
        return COMPILED_FOR.get(image.variant)
    if program != _ENTRYPOINT:
        return int(program.rpartition("-")[2])
    wanted = 80 if runtime is not None and 80 <= runtime < 90 else runtime
    if wanted not in _all_in_one(image):
        raise BootError(f"cuda compute cap {runtime} is not supported")
    return wanted


def _programs(image: Image) -> set[str]:
    if image.variant == "cuda":
        return {_ENTRYPOINT, *(f"{_ROUTER}-{cap}" for cap in _all_in_one(image))}
    if image.has_cuda and image.version >= ENTRYPOINT_IN_EVERY_CUDA_IMAGE:
        return {_ROUTER, _ENTRYPOINT}
    return {_ROUTER}


def _all_in_one(image: Image) -> tuple[int, ...]:
    return (75, 80, 90, 100, 120) if image.version >= BLACKWELL else (75, 80, 90)
