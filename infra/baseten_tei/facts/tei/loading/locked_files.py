"""A locked model's repository, as the router would find it."""

from baseten_tei.facts.hub.kept_repository import read_kept
from baseten_tei.facts.hub.model_facts import KeptRepository, ModelFacts
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.old_locks import files_of_old_lock
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles


def files_of(facts: ModelFacts, is_local: bool = True) -> RepositoryFiles:
    """Return the files that a lock keeps; `is_local`: Baseten mounts them, the router does not download them."""
    kept = facts.repository
    return files_of_old_lock(facts, is_local) if kept is None else _files(kept, is_local)


def _files(kept: KeptRepository, is_local: bool) -> RepositoryFiles:
    return RepositoryFiles(
        {name: read_kept(text) for name, text in kept.files.items()},
        frozenset((*kept.files, *kept.sizes)),
        None if kept.tensors is None else Tensors.from_rows(kept.tensors),
        is_local=is_local,
    )
