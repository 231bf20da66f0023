"""What actors on many machines are given to do, and what they may send."""

import importlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei_client import UsageError
from baseten_tei_client._limits import Limits
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._units import (
    Known,
    Plan,
    Unit,
    divide_share,
    find_groups,
    hash_ids,
    name_part,
    plan_units,
    wait_seconds,
)

IDS = st.one_of(st.integers(0, 40), st.sampled_from([str(n) for n in range(40)]))
FILES = st.lists(st.lists(IDS, max_size=30), max_size=4)


def known(written: list[Id], refused: list[Id]) -> Known:
    return Known(np.sort(hash_ids(written)), np.sort(hash_ids(refused)))


def wanted_by(plan: Plan, files: list[list[Id]]) -> list[Id]:
    """The ids that the units embed, in their order."""
    found: list[Id] = []
    for unit in plan.units:
        rows = files[unit.file][unit.first : unit.first + unit.count]
        found += [it for it, is_wanted in zip(rows, unit.mask(), strict=True) if is_wanted]
    return found


@given(FILES, st.lists(IDS), st.lists(IDS), st.integers(1, 5), st.integers(1, 3))
def test_each_id_that_the_target_lacks_is_in_one_unit_once(
    files: list[list[Id]], written: list[Id], refused: list[Id], chunk: int, actors: int
) -> None:
    plan = plan_units([hash_ids(it) for it in files], known(written, refused), chunk, actors)
    every = {(type(it), it) for rows in files for it in rows}
    done = {(type(it), it) for it in [*written, *refused]}
    wanted = [(type(it), it) for it in wanted_by(plan, files)]
    assert len(set(wanted)) == len(wanted)
    assert set(wanted) == every - done
    assert plan.rows == len(wanted) + plan.present + plan.refused + len(plan.repeats)
    assert plan.rows == sum(map(len, files))
    assert all(unit.first % chunk == 0 for unit in plan.units)
    for n, row in plan.repeats:
        before = [it for rows in files[:n] for it in rows] + files[n][:row]
        assert files[n][row] in before


@given(FILES, st.lists(st.integers(0, 60), max_size=5), st.integers(1, 4))
def test_whatever_dies_and_whoever_comes_back_from_the_dead_loses_and_repeats_nothing(
    files: list[list[Id]], deaths: list[int], chunk: int
) -> None:
    """A run writes some parts of its plan and dies; its last actor writes its part after the next has begun."""
    parts: dict[str, list[Id]] = {}
    late: dict[str, list[Id]] = {}
    for most in [*deaths, 1000]:
        there = [it for rows in parts.values() for it in rows]
        plan = plan_units([hash_ids(it) for it in files], known(there, []), chunk, 2)
        parts |= late
        chunks = [part for unit in plan.units for part in _chunks(files, unit, chunk)]
        parts |= dict(chunks[:most])
        late = dict(chunks[most : most + 1])
    ids = [(type(it), it) for rows in parts.values() for it in rows]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {(type(it), it) for rows in files for it in rows}


def _chunks(files: list[list[Id]], unit: Unit, chunk: int) -> list[tuple[str, list[Id]]]:
    """A unit's parts, as an actor names them."""
    found, mask = [], unit.mask()
    for start in range(0, unit.count, chunk):
        first = unit.first + start
        rows = files[unit.file][first : first + chunk]
        ids = [it for it, wanted in zip(rows, mask[start : start + chunk], strict=False) if wanted]
        if ids:
            found.append((name_part(ids), ids))
    return found


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_the_row_groups_that_are_read_hold_the_rows(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    first = data.draw(st.integers(0, total - 1))
    count = data.draw(st.integers(1, total - first))
    groups, skipped = find_groups(sizes, first, count)
    before = sum(sizes[: groups[0]])
    assert before + skipped == first
    assert first + count <= before + sum(sizes[n] for n in groups)
    assert sum(sizes[n] for n in groups[:-1]) < skipped + count
    assert all(b == a + 1 for a, b in pairwise(groups))


@given(
    st.integers(1, 64), st.integers(1, 512), st.floats(0.05, 1), st.integers(1, 40), st.integers(1, 8)
)  # fmt: skip
def test_actors_together_stay_within_the_budget_or_are_too_many(
    requests: int, texts: int, share: float, actors: int, replicas: int
) -> None:
    whole = Limits(predict_concurrency=requests, max_concurrent_requests=texts)
    try:
        mine = whole.of_share(divide_share(share, actors, requests, texts))
    except UsageError as error:
        assert actors > int(min(requests, texts) * share)
        assert f"actors={actors} cannot share" in str(error)  # noqa: PT017  # either outcome is right
        return
    assert actors * mine.predict_concurrency <= requests * share + 1e-9
    assert actors * mine.max_concurrent_requests <= texts * share + 1e-9
    assert actors * mine.requests_under_way(replicas) <= requests * replicas


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12),
    st.integers(1, 6),
)
def test_with_a_dead_actors_requests_still_under_way_no_more_than_all_shares_are_used(
    actors: int, deaths: list[tuple[int, int]], timeout: int
) -> None:
    """Actors are born and die at any time; what one has sent ends `timeout` after its death at the latest."""
    sending: list[tuple[float, float]] = []
    births, now = actors, 0
    alive = [(n, float(wait_seconds(n, actors, timeout))) for n in range(1, actors + 1)]
    for which, pause in deaths:
        now += pause
        slot = which % actors
        _, begins = alive[slot]
        if begins <= now:
            sending.append((begins, now + timeout))
        births += 1
        alive[slot] = (births, now + wait_seconds(births, actors, timeout))
    sending += [(begins, float("inf")) for _, begins in alive]
    for moment, _ in sending:
        under_way = sum(begins <= moment < ends for begins, ends in sending)
        assert under_way <= actors


def test_ids_have_the_same_hash_in_every_process() -> None:
    assert hash_ids(["a", 1, "1"]).tolist() == hash_ids(["a", 1, "1"]).tolist()
    assert hash_ids(["a"]).tolist() == [-1586550463278054497]
    assert name_part(["a", 1]) == "part-54197fa615ab67e0eca3cf49142569fe.parquet"


@pytest.mark.parametrize("actors", [0, 17])
def test_too_many_actors_are_refused_with_how_many_there_may_be(actors: int) -> None:
    with pytest.raises(UsageError, match="give at most 16, or a greater share"):
        divide_share(0.5, actors, 32, 256)


def test_without_ray_its_extra_is_named() -> None:
    with pytest.raises(UsageError, match=r"baseten-tei-client\[ray\]"):
        importlib.import_module("baseten_tei_client.backfill.ray")
