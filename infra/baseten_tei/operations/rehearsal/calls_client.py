"""Calling a rehearsed model: each text by itself, timed, and a full batch; each answer is looked through."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.facts.tei.router_calls import Answer, Call, build_call, parse_answer
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.operations.rehearsal.answer_schemas import (
    answer_problem,
    expect_answer,
    outputs_problem,
)
from baseten_tei.operations.rehearsal.model_answers import ModelAnswers, query_of
from baseten_tei.provider.release.golden.texts import QUERY, TEXTS

WAIT_SECONDS = 30.0
"""For a model that is up, and may have scaled to zero since."""
SHORT = 13
"""Texts at the beginning of `TEXTS` that every model takes whole."""
TOO_LONG = (413, 422)
HINT = "run `baseten-tei check` to see what the rules say of it"

_T = TypeVar("_T")


def call_model(outputs: Mapping[str, Any], api_key: str) -> ModelAnswers:
    """Call the model with these outputs and return its answers; whatever is wrong is among the problems."""
    task, digest = str(outputs.get("task")), str(outputs.get("config_digest"))
    if problem := outputs_problem(outputs):
        return ModelAnswers(task, digest, problems=(f"{problem}: {HINT}",))
    caller = _Caller(outputs, task, api_key, Patience(time.monotonic, time.sleep))
    try:
        caller.call()
    except ModelCallError as error:
        caller.problems.append(f"{error}: {HINT}")
    milliseconds, problems = tuple(caller.milliseconds), tuple(caller.problems)
    return ModelAnswers(task, digest, caller.answers, caller.info, milliseconds, problems)


@dataclass
class _Caller:
    """One model being called, and what came of it so far."""

    outputs: Mapping[str, Any]
    task: str
    api_key: str = field(repr=False)
    patience: Patience
    info: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def call(self) -> None:
        """Ask everything, up to the first problem. Raises `ModelCallError`."""
        self.info = dict(self._retry(lambda it: router_info(self._url, self.api_key, it)))
        for text in TEXTS:
            self._ask_about(text)
            if self.problems:
                return
        if not self.answers:
            self.problems.append("takes none of the texts: write auto_truncate: true")
        self._ask_batch()
        for name, told in (self.outputs.get("environments") or {}).items():
            if name != self.outputs["environment"]:
                self._ask_environment(told)

    @property
    def _url(self) -> str:
        """Return the environment's URL, from the output that clients use."""
        route = ROUTES[self.task]
        return str(self.outputs[route.url_output]).removesuffix(f"/sync{route.path}")

    def _ask_environment(self, outputs: Mapping[str, Any]) -> None:
        """Ask a further environment what it serves: it took the version over, so all else is answered."""
        url = outputs["sync_url"].removesuffix("/sync")
        self._retry(lambda it: router_info(url, self.api_key, it))

    def _ask_about(self, text: str) -> None:
        """Ask about one text. A router that does not truncate refuses a long one, which is not a problem."""
        call = build_call(self.task, [text], query_of(self.task))
        try:
            answer, took = self._post_timed(call)
        except ModelCallError as error:
            if error.status not in TOO_LONG:
                raise
            return
        if self._check_answer(call, answer, 1):
            self.answers[text] = parse_answer(self.task, answer)
            self.milliseconds.append(took)

    def _ask_batch(self) -> None:
        size = self.outputs["limits"]["max_client_batch_size"]
        call = full_batch(self.task, size)
        try:
            answer, _ = self._post_timed(call)
        except ModelCallError as error:
            self.problems.append(
                f"a full batch of {size} texts: {error}: write a smaller max_client_batch_size"
            )
        else:
            self._check_answer(call, answer, size)

    def _check_answer(self, call: Call, answer: Any, count: int) -> bool:
        wanted = expect_answer(count, self.outputs, self.info)
        problem = answer_problem(self.task, answer, wanted)
        if problem:
            self.problems.append(f"{call.route} answered {count} texts with {problem}: {HINT}")
        return problem is None

    def _post_timed(self, call: Call) -> tuple[Any, float]:
        """Return the answer, and its milliseconds without what was waited for before it."""

        def ask(seconds: float) -> tuple[Any, float]:
            began = self.patience.clock()
            answer = router_post(self._url, call.route, call.body, self.api_key, seconds)
            return answer, 1000 * (self.patience.clock() - began)

        return self._retry(ask)

    def _retry(self, ask: Callable[[float], _T]) -> _T:
        return self.patience.ask(ask, self.patience.clock() + WAIT_SECONDS)


def full_batch(task: str, size: int) -> Call:
    """Return a request with as many texts as the stack's outputs promise a client."""
    return build_call(task, [TEXTS[number % SHORT] for number in range(size)], QUERY)
