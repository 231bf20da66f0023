"""How the engine is told what changed: each path, its kind, and in which order a replacement goes."""

from typing import Any

import pytest
from pulumi.provider.experimental import provider as protocol

from baseten_tei.provider.protocol.diff_response import diff_response
from baseten_tei.provider.protocol.resource import Change

KINDS = protocol.PropertyDiffKind
MODEL = "baseten:index:Model"
ENVIRONMENT = "baseten:index:Environment"
SECRET = "baseten:index:Secret"


def diff(
    paths: tuple[str, ...], state: dict[str, Any], inputs: dict[str, Any], *replaces: str
) -> protocol.DiffResponse:
    return diff_response(ENVIRONMENT, Change(paths, replaces), state, inputs)


def test_no_path_is_no_change() -> None:
    response = diff((), {}, {})
    assert (response.changes, response.detailed_diff) == (False, {})


@pytest.mark.parametrize(
    ("before", "after", "kind", "replacing"),
    [
        ({}, {"a": {"b": 1}}, KINDS.ADD, KINDS.ADD_REPLACE),
        ({"a": {"b": 1}}, {"a": {}}, KINDS.DELETE, KINDS.DELETE_REPLACE),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, KINDS.UPDATE, KINDS.UPDATE_REPLACE),
    ],
)
def test_a_path_is_added_deleted_or_updated(
    before: dict[str, Any], after: dict[str, Any], kind: object, replacing: object
) -> None:
    for replaces, wanted in (((), kind), (("a.b",), replacing)):
        response = diff(("a.b",), before, after, *replaces)
        assert (response.detailed_diff or {})["a.b"].kind == wanted
        assert (response.detailed_diff or {})["a.b"].input_diff
        assert response.diffs == ["a"]


def test_drift_is_seen_in_the_outputs_under_its_whole_key() -> None:
    key = "config.docker_server.start_command"
    response = diff((f"drift.{key}",), {"drift": {key: "a → b"}}, {})
    [(path, difference)] = (response.detailed_diff or {}).items()
    assert path == f'drift["{key}"]'
    assert (difference.kind, difference.input_diff) == (KINDS.DELETE, False)
    assert response.diffs == ["drift"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "deletes_first"),
    [
        (MODEL, {"name": "bge"}, {"name": "other"}, False),
        (MODEL, {"name": "a-b"}, {"name": "a_b"}, False),
        (MODEL, {"name": "bge"}, {"name": "bge", "team": "search"}, True),
        (
            ENVIRONMENT,
            {"model": "a", "environment": "b"},
            {"model": "a", "environment": "c"},
            False,
        ),
        (ENVIRONMENT, {"model": "a", "team": "x"}, {"model": "a", "team": "y"}, True),
        (SECRET, {"name": "hf-key"}, {"name": "hf_key"}, True),
        (SECRET, {"name": "hf-key"}, {"name": "other"}, False),
    ],
)
def test_a_replacement_cannot_delete_what_it_just_made(
    kind: str, old: dict[str, str], new: dict[str, str], deletes_first: bool
) -> None:
    changed = tuple(key for key in new if old.get(key) != new[key])
    response = diff_response(kind, Change(changed, changed), old, new)
    assert response.delete_before_replace is deletes_first


def test_a_change_in_place_deletes_nothing() -> None:
    response = diff_response(MODEL, Change(("digest",)), {"name": "a"}, {"name": "a"})
    assert not response.delete_before_replace


def test_a_key_with_dots_is_one_part_of_a_path() -> None:
    before = {"autoscaling_schedules": {"schedules": {"v1.5 (from 12:00)": {"hours": "8-12"}}}}
    after = {"autoscaling_schedules": {"schedules": {"v1.5 (from 12:00)": {"hours": "9-12"}}}}
    path = "autoscaling_schedules.schedules.v1.5 (from 12:00).hours"
    ((shown, difference),) = (diff((path,), before, after).detailed_diff or {}).items()
    assert shown == 'autoscaling_schedules.schedules["v1.5 (from 12:00)"].hours'
    assert difference.kind == KINDS.UPDATE
