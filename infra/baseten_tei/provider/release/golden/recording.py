"""Decisions of `baseten-tei golden`: which texts to ask about, and the file that their answers make."""

from collections.abc import Mapping, Sequence
from typing import Any

from baseten_tei import __version__
from baseten_tei.deployment.start_command import weights_path
from baseten_tei.errors import UserError
from baseten_tei.facts.tei.router_calls import Answer, task_of
from baseten_tei.provider.release.gates.parity import pooling_of
from baseten_tei.provider.release.golden.file import GoldenFile, Recorded, Tolerances, golden_answer
from baseten_tei.provider.release.golden.texts import QUERY, TEXTS, texts_of


def questions(
    task: str, own: str | None, before: GoldenFile | None
) -> tuple[str | None, tuple[str, ...]]:
    """Return a reranker's query, and the texts: of the reader's own file, else of the last recording, else ours.

    Raises `UserError` where the reader's file holds none.
    """
    if own is not None:
        query, texts = _split(task, texts_of(own))
        if not texts:
            wanted = "a question and a text" if task == "reranker" else "a text"
            raise UserError(f"the file of --texts is short of {wanted}: write one a line")
        return query, texts
    if before is not None and before.task == task:
        return before.query, tuple(answer.text for answer in before.answers)
    return (QUERY if task == "reranker" else None), TEXTS


def _split(task: str, lines: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    return (lines[0], lines[1:]) if task == "reranker" and lines else (None, lines)


def new_golden(
    model: str,
    info: Mapping[str, Any],
    revision: str | None,
    query: str | None,
    answers: Sequence[tuple[str, Answer]],
    before: GoldenFile | None,
    pair: float | None = None,
) -> GoldenFile:
    """Return the file's content; tolerances set by hand stay. Raises `UserError` where nothing was answered.

    `pair` is the cosine of a text in a batch of equal lengths with the text alone, where they differ.
    """
    if not answers:
        raise UserError("no text was answered, so there is nothing to record")
    first = answers[0][1]
    newer: dict[str, Any] = (
        {} if pair is None else {"format": 2, "release": __version__.partition("+")[0]}
    )
    return GoldenFile(
        **newer,
        model=model,
        task=task_of(info),  # type: ignore[arg-type]  # pydantic checks the literal
        recorded=Recorded(
            model_id=str(info["model_id"]).removeprefix(weights_path("")),
            revision=info.get("model_sha") or revision,
            pooling=pooling_of(info),
            dtype=info.get("model_dtype"),
            tei_version=info.get("version"),
            dimensions=len(first) if isinstance(first, tuple) else None,
            equal_lengths=None if pair is None else "other vectors",
        ),
        tolerances=before.tolerances if before else Tolerances(),
        query=query,
        answers=tuple(golden_answer(text, value) for text, value in answers),
    )
