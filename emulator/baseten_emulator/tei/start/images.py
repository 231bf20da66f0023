"""Container images and GPUs: what a tag was compiled for, what a machine has, and whether they match.

Source: TEI's `backends/candle/src/compute_cap.rs` (tags v1.8.3, v1.9.0) and its README's image table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.outcome import BootError
from baseten_emulator.tei.versions import BLACKWELL, Version, parse_version

COMPILED_FOR = {"turing": 75, "": 80, "86": 86, "89": 89, "hopper": 90, "100": 100, "120": 120}
_TAG = re.compile(
    r"(?:(?P<variant>cpu|cpu-arm64|cuda|turing|hopper|86|89|100|120|121)-)?"
    r"(?P<version>\d+\.\d+(?:\.\d+)?|latest)(?P<grpc>-grpc)?"
)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_ARM = ("cpu-arm64", "121")
"""Images for ARM alone (TEI .github/workflows/matrix.json)."""
GPUS = {
    "V100": (70, 16), "T4": (75, 16), "A100": (80, 80), "A100_40GB": (80, 40), "A10G": (86, 24),
    "L4": (89, 24), "L40S": (89, 48), "H100": (90, 80), "H100_40GB": (90, 40), "H100MIG": (90, 40),
    "H200": (90, 141), "B200": (100, 180), "B300": (103, 288), "GB300": (103, 288),
    "RTX_PRO_6000": (120, 96),
}  # fmt: skip
"""Compute capability and memory (GB of 10^9 bytes) of each, by NVIDIA's pages."""


@dataclass(frozen=True)
class Image:
    """A TEI image: `variant` is the tag's prefix without its dash ("" is Ampere 8.0)."""

    variant: str
    version: Version
    grpc: bool

    @property
    def has_cuda(self) -> bool:
        """Compiled for a GPU."""
        return self.variant != "cpu"


def parse_image(reference: str) -> Image:
    """Return the `Image` of a reference. Raises BootError for a tag that TEI does not publish."""
    tagged = _DIGEST.sub("", reference)  # a tag beside a digest says which release it is
    name, _, tag = tagged.rpartition(":")
    match = _TAG.fullmatch(tag)
    if not name or match is None or "text-embeddings-inference" not in name:
        raise BootError(
            f"emulator: image {reference!r} has no release tag of Text Embeddings Inference"
        )
    image = Image(match["variant"] or "", parse_version(match["version"]), bool(match["grpc"]))
    if image.variant in _ARM:
        raise BootError("exec format error")
    if image.variant in ("100", "120") and image.version < BLACKWELL:
        raise BootError(f"manifest for {reference} not found: manifest unknown")
    return image


def runtime_gpu(resources: Mapping[str, Any]) -> str | None:
    """Return the GPU of the machine that `resources` asks for, e.g. "L4"; None: no GPU. Raises BootError.

    An `instance_type` such as `L4:4x16` or `T4x4x16` overrides the accelerator, as on Baseten.
    """
    wanted = str(resources.get("instance_type") or resources.get("accelerator") or "")
    gpu = re.sub(r"(?<=\w)x\d+x\d+$", "", wanted.split(":")[0]).replace("-", "_")
    if not gpu or gpu == "CPU" or re.fullmatch(r"\d+x\d+", gpu):
        return None
    if gpu not in GPUS:
        raise BootError(f"emulator: unknown GPU {wanted!r}; known: {', '.join(GPUS)}")
    return gpu


def compute_cap_of(gpu: str | None) -> int | None:
    """Return the compute capability of a known GPU, e.g. 89; None for none."""
    return GPUS[gpu][0] if gpu else None


def compute_cap_matches(runtime: int, compiled: int, version: Version) -> bool:
    """Return whether a binary runs on a GPU, by TEI's own table."""
    if compiled == 80:
        return 80 <= runtime <= 89
    if compiled == 86:
        return 86 <= runtime <= 89
    if compiled in (100, 120) and version < BLACKWELL:
        return False
    return runtime == compiled


def check_compute_cap(runtime: int, compiled: int, version: Version) -> None:
    """Refuse a GPU that the binary was not compiled for. Raises BootError in TEI's words."""
    if not compute_cap_matches(runtime, compiled, version):
        raise backend_failure(
            f"Runtime compute cap {runtime} is not compatible with compile time compute cap"
            f" {compiled}"
        )


def backend_failure(reason: str) -> BootError:
    """Return what the router logs when candle cannot load the model."""
    return BootError(
        f"ERROR text_embeddings_backend: Could not start Candle backend:"
        f" Could not start backend: {reason}",
        "Error: Could not create backend",
        "",
        "Caused by:",
        "    Could not start backend: Could not start a suitable backend",
        exit_code=1,
    )
