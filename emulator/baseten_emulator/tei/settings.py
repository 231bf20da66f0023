"""A running router's settings: flags and facts, after every default and override."""

from dataclasses import dataclass, field

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.memory import Memory
from baseten_emulator.tei.versions import Version


@dataclass(frozen=True)
class Settings:
    """One router's effective settings; the names are `/info`'s where it has one."""

    version: Version
    facts: ModelFacts
    model_id: str
    model_sha: str | None
    model_dtype: str
    served_model_name: str
    pooling: str
    max_concurrent_requests: int
    max_input_length: int
    max_batch_tokens: int
    max_batch_requests: int | None
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    payload_limit: int = 2_000_000
    api_key: str | None = field(default=None, repr=False)
    default_prompt: str | None = None
    cors_origins: tuple[str, ...] = ()
    trained_pooling: str = ""
    """What the model's own files say, whatever the flag does; "" on classifiers and rerankers."""
    revision: str = ""
    """The weights' branch or commit where it is not what `main` is; "" where it is."""
    noise: int | None = None
    """A number that goes up with each request: computing in batches is noisy. None: it is not."""
    memory: Memory | None = None
    """What the GPU has room for; None: whatever is asked."""
    answers_similarity: bool = False
    """`TASK=sentence-similarity`: what `POST /` and `/invocations` serve on an embedder."""
