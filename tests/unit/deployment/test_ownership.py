"""Whose a deployment is, and what the reader is told where it is somebody else's."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.ownership import (
    Owner,
    earlier_marks,
    foreign_problem,
    mark_of,
    name_taken_problem,
    owner_of,
)
from tests.support.fakes import version

OURS = Owner("proj", "dev", "st-0123456789")


def labelled(state_id: str, **more: str) -> Version:
    plain = version()
    return replace(plain, labels={**plain.labels, "pulumi_state": state_id, **more})


def test_an_id_decides_and_words_count_where_there_is_none() -> None:
    assert OURS.owns(labelled("st-0123456789", pulumi_stack="other"))
    assert not OURS.owns(labelled("st-9876543210"))
    assert OURS.owns(version())
    assert not OURS.owns(version(owner=None))
    assert not Owner("", "").owns(version(owner=None))


def test_by_its_id_alone_an_owner_does_not_go_by_words() -> None:
    assert not OURS.by_id().owns(version())
    assert Owner("proj", "dev").by_id().owns(version()), "a program that gives no id goes by words"


def test_what_an_owner_was_called_before_stays_its_own() -> None:
    state = {"project": "proj", "stack": "dev", "state_id": "st-0123456789", "known_as": ["a/b"]}
    marks = earlier_marks(state, {"project": "proj", "stack": "prod", "state_id": "st-9876543210"})
    assert marks == {"known_as": ["a/b", "proj/dev", "st-0123456789"]}
    renamed = owner_of({"project": "proj", "stack": "prod", **marks})
    assert renamed.owns(labelled("st-0123456789"))
    assert renamed.owns(version())
    assert earlier_marks(state, {**state, "known_as": []}) == {"known_as": ["a/b"]}


def test_an_import_knows_no_owner_before() -> None:
    assert earlier_marks({"name": "bge"}, {"project": "proj", "stack": "dev"}) == {}


def test_what_serves_may_be_replaced_unless_another_state_pushed_it() -> None:
    assert foreign_problem(OURS, version(owner=None)) is None
    assert foreign_problem(OURS, labelled("st-0123456789")) is None
    assert foreign_problem(Owner("proj", "dev"), labelled("st-9876543210")) is None
    problem = foreign_problem(OURS, labelled("st-9876543210"))
    assert problem is not None
    assert "serves deployment d1, pushed by stack proj/dev (state id st-9876543210)" in problem


@given(st.lists(st.dictionaries(st.sampled_from(
    ["pulumi_state", "pulumi_project", "pulumi_stack"]), st.text(max_size=3000)), max_size=5))  # fmt: skip
def test_no_foreign_label_makes_an_error_longer_than_a_line(labels: list[dict[str, str]]) -> None:
    versions = [Version(f"d{n}", "ACTIVE", each) for n, each in enumerate(labels)]
    told = name_taken_problem("bge", OURS, versions)
    assert len(told) <= 500
    assert len(told.splitlines()) == 1
    assert all(isinstance(mark_of(each), str) for each in versions)


def test_on_the_emulator_of_the_machine_another_port_is_one_of_ones_own() -> None:
    told = name_taken_problem("bge", OURS, [], embedded=True)
    assert "type export BASETEN_EMULATOR_PORT=<a free port> for one of your own" in told
    assert len(told) <= 500
