"""The machine under a container, as far as the backend asks: GPU, its memory, flash attention.

Source: `use_flash_attn` in `backends/candle/src/lib.rs`; the Turing image switches it off through
USE_FLASH_ATTENTION ("precision issues").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from baseten_emulator.tei.start.families import Family
from baseten_emulator.tei.start.images import GPUS, Image


@dataclass(frozen=True)
class Machine:
    """`compute_cap` is None where there is no GPU, `compiled` where the image has no CUDA."""

    image: Image
    gpu: str | None = None
    compute_cap: int | None = None
    compiled: int | None = None
    environment: Mapping[str, str] | None = None

    @property
    def on_gpu(self) -> bool:
        """Whether candle computes on the GPU."""
        return self.compute_cap is not None and self.compiled is not None

    @property
    def vram_bytes(self) -> int | None:
        """The memory of the one GPU that TEI uses (`Device::new_cuda(0)`), however many there are."""
        return GPUS[self.gpu][1] * 10**9 if self.gpu and self.on_gpu else None

    def runs_flash(self, family: Family, dtype: str) -> bool:
        """Return whether this model runs unpadded here, on flash attention."""
        is_turing = self.compiled == 75
        default = "False" if is_turing else "True"
        switch = (self.environment or {}).get("USE_FLASH_ATTENTION", default)
        kernel = "v1" if is_turing else "v2"
        is_on = switch.lower() == "true" and self.on_gpu
        return is_on and dtype == "float16" and kernel in family.flash
