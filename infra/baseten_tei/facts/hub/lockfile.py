"""`locks/<stack>.yaml`: each model's facts at one commit, committed and reviewed like code.

A commit of the Hub never changes, so an entry is true until somebody runs `baseten-tei lock`: a branch moves upstream
and here the model stays what it was.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import LOCK, check_format
from baseten_tei.facts.files.yaml_reader import parse_yaml
from baseten_tei.facts.files.yaml_scalars import plain_scalar
from baseten_tei.facts.hub.facts_of_repository import derive_fields
from baseten_tei.facts.hub.kept_repository import read_kept
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.loading.serde.json_text import Broken

FOLDER = "locks"
HEADER = """\
# What the Hugging Face Hub says of this stack's models. Written by `baseten-tei lock`; previews check with it, offline.
# `baseten-tei lock --check` says what moved upstream. Left out: what a repository does not have;
# `gated` where it is open, `has_tokenizer_json` where it has one.
"""
Key = tuple[str, str]
"""Model id and revision, as a spec writes them."""
LACKS_REPOSITORY = "is locked without its repository's files, which later rules judge by"
_FIX = "fix it, or delete the file and run `baseten-tei lock`"
_TEXT = "tag:yaml.org,2002:str"
_ONE_LINE = ("id2label", "label2id")
_OF_AN_ENTRY = (
    "model_id", "revision", "commit", "source", "pushed_unlocked", "gated", "license", "repository",
)  # fmt: skip
"""Fields of an entry that has its repository; the others follow from that."""


class _Line(dict[str, Any]):
    """A mapping that is shown on one line."""


class _Dumper(yaml.SafeDumper):
    """Lists and label maps on one line, fields one below the other."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quoted where it would be read as something else, e.g. `1e10`, or is not plain to see: PyYAML's own line
    separators are read as spaces."""
    resolve: Any = dumper.resolve  # PyYAML's types say nothing of it
    bare = resolve(yaml.ScalarNode, text, (True, False)) == _TEXT
    style = '"' if not text.isprintable() or (bare and plain_scalar(text) != text) else None
    return dumper.represent_scalar(_TEXT, text, style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Line, lambda d, m: d.represent_mapping("tag:yaml.org,2002:map", m, True))
_Dumper.add_representer(tuple, lambda d, t: d.represent_sequence("tag:yaml.org,2002:seq", t, True))


def lock_path(root: Path, stack: str) -> Path:
    """Return where a stack's lock file stands."""
    return root / FOLDER / f"{stack}.yaml"


def key_of(facts: ModelFacts) -> Key:
    """Return what a spec finds an entry by."""
    return facts.model_id, facts.revision


def parse_lock(text: str) -> dict[Key, ModelFacts]:
    """Return the entries of a lock file. Raises `UserError`, a line per problem, without the file's name."""
    try:
        loaded = parse_yaml(text)
    except UserError as error:
        raise UserError(f"{error.problems[0].removesuffix(': fix it')}: {_FIX}") from error
    check_format(LOCK, loaded)
    models = (loaded or {"models": []}).get("models") if isinstance(loaded or {}, Mapping) else None
    if not isinstance(models, list):
        raise UserError(f"must be a mapping with a list `models:`: {_FIX}")
    found: dict[Key, ModelFacts] = {}
    problems: list[str] = []
    for number, entry in enumerate(models, 1):
        facts = _entry(number, entry)
        if isinstance(facts, str):
            problems.append(facts)
        elif key_of(facts) in found:
            problems.append(f"holds {_name(facts)} twice: {_FIX}")
        else:
            found[key_of(facts)] = facts
    if problems:
        raise UserError(*problems)
    return found


def render_lock(facts: Iterable[ModelFacts]) -> str:
    """Return the file's text: sorted by model and revision, the same bytes for the same facts."""
    entries = sorted(facts, key=key_of)
    head = _format() if any(entry.repository for entry in entries) else {}
    models = [_entry_fields(entry) for entry in entries]
    return HEADER + yaml.dump(
        {**head, "models": models}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110
    )


