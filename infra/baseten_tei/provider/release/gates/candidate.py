"""A version that may get traffic: how it is called, and the error if it gets none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.errors import UserError
from baseten_tei.facts.tei.router_calls import Call, StrangeAnswerError

InfoOf = Callable[[str, float], Mapping[str, Any]]
"""A version's URL, seconds to wait -> its `/info`. Raises `ModelCallError`."""
Post = Callable[[str, str, Mapping[str, Any], float], Any]
"""A version's URL, route, body, seconds to wait -> the answer. Raises `ModelCallError`."""

_T = TypeVar("_T")


class RefusedVersionError(UserError):
    """The version answers, and not as it should: it gets no traffic."""


@dataclass(frozen=True)
class Asking:
    """Who asks versions, and how patiently."""

    info_of: InfoOf
    post: Post
    patience: Patience


@dataclass(frozen=True)
class Candidate:
    """One version of the model called `model`, to be asked at `url` until `deadline`."""

    model: str
    version_id: str
    url: str
    deadline: float
    asking: Asking

    def info(self) -> Mapping[str, Any]:
        """Return what its router says of itself. Raises `RefusedVersionError`, `UserError`."""
        return self._call(lambda seconds: self.asking.info_of(self.url, seconds))

    def answer(self, call: Call, read: Callable[[Any], _T]) -> _T:
        """Return what `read` makes of the answer to a call. Raises `RefusedVersionError`, `UserError`."""
        told = self._call(lambda s: self.asking.post(self.url, call.route, call.body, s))
        try:
            return read(told)
        except StrangeAnswerError as error:
            raise self.refusal(str(error)) from error

    def refusal(self, why: str) -> RefusedVersionError:
        """Return what to raise where it gets no traffic; `why` continues "deployment d123 …"."""
        return RefusedVersionError(
            f"model {self.model!r}: deployment {self.version_id} {why} "
            "(it was not promoted, and what served before serves on)"
        )

    def _call(self, ask: Callable[[float], _T]) -> _T:
        try:
            return self.asking.patience.ask(ask, self.deadline)
        except ModelCallError as error:
            if error.is_the_routers_no:
                raise self.refusal(f"refuses a call: {error}") from error
            raise UserError(
                f"model {self.model!r}: deployment {self.version_id} could not be asked ({error}), so it was not "
                "promoted and what served before serves on: run `pulumi up` to ask again"
            ) from error
