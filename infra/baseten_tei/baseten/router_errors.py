"""What an answer of a model's own endpoint means, or its silence: is it worth asking again, and what to tell.

Between us and the router is Baseten's gateway: 400 and 404 are its answers for a version that is not there
yet (Baseten docs: inference errors), 429 and 503 those of one that is busy, 5xx trouble on its side. The
router itself answers 413 or 422 to a text that it does not take, and 424 where it cannot compute.
"""

import math

from baseten_tei.errors import UserError
from baseten_tei.facts.network.network_errors import NetworkError

TROUBLE_SECONDS = 60.0
"""How long an answer that may be trouble is worth asking again; a guess: a gateway's restart is shorter."""

_NOT_READY = frozenset({400, 404, 408, 425, 429, 503, 504})


class ModelCallError(UserError):
    """A call of a model that failed.

    `status` is the answer's, `None` where none came; the same call is worth repeating for `patience_seconds`.
    """

    def __init__(
        self, problem: str, status: int | None = None, patience_seconds: float = 0.0
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.patience_seconds = patience_seconds

    @property
    def is_the_routers_no(self) -> bool:
        """Whether the router itself refused: more asking changes nothing, and the network is well."""
        return self.is_too_long or self.status == 424

    @property
    def is_too_long(self) -> bool:
        """Whether the router does not take a text of this length: 413 until TEI 1.8.3, 422 since."""
        return self.status in (413, 422)


def silence(url: str, why: NetworkError) -> ModelCallError:
    """Return the error of a call that got no whole answer; what no further try helps is not worth one."""
    told = f"{url} does not answer ({why.what}; {why.todo})"
    return ModelCallError(told, None, 0.0 if why.lasting else TROUBLE_SECONDS)


def refusal(url: str, status: int, text: str) -> ModelCallError:
    """Return the error for any answer but 200; `text` is its body, without secrets."""
    said = " ".join(text.split())[:200]
    return ModelCallError(f"{url} answered {status}: {said}", status, _patience(status))


def nonsense(url: str, what: str) -> ModelCallError:
    """Return the error for a 200 that is not a router's answer: one cut short may be complete the next time."""
    return ModelCallError(f"{url} answered something that is no {what}", 200, TROUBLE_SECONDS)


def _patience(status: int) -> float:
    if status in _NOT_READY:
        return math.inf
    return TROUBLE_SECONDS if status >= 500 else 0.0
