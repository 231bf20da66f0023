"""What the router of a spec makes of the locked repository: the one reading that all rules share."""

from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.hardware import hardware_of
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.flags import environment_name, split_flags
from baseten_tei.facts.tei.gpus import is_known
from baseten_tei.facts.tei.images import Image, image_for
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.locked_files import files_of
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs

Reading = Loaded | Refusal
_DTYPES = ("float16", "float32")
_DENSE_PATH = "dense-path"


def find_files(args: ModelArgs, facts: ModelFacts) -> RepositoryFiles:
    """Return the repository as the router finds it."""
    return files_of(facts, is_local=args.weights != "download")


def read_repository(args: ModelArgs, facts: ModelFacts) -> Reading | None:
    """Return what the router loads, or why it does not start; `None` where no image runs on the GPU of the spec."""
    hardware = find_hardware(args)
    if hardware is None:
        return None
    return load_repository(find_files(args, facts), args.tei_version, hardware, find_flags(args))


def task_of(reading: Reading | None) -> TaskReading | None:
    """Return the task that the router loads, or was about to load; `None` where it does not come so far.

    Without a pooling that it knows, it was about to load an embedding.
    """
    if isinstance(reading, Loaded):
        return reading.task
    if reading is not None and reading.step == "pooling":
        return TaskReading("embedding")
    return None if reading is None else reading.task


def find_hardware(args: ModelArgs) -> Hardware | None:
    """Return the image that is taken for a GPU, and that GPU; `None` for one without an image."""
    accelerator = accelerator_of(args)
    if not is_known(accelerator):
        return None
    has_image = isinstance(image_for(accelerator, args.tei_version), Image)
    return hardware_of(accelerator, args.env) if has_image else None


def find_flags(args: ModelArgs) -> ReadingFlags:
    """Return what of the command line decides how the repository is read."""
    embedding = args if isinstance(args, EmbeddingArgs) else None
    further = dict(split_flags(args.extra_flags))
    return ReadingFlags(
        pooling=embedding.pooling if embedding else None,
        dtype=args.dtype if args.dtype in _DTYPES else None,  # another is a rule's own finding
        dense_path=further.get(_DENSE_PATH) or args.env.get(environment_name(_DENSE_PATH)),
        default_prompt_name=embedding.default_prompt_name if embedding else None,
        max_batch_tokens=args.max_batch_tokens,
        auto_truncate=args.auto_truncate,
    )
