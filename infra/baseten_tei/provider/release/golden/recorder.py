"""Records golden vectors: asks what a model's environment serves, and writes its file.

The decisions are in `recording`; the command is `golden`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from baseten_tei.baseten.endpoints import endpoint_templates
from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.baseten.target import Target
from baseten_tei.errors import UserError
from baseten_tei.facts.tei.router_calls import (
    Answer,
    build_call,
    parse_answer,
    parse_vector,
    task_of,
)
from baseten_tei.project import generated_files
from baseten_tei.project.golden_files import golden_path, read_golden
from baseten_tei.provider.release.gates.smoke import (
    PAIRED,
    differs,
    name_difference,
    pair_call,
)
from baseten_tei.provider.release.golden.file import GoldenFile, parse_golden, render_golden
from baseten_tei.provider.release.golden.recording import new_golden, questions

WAIT_SECONDS = 600.0
"""For a version that is scaled to zero to wake: the call itself waits then, and is not refused."""
REFUSED_SECONDS = 30.0
"""For a model that refuses to answer: what serves since long is not about to come up."""

Outputs = Mapping[str, Any]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Recorder:
    """Records models of one stack; `own` is the content of the reader's own file of texts."""

    root: Path
    stack: str
    target: Target
    api_key: str = field(repr=False)
    revisions: Mapping[str, str]
    """Revision by config digest: what served is from another spec has another digest."""
    patience: Patience
    own: str | None = None
    begin: Callable[[], None] = lambda: None
    """Called before the model is asked, when its file is known to be good: an emulator may have to be started."""

    def record(self, name: str, outputs: Outputs) -> list[str]:
        """Write a model's golden file: what there is to say of it. Raises `UserError`."""
        path = golden_path(self.stack, name)
        before = self._before(path)
        self.begin()
        url = self._url(outputs)
        info = self._patiently(lambda seconds: router_info(url, self.api_key, seconds))
        query, texts = questions(task_of(info), self.own, before)
        answers, refused = self._answers(url, task_of(info), query, texts)
        revision = self.revisions.get(outputs.get("config_digest", ""))
        pair = self._ask_pair(url, info)
        golden = new_golden(name, info, revision, query, answers, before, pair)
        changed = generated_files.write_if_changed(self.root / path, render_golden(golden))
        told = f"{'wrote' if changed else 'unchanged:'} {path} ({len(answers)} texts)"
        accepted = [] if pair is None else [f"  accepted: it {name_difference(pair)}"]
        return [
            told,
            *accepted,
            *(f"  left out, the model does not take it: {text}" for text in refused),
        ]

    def _before(self, path: str) -> GoldenFile | None:
        content = read_golden(self.root, path)
        try:
            return parse_golden(content) if content is not None else None
        except UserError as error:
            raise UserError(*(f"{path}: {problem}" for problem in error.problems)) from error

    def _url(self, outputs: Outputs) -> str:
        """Of the environment, on the stack's own target: the key goes nowhere else."""
        urls = endpoint_templates(self.target, outputs["environment"], outputs["task"])
        return urls["sync_url"].format(model_id=outputs["baseten_id"]).removesuffix("/sync")

    def _answers(
        self, url: str, task: str, query: str | None, texts: Sequence[str]
    ) -> tuple[list[tuple[str, Answer]], list[str]]:
        """Each text with its answer, and the beginnings of texts that the router refuses as too long."""
        answers: list[tuple[str, Answer]] = []
        refused: list[str] = []
        for text in texts:
            call = build_call(task, [text], query)
            ask = partial(router_post, url, call.route, call.body, self.api_key)
            try:
                answers.append((text, parse_answer(task, self._patiently(ask))))
            except ModelCallError as error:
                if error.status not in (413, 422):
                    raise
                refused.append(f"{text[:40]}…")
        return answers, refused

    def _ask_pair(self, url: str, info: Mapping[str, Any]) -> float | None:
        """The cosine of a text twice in one request with the text alone, where they differ."""
        pair = pair_call(info) if task_of(info) == "embedding" else None
        if pair is None:
            return None
        alone, both = (
            self._patiently(partial(router_post, url, call.route, call.body, self.api_key))
            for call in (build_call("embedding", [PAIRED]), pair)
        )
        return differs(parse_vector(alone), both)

    def _patiently(self, ask: Callable[[float], _T]) -> _T:
        began = self.patience.clock()

        def ask_long(_: float) -> _T:
            return ask(WAIT_SECONDS)

        return self.patience.ask(ask_long, began + REFUSED_SECONDS)
