"""`connect` finds the model of an index's space, whichever of the three serves it."""

from typing import Any

import pytest

from baseten_tei.outputs.flat import flat_outputs
from baseten_tei_client import OutputsError, SpaceMismatchError, UsageError, connect
from baseten_tei_client._outputs import parse_spaces
from tests.client.outputs.test_outputs import KEY, SEARCH, STAGED

OLD, NEW, OLDEST = (
    {"model_id": it, "revision": "main", "dimensions": 8} for it in ("a/old", "a/new", "a/oldest")
)


def served(number: int, space: dict[str, Any] | None) -> dict[str, Any]:
    url = f"https://model-{number}.api.baseten.co/environments/production"
    return {
        "baseten_id": str(number), "environment": "production", "sync_url": f"{url}/sync", "wake_url": f"{url}/wake",
        "embeddings_url": f"{url}/sync/v1/embeddings", "limits": {"max_client_batch_size": number},
        **({"space": space} if space else {}),
    }  # fmt: skip


def stack(**spaces: dict[str, Any]) -> dict[str, Any]:
    return {"search": {**SEARCH, **spaces["current"], "task": "embedding", "spaces": spaces}}


BEFORE = stack(current=served(1, OLD), next=served(2, NEW))
AFTER = stack(current=served(2, NEW), previous=served(1, OLD))
ALL = stack(current=served(2, NEW), next=served(3, OLDEST), previous=served(1, OLD))


def called(outputs: dict[str, Any], **given: Any) -> tuple[str, str]:
    model = connect("search", outputs=outputs, api_key=KEY, **given)
    return repr(model).partition("model-")[2][0], model.role


@pytest.mark.parametrize(
    ("outputs", "given", "expected"),
    [
        (BEFORE, {}, ("1", "current")),
        (AFTER, {}, ("2", "current")),
        (BEFORE, {"expect_space": OLD}, ("1", "current")),
        (BEFORE, {"expect_space": NEW}, ("2", "next")),
        (AFTER, {"expect_space": OLD}, ("1", "previous")),
        (AFTER, {"expect_space": NEW}, ("2", "current")),
        (ALL, {"expect_space": OLDEST}, ("3", "next")),
        (BEFORE, {"space": "next"}, ("2", "next")),
        (AFTER, {"space": "previous", "expect_space": OLD}, ("1", "previous")),
        (AFTER, {"environment": "production"}, ("2", "current")),
    ],
)
def test_the_model_of_a_space_is_the_same_before_and_after_an_advance(
    outputs: dict[str, Any], given: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert called(outputs, **given) == expected


def test_a_space_that_nobody_serves_is_an_error_that_lists_those_that_are() -> None:
    with pytest.raises(SpaceMismatchError) as caught:
        called(BEFORE, expect_space=OLDEST)
    told = str(caught.value)
    assert "\n" not in told
    assert "current (a/old, 8 dimensions): model_id 'a/oldest' -> 'a/old'" in told
    assert "next (a/new, 8 dimensions): model_id 'a/oldest' -> 'a/new'" in told


def test_a_model_that_is_asked_for_must_have_the_expected_space() -> None:
    with pytest.raises(SpaceMismatchError, match="'a/old' -> 'a/new'"):
        called(BEFORE, space="next", expect_space=OLD)


def test_outputs_without_spaces_have_what_is_current() -> None:
    assert [*parse_spaces({"search": STAGED}, "search")] == ["current"]
    assert [*parse_spaces({"search": {**SEARCH, "spaces": None}}, "search")] == ["current"]
    with pytest.raises(OutputsError, match="has no next in its outputs, only current"):
        connect("search", outputs={"search": STAGED}, space="next", api_key=KEY)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"space": "newest"}, "space must be one of"),
        ({"space": "next", "environment": "staging"}, "do not go together"),
    ],
)
def test_an_impossible_choice_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        called(BEFORE, **given)


@pytest.mark.parametrize("odd", [[1], {"next": 3}, {"next": {"sync_url": 4}}])
def test_spaces_of_a_wrong_shape_are_refused_in_one_line(odd: object) -> None:
    with pytest.raises(OutputsError) as caught:
        parse_spaces({**SEARCH, "spaces": odd}, "search")
    assert "\n" not in str(caught.value)


def test_variables_have_the_models_beside_it_too() -> None:
    flat = flat_outputs(BEFORE)
    found = parse_spaces(flat, "search")
    assert found["next"].sync_url == BEFORE["search"]["spaces"]["next"]["sync_url"]
    assert found["next"].limits == {"max_client_batch_size": 2}
    assert found["next"].baseten_id == "2"
    with pytest.raises(OutputsError, match=r"There are: SEARCH$"):
        parse_spaces(flat, "else")


def test_an_error_names_the_model_that_is_beside_the_current_one() -> None:
    assert {role: it.told_as for role, it in parse_spaces(ALL, "search").items()} == {
        "current": "search", "next": "search.next", "previous": "search.previous",
    }  # fmt: skip
