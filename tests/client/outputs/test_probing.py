"""What a client that probes a space finds out about texts of equal length."""

import asyncio
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import Space
from baseten_tei_client._fingerprints import PROBES, fingerprint
from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._router.ask import Caller, Patience
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.first_contact import Router, contact
from baseten_tei_client._router.transport import Reply, Request
from baseten_tei_client._secrecy import Secret
from baseten_tei_client.settings import Settings
from tests.client.test_calling import FakeClock

ALONE = {text: np.eye(8)[number] for number, text in enumerate(PROBES)}


@dataclass
class Model:
    """A router; one that `drops_mask` answers otherwise where all texts of a request are one length."""

    drops_mask: bool
    batch: int = 32
    sent: list[int] = field(default_factory=list)

    async def send(self, request: Request, _timeout_seconds: float) -> Reply:
        if request.body is None:
            limits = {"max_client_batch_size": self.batch, "max_concurrent_requests": 1024}
            kinds = {"embedding": {"pooling": "last_token"}}
            return Reply(200, {"model_type": kinds, "version": "1.9.3", **limits})
        texts: list[str] = request.body["input"]
        self.sent.append(len(texts))
        bent = 0.3 if self.drops_mask and len(texts) > 1 and len({*map(len, texts)}) == 1 else 0.0
        rows = [{"index": n, "embedding": [*(ALONE[it] + bent)]} for n, it in enumerate(texts)]
        return Reply(200, {"data": rows})

    async def close(self) -> None: ...


def meet(model: Model) -> tuple[Router, Caller]:
    clock = FakeClock()
    caller = Caller("qwen", model, Secret("k"), Patience(), clock, lambda: 1.0)
    vectors = np.array([ALONE[it] for it in PROBES])
    space = Space(model_id="a/b", revision="main", fingerprint=fingerprint(vectors[: model.batch]))
    settings: Any = Settings(expect_space=space, probe_space=True, replicas=4)
    outputs = ModelOutputs("qwen", "embedding", "https://x/sync", None, space=space)

    async def main() -> Router:
        return await contact(caller, outputs, settings, Deadline.after(9, clock))

    return asyncio.run(main()), caller


def test_a_model_that_bends_texts_of_equal_length_is_sent_one_at_a_time_and_that_is_told() -> None:
    with pytest.warns(UserWarning, match="'qwen' gives texts of equal length in one batch other"):
        router, caller = meet(Model(drops_mask=True))
    assert router.limits.texts_per_request(router.replicas) == 1
    assert router.limits.requests_under_way(router.replicas) == 1
    assert caller.permits is not None
    assert caller.permits.try_take(1)
    assert not caller.permits.try_take(1)


def test_of_other_models_nothing_is_told_and_batches_stay() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        router, _ = meet(model := Model(drops_mask=False))
    assert router.limits.texts_per_request(1) == 32
    assert model.sent == [8, 1, 2]


def test_a_model_that_takes_one_text_a_request_is_asked_about_no_pair() -> None:
    router, _ = meet(model := Model(drops_mask=True, batch=1))
    assert router.limits.texts_per_request(1) == 1
    assert model.sent == [1]
