"""What stands against deleting a model."""

from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.ownership import Owner
from baseten_tei.provider.release.deletion_guards import deletion_problem, obstacles
from tests.support.fakes import version

OURS = Owner("proj", "dev")
SERVED = version("d1")


def test_a_model_with_our_versions_in_production_alone_may_go() -> None:
    assert obstacles([SERVED], [Serving("production", SERVED, {})], OURS) == []
    assert obstacles([SERVED], [Serving("staging", None, {})], OURS) == []


def test_another_environment_and_a_foreign_deployment_stand_against_it() -> None:
    foreign = version("d2", owner=None)
    found = obstacles([SERVED, foreign], [Serving("staging", SERVED, {})], OURS)
    assert found == ["environment 'staging' (d1)", "deployment d2, which another pushed"]


def test_what_an_adoption_took_over_does_not_stand_against_it_and_what_came_later_does() -> None:
    taken, later = version("d1", owner=None), version("d2", owner=None)
    found = obstacles([taken, later], [], OURS, taken_over=["d1"])
    assert found == ["deployment d2, which another pushed"]


def test_the_problem_names_them_and_the_ways_out_in_one_line() -> None:
    told = deletion_problem("bge", [f"deployment d{n}, which another pushed" for n in range(7)])
    assert told.startswith(
        "model 'bge' is not deleted, because of deployment d0, which another pushed, "
    )
    assert "and 2 more: " in told
    assert "on_removal: retain" in told
    assert "force_delete: true" in told
    assert "\n" not in told