def _format() -> dict[str, Any]:
    """Where an entry has its repository: the format, and a release that reads it, which is the one that writes it."""
    from baseten_tei import __version__

    return {"format": LOCK.version, "release": __version__.partition("+")[0]}


def choose_entry(before: ModelFacts | None, after: ModelFacts) -> ModelFacts:
    """Return what to write: the old entry where a new reading of the same place says the same on another day.

    What was pushed before it was locked stays so for as long as its branch is at that commit.
    """
    if before and not list_changes(before, after) and _place(before) == _place(after):
        return before
    kept = before is not None and before.pushed_unlocked and before.commit == after.commit
    return after.model_copy(update={"pushed_unlocked": True}) if kept else after


def list_changes(before: ModelFacts, after: ModelFacts) -> list[str]:
    """Return what `compare_facts` does, and that an older entry has not its repository yet."""
    more = [] if before.repository or not after.repository else [LACKS_REPOSITORY]
    return [*compare_facts(before, after), *more]


def compare_facts(before: ModelFacts, after: ModelFacts) -> list[str]:
    """Return `field: before -> after` for each field that differs, but for the source of the facts.

    Of two entries that have their repositories these are compared, of others what both have.
    """
    whole = before.repository is not None and after.repository is not None
    old, new = (_leaves(_comparable_fields(facts, whole)) for facts in (before, after))
    return [
        f"{path}: {old.get(path, 'nothing')} -> {new.get(path, 'nothing')}"
        for path in dict.fromkeys((*old, *new))
        if old.get(path, ...) != new.get(path, ...)
    ]


def _entry(number: int, entry: Any) -> ModelFacts | str:
    try:
        facts = ModelFacts.model_validate(entry)
    except ValidationError as error:
        named = entry.get("model_id") if isinstance(entry, Mapping) else None
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        return f"entry {number} ({named}): {where}: {first['msg']}: {_FIX}"
    if facts.repository is None:
        return facts
    if doubled := sorted(facts.model_fields_set.difference(_OF_AN_ENTRY)):
        return f"entry {number} ({facts.model_id}): {doubled[0]}: follows from `repository`: {_FIX}"
    return facts.model_copy(update=derive_fields(facts.repository))


def _entry_fields(facts: ModelFacts) -> dict[str, Any]:
    fields = facts.model_dump(exclude_defaults=True)
    if facts.repository is not None:
        fields = {name: fields[name] for name in _OF_AN_ENTRY if name in fields}
        kept = fields["repository"]
        fields["repository"] = kept | {"sizes": _Line(kept["sizes"])}
        if kept.get("parameters") is not None:
            fields["repository"]["parameters"] = _Line(kept["parameters"])
    return {name: _Line(fields[name]) if name in _ONE_LINE else fields[name] for name in fields}


def _comparable_fields(facts: ModelFacts, whole: bool) -> dict[str, Any]:
    """`whole`: with the repository, in place of what follows from it."""
    derived = {*ModelFacts.model_fields}.difference(_OF_AN_ENTRY) if whole else {"repository"}
    dumped = facts.model_dump(
        exclude={"model_id", "revision", "source", "pushed_unlocked", *derived}
    )
    if facts.repository is not None and whole:
        files = {name: _shown(text) for name, text in facts.repository.files.items()}
        dumped |= {**dumped.pop("repository"), "files": files}
    return {name: value for name, value in dumped.items() if value is not None}


def _shown(text: str) -> Any:
    """A file's members, or, of one that is not JSON, why."""
    value = read_kept(text)
    return value.reason if isinstance(value, Broken) else value


def _leaves(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        nested = isinstance(inner, Mapping) and bool(inner)
        found |= (
            _leaves(inner, f"{prefix}{name}.") if nested else {f"{prefix}{name}": _plain(inner)}
        )
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _place(facts: ModelFacts) -> str:
    return facts.source.partition(",")[0]


def _name(facts: ModelFacts) -> str:
    return "@".join(key_of(facts))


Lock = Mapping[tuple[str, str], ModelFacts]
"""Locked facts by model_id and revision."""


EMPTY_LOCK: Lock = MappingProxyType({})
