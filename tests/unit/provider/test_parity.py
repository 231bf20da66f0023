"""New answers against golden ones: the numbers, and what is said of them."""

import pytest

from baseten_tei.provider.release.gates.parity import (
    find_change,
    parity_problems,
    quote_text,
    recorded_problems,
    vector_parity,
)
from baseten_tei.provider.release.golden.file import Tolerances
from tests.support.goldens_of import EAST, NORTH, RECORDED, make_golden, turn

INFO = {"model_type": {"embedding": {"pooling": "cls"}}, "model_dtype": "float16"}
FAN = tuple(turn(NORTH, cosine) for cosine in (1.0, 0.9, 0.5))


def test_the_same_answers_are_in_parity() -> None:
    assert parity_problems(make_golden("embedding", *FAN), FAN) == []
    assert parity_problems(make_golden("reranker", 0.5), [0.5]) == []
    assert parity_problems(make_golden("classifier", {"a": 0.5}), [{"a": 0.5}]) == []


def test_a_longer_vector_in_the_same_direction_is_the_same() -> None:
    longer = [(3 * x, 3 * y) for x, y in FAN]
    assert parity_problems(make_golden("embedding", *FAN), longer) == []


def test_the_text_that_moved_most_is_told_with_its_cosine_and_the_mean() -> None:
    new = [FAN[0], turn(FAN[1], 0.71), FAN[2]]
    first, *_ = parity_problems(make_golden("embedding", *FAN), new)
    assert first == 'cosine 0.71 of "b" (least allowed 0.999, mean 0.90)'


@pytest.mark.parametrize(("cosine", "problems"), [(0.9991, 0), (0.9989, 1)])
def test_the_least_cosine_allowed_is_a_border(cosine: float, problems: int) -> None:
    new = [turn(vector, cosine) for vector in FAN]
    assert len(parity_problems(make_golden("embedding", *FAN), new)) == problems


def test_noise_as_measured_in_float16_passes_and_a_trained_step_does_not() -> None:
    old = make_golden("embedding", *FAN)
    assert parity_problems(old, [turn(vector, 0.999997) for vector in FAN]) == []
    (told,) = parity_problems(old, [turn(vector, 0.9982) for vector in FAN])
    assert told.startswith("cosine 0.998200 of ")


def test_a_space_that_turns_as_a_whole_keeps_its_neighbours() -> None:
    found = vector_parity(FAN, [turn(vector, 0.0) for vector in FAN])
    assert found.cosines == pytest.approx((0.0, 0.0, 0.0))
    assert found.changed_neighbours(0.0) == 0


def test_changed_neighbours_count_where_the_old_one_was_nearer_by_more_than_the_margin() -> None:
    # The second text leaves the first one for the third.
    new = (FAN[0], turn(NORTH, 0.6), FAN[2])
    found = vector_parity(FAN, new)
    lost = found.neighbours_lost
    assert lost[0] == 0
    assert lost[1] > 0.05
    assert found.changed_neighbours(0.01) == 1
    assert found.changed_neighbours(1.0) == 0


def test_neighbours_are_told_although_every_cosine_may_be_loose() -> None:
    loose = make_golden("embedding", *FAN, tolerances=Tolerances(min_cosine=0.5))
    new = (FAN[0], turn(NORTH, 0.6), FAN[2])
    assert parity_problems(loose, new) == ["1 of 3 nearest neighbours changed"]


def test_two_neighbours_that_were_equally_near_may_change_places() -> None:
    old = (NORTH, NORTH, NORTH, EAST)
    new = (NORTH, turn(NORTH, 0.9999999), NORTH, EAST)
    assert parity_problems(make_golden("embedding", *old), new) == []


def test_a_single_text_has_no_neighbours() -> None:
    assert parity_problems(make_golden("embedding", NORTH), [NORTH]) == []


def test_another_number_of_dimensions_is_told_and_nothing_is_compared() -> None:
    told = parity_problems(
        make_golden("embedding", NORTH, EAST), [(1.0, 0.0, 0.0), (1.0, 0.0, 0.0)]
    )
    assert told == ["vectors of 3 dimensions, not 2"]


@pytest.mark.parametrize(("score", "problems"), [(0.519, 0), (0.481, 0), (0.53, 1), (0.47, 1)])
def test_scores_may_differ_up_to_their_tolerance(score: float, problems: int) -> None:
    assert len(parity_problems(make_golden("reranker", 0.1, 0.5), [0.1, score])) == problems


def test_the_worst_score_is_told_as_it_is_and_was() -> None:
    told = parity_problems(make_golden("reranker", 0.1, 0.5), [0.2, 0.9])
    assert told == ['score 0.9000 of "b" was 0.5000 (most allowed 0.02 apart)']


def test_labels_are_compared_by_name() -> None:
    old = make_golden("classifier", {"joy": 0.75, "anger": 0.25})
    assert parity_problems(old, [{"anger": 0.25, "joy": 0.74}]) == []
    (told,) = parity_problems(old, [{"anger": 0.75, "joy": 0.25}])
    assert told.startswith("score 0.")
    assert '"a as ' in told


def test_labels_that_came_and_went_are_named() -> None:
    old = make_golden("classifier", {"joy": 0.75, "anger": 0.25})
    told = parity_problems(old, [{"LABEL_0": 0.75, "anger": 0.25}])
    assert told == ["labels changed: -joy, +LABEL_0"]


def test_pooling_and_precision_are_compared_by_name() -> None:
    other = {"model_type": {"embedding": {"pooling": "mean"}}, "model_dtype": "float32"}
    assert recorded_problems(RECORDED, INFO) == []
    assert recorded_problems(RECORDED, other) == [
        "pooling mean, not cls as recorded",
        "dtype float32, not float16 as recorded",
    ]


def test_what_info_or_the_file_does_not_say_is_not_compared() -> None:
    assert recorded_problems(RECORDED, {"model_type": {"reranker": {}}}) == []
    silent = RECORDED.model_copy(update={"dtype": None, "pooling": None})
    assert recorded_problems(silent, INFO) == []


def test_a_refusal_holds_the_numbers_and_what_to_type() -> None:
    told = find_change(make_golden("embedding", NORTH), [turn(NORTH, 0.71)], INFO)
    assert told == (
        'moved the embedding space: cosine 0.71 of "a" (least allowed 0.999, mean 0.71): if that is wanted '
        "write new_space: true and record again with `baseten-tei golden bge`"
    )
    told = find_change(make_golden("reranker", 0.1), [0.9], {"model_dtype": "float16"})
    assert told is not None
    assert told.startswith("moved the scores: ")
    assert find_change(make_golden("embedding", *FAN), FAN, INFO) is None


def test_a_long_text_is_told_by_its_beginning_on_one_line() -> None:
    assert quote_text("a\n b") == '"a b"'
    assert quote_text("x" * 100) == f'"{"x" * 32}…"'
