"""Dear tests are dealt to the processes that run tests, and cheap ones come last."""

from collections import Counter

from tests.support.dealing import deal

NAMES = [
    *(f"tests/e2e/test_{letter}.py::test_{n}" for letter in "abcdef" for n in range(3)),
    *(f"tests/unit/test_u.py::test_{n}" for n in range(82)),
]


def test_each_process_begins_with_dear_modules_and_ends_with_cheap_ones() -> None:
    dealt = [NAMES[index] for index in deal(NAMES, 2)]
    assert Counter(dealt) == Counter(NAMES)
    for hand, letters in ((dealt[:50], "ace"), (dealt[50:], "bdf")):
        assert [name[len("tests/e2e/test_")] for name in hand[:9]] == [
            *letters[0] * 3,
            *letters[1] * 3,
            *letters[2] * 3,
        ]
        assert all(name.startswith("tests/unit/") for name in hand[9:])


def test_where_all_are_dear_each_is_there_once() -> None:
    assert sorted(deal(NAMES[:18], 4)) == list(range(18))
