"""Asking a question once, however many want its answer at the same time."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class Remembered:
    """Answers by question. Who asks what another is asking waits for that answer, or that error.

    It ends with the first change that this process is asked to make: an `up` sees its own effects, also those of
    pushes, which other processes make in between.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[Hashable, Future[Any]] = {}
        self._ended = False

    def end(self) -> None:
        """Forget all answers: every question is asked again."""
        with self._lock:
            self._ended = True
            self._answers.clear()

    def ask(self, question: Hashable, call: Callable[[], _T]) -> _T:
        """Return the answer. Raises what the call raised."""
        with self._lock:
            known = self._answers.get(question)
            answer: Future[Any] = known or Future()
            if not self._ended:
                self._answers[question] = answer
        if known is None:
            try:
                answer.set_result(call())
            except BaseException as error:  # raised below, here and in whoever waits
                answer.set_exception(error)
        return cast(_T, answer.result())
