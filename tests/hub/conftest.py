"""A fresh loopback Hub for each test; nothing of the machine's own Hub settings reaches it."""

import copy
from collections.abc import Iterator

import pytest
from huggingface_hub import close_session, constants

from baseten_tei.facts.hub.hub_client import Hub
from tests.hub.loopback import LoopbackHub, serving
from tests.hub.repositories import KINDS

OUTSIDE = ("HF_TOKEN", "HF_ACCESS_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(scope="session", autouse=True)
def _alone() -> Iterator[None]:
    """The client reads proxies when it is made, and is shared by all tests of a process."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in OUTSIDE:
            patch.delenv(variable, raising=False)
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        close_session()
        yield


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with serving(LoopbackHub(copy.deepcopy(KINDS))) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        yield served


@pytest.fixture
def client(hub: LoopbackHub) -> Hub:
    return Hub(hub.address)
