"""The machine under a router, as far as candle asks: what the image was compiled for, the GPU, flash attention."""

from dataclasses import dataclass
from functools import cache

from baseten_tei.facts.tei.releases import TABLE, rows_of


@dataclass(frozen=True)
class Hardware:
    """`compiled` is `None` for the CPU image, `gpu` where there is no GPU, or none that the driver shows."""

    compiled: int | None = None
    gpu: int | None = None
    use_flash: bool = True
    """USE_FLASH_ATTENTION; the Turing image sets it to False."""

    @property
    def on_gpu(self) -> bool:
        """Runs on a GPU; an image for GPUs without one falls back to the CPU, with a warning."""
        return self.compiled is not None and self.gpu is not None

    @property
    def has_onnx(self) -> bool:
        """The CPU image tries ONNX Runtime before candle; the others have candle alone."""
        return self.compiled is None

    @property
    def flash(self) -> int | None:
        """The version of flash attention: 1 on Turing, 2 from Ampere on; `None` without."""
        if not self.on_gpu or not self.use_flash or self.compiled is None:
            return None
        return 1 if self.compiled == 75 else 2

    @property
    def default_dtype(self) -> str:
        """Without `--dtype` (backends/src/dtype.rs:38)."""
        return "float32" if self.has_onnx else "float16"

    def mismatch(self, release: str) -> str | None:
        """Return why candle refuses the GPU, in its own words; `None` where it takes it."""
        if self.compiled is None or self.gpu is None:
            return None
        least, most = _table(release).get(self.compiled, (0, -1))
        if least <= self.gpu <= most:
            return None
        return f"Runtime compute cap {self.gpu} is not compatible with compile time compute cap {self.compiled}"


@cache
def _table(release: str) -> dict[int, tuple[int, int]]:
    """Compute capability that an image was compiled for → the first and the last that it runs on."""
    rows = rows_of(TABLE["images"], release)
    return {row["compiled"]: tuple(row["runs_on"]) for row in rows if "compiled" in row}
