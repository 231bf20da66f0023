"""What a refresh asks Baseten: each question once, at the API's pace, and anew after the first change."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from baseten_tei.baseten.api.api_errors import ApiError, NotFoundError
from baseten_tei.baseten.versions import RemoteModel, Serving
from baseten_tei.errors import UserError
from baseten_tei.provider.resources.asked_once import Remembered
from baseten_tei.provider.resources.rate_limit import Pace
from baseten_tei.provider.resources.refresh import read_environment, read_model
from baseten_tei.provider.resources.refresh_calls import ListedReads, environment_of
from tests.support.fakes import AUTOSCALING, Clock, FakeApi, version


class CountedApi(FakeApi):
    """Counts every question by its name."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in ("find_model", "models", "versions", "environments", "serving", "config"):
            self.asked[name] += 1
        return found


def fleet(size: int) -> CountedApi:
    """Models `bge-0` … that serve what was released."""
    ids = {f"bge-{n}": f"m{n}" for n in range(size)}
    ours = {f"d{n}": version(f"d{n}", instance_type="L4:4x16") for n in range(size)}
    return CountedApi(
        ids,
        ours,
        {
            f"m{n}/{name}": Serving(name, ours[f"d{n}"], AUTOSCALING)
            for n in range(size)
            for name in ("staging", "production")
        },
        of_model={f"d{n}": f"m{n}" for n in range(size)},
    )


def listed(api: FakeApi, remembered: Remembered | None = None) -> ListedReads:
    pace = Pace(sleep=lambda _: None)
    return ListedReads(api, remembered or Remembered(), pace)  # type: ignore[arg-type] # a duck


def refresh(api: FakeApi, size: int) -> list[str]:
    """Read every model and both environments of each, many at a time: what was warned of."""
    reads, told = listed(api), []
    owner = {"project": "proj", "stack": "dev", "digest": "new"}

    def read_all(n: int) -> None:
        model = {"name": f"bge-{n}", **owner, "generation": "1", "drift": "", "adopted": False}
        read_model(reads, f"bge-{n}", model, model, told.append)
        for name in ("staging", "production"):
            inputs = {"model": f"bge-{n}", "environment": name, "autoscaling": AUTOSCALING, **owner}
            released = {"model_id": f"m{n}", "deployment_id": f"d{n}", "serving_digest": "new"}
            read_environment(
                reads, f"bge-{n}/{name}", inputs, {**inputs, **released, "drift": {}}, told.append
            )

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(read_all, range(size)))
    return told


@pytest.mark.parametrize("size", [1, 20, 100])
def test_a_refresh_of_n_models_takes_one_list_and_n_calls_however_many_environments_each_has(
    size: int,
) -> None:
    api = fleet(size)
    assert refresh(api, size) == []
    assert api.asked == {"models": 1, "environments": size}


def test_only_a_model_that_lost_its_version_is_asked_for_more() -> None:
    api = fleet(20)
    for name in ("staging", "production"):
        api.served[f"m7/{name}"] = Serving(name, None, AUTOSCALING)
    del api.deployments["d7"]
    assert "model 'bge-7' drifted: no deployment of new is left" in refresh(api, 20)
    assert api.asked == {"models": 1, "environments": 20, "versions": 1, "config": 2}


def test_a_version_that_failed_does_not_pass_for_the_one_that_was_pushed() -> None:
    api = fleet(1)
    failed = version("d0", status="BUILD_FAILED")
    api.deployments["d0"] = failed
    api.served["m0/production"] = api.served["m0/staging"] = Serving("staging", failed, AUTOSCALING)
    assert "model 'bge-0' drifted: no deployment of new is left" in refresh(api, 1)


def test_a_name_that_several_teams_use_is_refused_as_it_is_without_a_list() -> None:
    api = FakeApi()
    api.models = lambda _: [  # type: ignore[method-assign]  # two teams
        RemoteModel("m1", "bge", "search"), RemoteModel("m2", "bge", "ads")
    ]  # fmt: skip
    with pytest.raises(UserError, match="model 'bge' is in several teams"):
        listed(api).find_model("bge", None)


def test_a_model_that_goes_after_it_was_listed_has_no_environment() -> None:
    api = FakeApi()

    def gone(model_id: str) -> list[Serving]:
        raise NotFoundError(f"no model {model_id}", status=404)

    api.environments = gone  # type: ignore[method-assign]
    assert environment_of(listed(api), "m1", "production") is None


# --- Remembered


def test_many_who_ask_at_once_ask_once() -> None:
    remembered, calls, together = Remembered(), [], Barrier(8, timeout=30)

    def ask() -> str:
        together.wait()
        return remembered.ask("models", lambda: calls.append("models") or "answer")

    with ThreadPoolExecutor(8) as pool:
        answers = [it.result() for it in [pool.submit(ask) for _ in range(8)]]
    assert answers == ["answer"] * 8
    assert calls == ["models"]


def test_an_error_is_told_to_all_who_asked() -> None:
    remembered, calls = Remembered(), []

    def fail() -> str:
        calls.append("models")
        raise ApiError("Baseten answered 500", status=500)

    for _ in range(2):
        with pytest.raises(ApiError, match="500"):
            remembered.ask("models", fail)
    assert calls == ["models"]


def test_after_the_first_change_every_question_is_asked_anew() -> None:
    remembered, answers = Remembered(), iter(["before", "after", "later"])
    ask: Callable[[], str] = lambda: remembered.ask("models", lambda: next(answers))  # noqa: E731
    assert (ask(), ask()) == ("before", "before")
    remembered.end()
    assert (ask(), ask()) == ("after", "later")


# --- Pace


def test_as_many_pass_at_once_as_the_api_answers_in_a_second_and_the_rest_follow() -> None:
    clock = Clock()
    pace = Pace(3, clock, clock.sleep)
    for _ in range(7):
        pace.wait()
    assert (clock.now, clock.pauses) == (2.0, [1.0, 1.0])


def test_who_comes_later_than_a_second_waits_for_nobody() -> None:
    clock = Clock()
    pace = Pace(2, clock, clock.sleep)
    for _ in range(6):
        pace.wait()
        clock.now += 0.6
    assert clock.pauses == []
