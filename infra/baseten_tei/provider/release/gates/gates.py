"""Release gates: what a version has to show before it gets traffic.

`/info` says what was asked for; one real call computes; and where the model has golden vectors, its answers are
theirs. Who asks, the clock and the golden file are arguments: nothing here does I/O.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from baseten_tei.baseten.endpoints import deployment_url
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.baseten.router_info import Wanted, contradictions, info_problems
from baseten_tei.baseten.target import Target
from baseten_tei.errors import UserError
from baseten_tei.facts.tei.router_calls import Answer, Vector, build_call, parse_answer, task_of
from baseten_tei.provider.release.gates.candidate import Asking, Candidate, RefusedVersionError
from baseten_tei.provider.release.gates.smoke import (
    differs,
    first_vector,
    name_difference,
    pair_call,
    probe_call,
    probe_facts,
    smoke_call,
    smoke_facts,
    unsupported_problems,
)

if TYPE_CHECKING:
    from baseten_tei.provider.release.golden.file import GoldenFile

__all__ = ["Asking", "Gates", "RefusedVersionError"]

ReadGolden = Callable[[Mapping[str, str]], bytes]
"""`{"path", "digest"}` -> the file's content. Raises `UserError`."""


def _refuse(candidate: Candidate, problems: list[str]) -> None:
    if problems:
        raise candidate.refusal("; ".join(problems))


def _ask_again(
    candidate: Candidate, golden: "GoldenFile", text: str, info: Mapping[str, Any]
) -> Answer:
    """Return the answer to a golden text; one that this version takes no longer is refused with what to write."""
    call = build_call(golden.task, [text], golden.query)
    try:
        return candidate.answer(call, partial(parse_answer, golden.task))
    except RefusedVersionError as error:
        too_long = isinstance(error.__cause__, ModelCallError) and error.__cause__.is_too_long
        if not too_long or info.get("auto_truncate", True):
            raise
        most = info.get("max_input_length")
        raise candidate.refusal(
            f"does not cut long texts (auto_truncate: false), and a golden text has more than {most} tokens "
            f"({error.__cause__}): write auto_truncate: true, or write new_space: true and record again with "
            f"`baseten-tei golden {golden.model}`, which leaves such texts out"
        ) from error


def _ask_pair(candidate: Candidate, info: Mapping[str, Any], alone: Vector | None) -> float | None:
    """The cosine of a text in a batch of equal lengths with the same text alone, where they differ."""
    call = pair_call(info) if alone else None
    return candidate.answer(call, partial(differs, alone)) if call and alone else None


class Gates:
    """The gates of one Baseten, with their surroundings as arguments."""

    def __init__(
        self,
        target: Target,
        asking: Asking,
        read_golden: ReadGolden,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._target = target
        self._asking = asking
        self._read_golden = read_golden
        self._warn = warn

    def check(
        self, inputs: Mapping[str, Any], model_id: str, version_id: str, seconds: float
    ) -> dict[str, Any]:
        """Let a version pass within `seconds`: its `max_input_length`, an embedding's `dimensions` and `fingerprint`.

        A pinned version only has to compute. Raises `RefusedVersionError`, or `UserError` where it cannot be asked.
        """
        url = deployment_url(self._target, model_id, version_id)
        deadline = self._asking.patience.clock() + seconds
        candidate = Candidate(inputs["model"], version_id, url, deadline, self._asking)
        info, pinned = candidate.info(), inputs.get("deployment")
        expected = None if pinned else inputs.get("expected")
        wanted = Wanted(**expected) if expected else None
        _refuse(candidate, info_problems(info, wanted) if wanted else [])
        _refuse(candidate, unsupported_problems(info))
        facts, alone = self._check_call(candidate, info)
        _refuse(candidate, contradictions(facts, wanted.locked) if wanted else [])
        if not pinned:
            self._compare(inputs, candidate, info, _ask_pair(candidate, info, alone))
        return {"max_input_length": info.get("max_input_length"), **facts}

    def _check_call(
        self, candidate: Candidate, info: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Vector | None]:
        """Return what one real call shows, and the first probe's vector.

        A space without a fingerprint is not refused.
        """
        task, smoke = task_of(info), smoke_call(info)
        read = partial(smoke_facts, task, smoke)
        if task != "embedding":
            return candidate.answer(smoke, read), None
        probes = probe_call(info)
        try:
            return candidate.answer(probes, lambda it: (probe_facts(probes, it), first_vector(it)))
        except RefusedVersionError as error:
            facts = candidate.answer(smoke, read)
            self._warn(
                f"model {candidate.model!r}: no fingerprint was taken of its embedding space "
                f"({error.__cause__}), so it can be compared by name only"
            )
            return facts, None

    def _compare(
        self,
        inputs: Mapping[str, Any],
        candidate: Candidate,
        info: Mapping[str, Any],
        pair: float | None,
    ) -> None:
        """Refuse a version that does not answer as the golden vectors say; warn of a pair that no file speaks of."""
        is_compared = inputs.get("golden") and not inputs.get("new_space")
        if pair is not None and not is_compared:
            said = f"deployment {candidate.version_id} {name_difference(pair)}"
            self._warn(f"model {candidate.model!r}: {said}")
        if inputs.get("golden"):
            self._compare_golden(inputs, candidate, info, pair)

    def _compare_golden(
        self,
        inputs: Mapping[str, Any],
        candidate: Candidate,
        info: Mapping[str, Any],
        pair: float | None,
    ) -> None:
        path = inputs["golden"]["path"]
        if inputs.get("new_space"):
            self._asking.patience.tell(f"new_space: true, so {path} is not compared")
            return
        from baseten_tei.provider.release.gates.parity import (
            find_change,  # pydantic: 0.1 s that most releases do without
        )

        golden = self._golden(inputs)
        if pair is not None and not golden.recorded.equal_lengths:
            raise candidate.refusal(
                f"{name_difference(pair)}; or, to accept it, record again with `baseten-tei golden {golden.model}`"
            )
        answers = [_ask_again(candidate, golden, it.text, info) for it in golden.answers]
        if problem := find_change(golden, answers, info):
            raise candidate.refusal(problem)

    def _golden(self, inputs: Mapping[str, Any]) -> "GoldenFile":
        from baseten_tei.provider.release.golden.file import parse_golden

        content = self._read_golden(inputs["golden"])
        try:
            return parse_golden(content)
        except UserError as error:
            path = inputs["golden"]["path"]
            raise UserError(*(f"{path}: {problem}" for problem in error.problems)) from error
