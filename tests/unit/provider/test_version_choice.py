"""Which of a model's versions is meant, what a pin means, and which ones may go."""

from dataclasses import replace

import pytest

from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.ownership import Owner
from baseten_tei.provider.release.version_choice import (
    pin_problem,
    pinned_version,
    split_by_keep,
    version_of_digest,
)
from tests.support.fakes import version

OURS = Owner("proj", "dev")


def at(day: int, deployment_id: str, **more: object) -> Version:
    made = version(deployment_id, digest=str(more.pop("digest", deployment_id)))
    return replace(made, created_at=f"2026-11-{day:02}", **more)  # type: ignore[arg-type]  # fields of Version


def test_of_several_copies_the_one_that_serves_the_environment_already_is_meant() -> None:
    first = at(1, "d1", digest="x", environment="staging")
    copy = at(2, "d2", digest="x", environment="production")
    assert version_of_digest([first, copy], "x", "staging") == first
    assert version_of_digest([first, copy], "x", "production") == copy


def test_a_copy_that_serves_nothing_is_rather_promoted_than_one_that_serves_elsewhere() -> None:
    elsewhere = at(2, "d2", digest="x", environment="staging")
    spare = at(1, "d1", digest="x")
    assert version_of_digest([elsewhere, spare], "x", "production") == spare


def test_a_living_version_is_meant_before_a_failed_one() -> None:
    failed = at(2, "d2", digest="x", status="DEPLOY_FAILED")
    living = at(1, "d1", digest="x", status="INACTIVE")
    assert version_of_digest([failed, living], "x", "production") == living
    assert version_of_digest([failed], "x", "production") == failed


def test_the_recorded_instance_type_wins_over_what_serves_on_another() -> None:
    moved = at(2, "d2", digest="x", environment="production", instance_type="A10Gx4x16")
    ours = at(1, "d1", digest="x", instance_type="L4:4x16")
    assert version_of_digest([moved, ours], "x", "production", "L4:4x16") == ours


def test_no_version_of_the_digest_is_none() -> None:
    assert version_of_digest([at(1, "d1")], "other", "production") is None
    development = at(1, "d1", digest="x", is_development=True)
    assert version_of_digest([development], "x", "production") is None


def test_a_pin_is_an_id_or_a_digest() -> None:
    versions = [at(1, "d1", digest="x"), at(2, "d2", digest="y")]
    assert pinned_version(versions, "d1", "production") == versions[0]
    assert pinned_version(versions, "y", "production") == versions[1]
    assert pinned_version(versions, "z", "production") is None


def test_previous_is_what_served_before_the_last_release() -> None:
    versions = [at(n, f"d{n}") for n in (1, 2, 3)]
    assert pinned_version(versions, "previous", "production", "d1") == versions[0]


def test_without_a_memory_previous_is_the_newest_before_what_serves_that_could() -> None:
    versions = [
        at(1, "d1"),
        at(2, "d2", status="SCALED_TO_ZERO"),
        at(3, "d3", status="BUILD_FAILED"),
        at(4, "d4", environment="production"),
    ]
    assert pinned_version(versions, "previous", "production") == versions[1]
    assert pinned_version(versions, "previous", "production", "gone") == versions[1]
    assert pinned_version(versions[3:], "previous", "production") is None
    just_pushed = at(5, "d5")
    assert pinned_version([versions[3], just_pushed], "previous", "production") is None


def test_a_pin_that_means_nothing_is_told_with_what_there_is() -> None:
    told = pin_problem([at(1, "d1"), at(2, "d2", status="INACTIVE")], "d9")
    assert told == (
        "deployment: d9: no such deployment or digest: write one of these ids, or remove it: "
        "d2 (INACTIVE), d1 (ACTIVE)"
    )
    assert pin_problem([], "previous").endswith(
        "no earlier version is left: write one of these ids, or remove it: none"
    )


@pytest.mark.parametrize(("keep", "deleted"), [(3, []), (2, ["d1"]), (0, ["d3", "d2", "d1"])])
def test_the_newest_spare_versions_are_kept(keep: int, deleted: list[str]) -> None:
    versions = [at(n, f"d{n}") for n in (1, 2, 3)] + [at(4, "d4", environment="production")]
    kept, surplus = split_by_keep(versions, OURS, {"d4"}, "d4", keep)
    assert [it.id for it in surplus] == deleted
    assert {it.id for it in kept} | {it.id for it in surplus} == {"d1", "d2", "d3"}


def test_what_serves_is_wanted_foreign_or_still_built_is_never_deleted() -> None:
    versions = [
        at(1, "serves", environment="staging"),
        at(2, "candidate"),
        at(3, "wanted", digest="wanted"),
        replace(version("foreign", owner=None, digest="f"), created_at="2026-11-04"),
        replace(version("theirs", owner=("proj", "other"), digest="t"), created_at="2026-11-05"),
        at(6, "building", status="BUILDING"),
        at(7, "draft", is_development=True),
    ]
    assert split_by_keep(versions, OURS, {"candidate"}, "wanted", 0)[1] == []


def test_a_failed_version_is_no_rollback_and_goes() -> None:
    versions = [at(1, "d1"), at(2, "d2", status="DEPLOY_FAILED")]
    kept, surplus = split_by_keep(versions, OURS, set(), "new", 1)
    assert ([it.id for it in kept], [it.id for it in surplus]) == (["d1"], ["d2"])


def test_a_copy_of_the_wanted_version_goes_once_another_one_serves() -> None:
    started_anew = at(5, "d5", digest="wanted", environment="production")
    copy = at(4, "d4", digest="wanted", status="BUILDING")
    older = at(3, "d3")
    kept, surplus = split_by_keep([older, copy, started_anew], OURS, {"d5"}, "wanted", 3)
    assert (kept, surplus) == ([older], [copy])
    assert split_by_keep([older, copy], OURS, set(), "wanted", 3) == ([older], [])
