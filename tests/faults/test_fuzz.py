"""A stack keeps its invariants through random lives. BASETEN_TEI_FUZZ_SEEDS=2000 makes it a long run."""

import os
import random

import pytest

from tests.faults.fuzz_world import open_fuzz_world
from tests.faults.fuzzing import Life
from tests.faults.invariants import assert_sound
from tests.support.sampling import ALL

SEEDS = int(os.environ.get("BASETEN_TEI_FUZZ_SEEDS", "200" if ALL else "20"))
FIRST = int(os.environ.get("BASETEN_TEI_FUZZ_FIRST", "0"))
MOVES = 8


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_after_any_life_one_clean_up_makes_all_well(seed: int) -> None:
    with open_fuzz_world() as fuzz:
        life = Life(fuzz, random.Random(seed))  # noqa: S311  # a sequence to repeat, not a secret
        for _ in range(MOVES):
            life.move()
        print("\n".join(life.story))  # shown where it fails
        life.settle()
        assert_sound(life)
