"""A repository as the router sees it: JSON files that were read, the names of all, and the tensors of its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.refusals import Step, refuse
from baseten_tei.facts.tei.loading.serde.json_text import Broken, read_json
from baseten_tei.facts.tei.loading.serde.values import Known, read_struct
from baseten_tei.facts.tei.loading.serde.words import SerdeError

CONFIG, POOLING, MODULES = "config.json", "1_Pooling/config.json", "modules.json"
PROMPTS, TOKENIZER = "config_sentence_transformers.json", "tokenizer.json"
TOKENIZER_CONFIG, INDEX = "tokenizer_config.json", "model.safetensors.index.json"
LENGTHS = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
"""TEI takes the first of these that is there (core/src/download.rs:7)."""
NO_SUCH_FILE = "No such file or directory (os error 2)"


@dataclass(frozen=True)
class RepositoryFiles:
    """One repository. A file that is in `names` but not in `json` was not read; nothing is said of what is in it."""

    json: Mapping[str, Any]
    names: frozenset[str] = frozenset()
    tensors: Tensors | None = None
    """Of the weight files that candle opens; `None` where nobody looked."""
    known: Known = None
    """Members of config.json that are in `json` if they are in the file; `None`: all of them."""
    is_local: bool = True
    """A folder that is mounted or was cloned; else the router downloads from the Hub."""

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        return name in self.names or name in self.json

    def read(self, name: str, struct: str, release: str, step: Step) -> dict[str, Any] | None:
        """Return a file read as a struct; `None` where it is not there. Raises RefusedError."""
        if name not in self.json:
            return None
        context = f"Failed to parse `{name}`"
        value = self.json[name]
        if isinstance(value, Broken):
            raise refuse(step, value.reason, context)
        try:
            return read_struct(struct, value, release)
        except SerdeError as error:
            raise refuse(step, str(error), context, about=error.field) from error


def read_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return small files, from their texts, as `RepositoryFiles` wants them."""
    return {name: read_json(text) for name, text in texts.items()}
