"""The backend's own start: weights, candle's second reading of `config.json`, the model itself.

Source: `backends/src/lib.rs` (`init_backend`), `backends/candle/src/lib.rs` (`CandleBackend::new`) and
`backends/ort/src/lib.rs` at v1.6.0 to v1.9.3.
"""

from dataclasses import dataclass

from baseten_emulator.tei.memory import OUT_OF_MEMORY
from baseten_emulator.tei.outcome import startup_error
from baseten_emulator.tei.start.candle_config import read_candle_config
from baseten_emulator.tei.start.detection import Detected
from baseten_emulator.tei.start.families import Family, family_of
from baseten_emulator.tei.start.images import backend_failure, check_compute_cap
from baseten_emulator.tei.start.loading import Built, check_model
from baseten_emulator.tei.start.machine import Machine
from baseten_emulator.tei.start.repository import NO_SUCH_FILE, Repository
from baseten_emulator.tei.versions import Version

CANDLE_CPU_REQUESTS = 4
ORT_REQUESTS = 8


@dataclass(frozen=True)
class Backend:
    """What the router learns of its backend. `family` is None under ONNX Runtime."""

    padded: bool
    max_batch_requests: int | None
    family: Family | None


@dataclass(frozen=True)
class BackendModel:
    """What the router hands to its backend."""

    repository: Repository
    detected: Detected
    dtype: str
    is_local: bool


def start_backend(model: BackendModel, machine: Machine, log: list[str]) -> Backend:
    """Start the first backend that takes the model: ONNX Runtime on the CPU image, then candle. Raises BootError."""
    if not machine.image.has_cuda:
        refusal = _ort_refuses(model)
        if refusal is None:
            return Backend(padded=True, max_batch_requests=ORT_REQUESTS, family=None)
        log.append(f"ERROR Could not start ORT backend: Could not start backend: {refusal}")
    if not model.is_local:
        _download_weights(model.repository)
    return _candle(model, machine, log)


def _ort_refuses(model: BackendModel) -> str | None:
    if model.dtype != "float32":
        return f"Dtype {model.dtype} is not supported for `ort`, only float32."
    if model.detected.pooling == "splade":
        return "Pooling splade is not supported for `ort`, use `candle` instead."
    if any(model.repository.has(name) for name in ("model.onnx", "onnx/model.onnx")):
        return None
    return "Load model from onnx/model.onnx failed: File doesn't exist"


def _download_weights(repository: Repository) -> None:
    """Refuse weights in a form that TEI does not read: its last try is `pytorch_model.bin`."""
    if not any(map(repository.has, ("model.safetensors", "model.safetensors.index.json",
                                    "pytorch_model.bin"))):  # fmt: skip
        url = f"https://huggingface.co/{repository.repo_id}/resolve/main/pytorch_model.bin"
        raise startup_error(
            "Could not create backend",
            "Weights not found: request error: HTTP status client error (404 Not Found)"
            f" for url ({url})",
        )


def _candle(model: BackendModel, machine: Machine, log: list[str]) -> Backend:
    repository, config = model.repository, model.repository.files["config.json"]
    version = machine.image.version
    _check_weight_files(repository)
    fields = read_candle_config(config, version)
    _choose_device(machine, version, log)
    family = family_of(config)
    flash = machine.runs_flash(family, model.dtype)
    if (vram := machine.vram_bytes) and repository.weights.bytes_loaded_as(model.dtype) > vram:
        raise backend_failure(OUT_OF_MEMORY)
    check_model(
        Built(family, fields, flash), model.repository, model.detected, model.dtype, machine
    )
    kind = f"Flash{family.title}" if flash else family.title
    device = "Cuda(CudaDevice(DeviceId(1)))" if machine.on_gpu else "Cpu"
    log.append(f"INFO Starting {kind} model on {device}")
    forced = None if machine.on_gpu else CANDLE_CPU_REQUESTS
    return Backend(padded=not flash, max_batch_requests=forced, family=family)


def _check_weight_files(repository: Repository) -> None:
    """Require one file, or an index and every shard of it; candle ignores ONNX files."""
    if repository.has("model.safetensors") or repository.has("pytorch_model.bin"):
        return
    if not repository.has("model.safetensors.index.json"):
        raise backend_failure(NO_SUCH_FILE)
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for shard in shards:
        if not repository.has(shard):
            raise backend_failure(f'path: "{shard}" {NO_SUCH_FILE}')


def _choose_device(machine: Machine, version: Version, log: list[str]) -> None:
    if machine.compute_cap is not None and machine.compiled is not None:
        check_compute_cap(machine.compute_cap, machine.compiled, version)
    elif machine.image.has_cuda:
        log.append("WARN Could not find a compatible CUDA device on host: CUDA is not available")
        log.append("WARN Using CPU instead")
