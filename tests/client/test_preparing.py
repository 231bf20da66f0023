import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei_client import RefusedTextError, UsageError
from baseten_tei_client._call.prepare import Text, fit_text, json_size, prepare
from baseten_tei_client._limits import Limits
from baseten_tei_client._tokens import bound_tokens

LIMITS = Limits(max_input_length=4)
LONG = 250 * 4


def text(content: str) -> Text:
    return Text(content, json_size(content), bound_tokens(content))


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("", "empty"),
        ("a\ud83d", "U+D83D at 1"),
        (None, "text 1 is None, not a string"),
        (b"a", "is of type bytes, not a string"),
        (1.0, "float"),
        ([999999], "text 1 is a list of token ids"),
    ],
)
def test_a_text_that_cannot_be_sent_is_named_by_its_index_and_reason(
    bad: object, word: str
) -> None:
    with pytest.raises(RefusedTextError, match=re.escape(word)) as caught:
        prepare(["good", bad, bad], None, skip=False)
    assert caught.value.index == 1
    skipped = prepare(["good", bad, "good"], None, skip=True)
    assert [it.index for it in skipped.refused] == [1]
    assert skipped.places == (0, -1, 0)


@pytest.mark.parametrize("good", ["\0", "\x1b[31m", "\u202eabc", "שלום", " ", "😀", "a\r\n"])
def test_hostile_texts_that_json_holds_are_sent(good: str) -> None:
    assert prepare([good], None, skip=False).texts[0].text == good


def test_one_text_instead_of_a_list_is_told_so() -> None:
    with pytest.raises(UsageError, match=r"write \[text\]"):
        prepare("one text", None, skip=False)


@given(st.lists(st.text(min_size=1)))
def test_equal_texts_share_a_place(texts: list[str]) -> None:
    prepared = prepare(texts, None, skip=False)
    assert [prepared.texts[place].text for place in prepared.places] == texts
    assert len(prepared.texts) == len(set(texts))


def test_a_text_that_the_model_would_not_read_to_its_end_is_cut_where_it_stops_reading() -> None:
    kept = fit_text(text("ab" * LONG), LIMITS, 10**6, cut=True)
    assert isinstance(kept, Text)
    assert (kept.text, kept.was_cut, kept.size) == ("ab" * (LONG // 2), True, LONG + 2)
    assert "2000 characters" in str(fit_text(text("ab" * LONG), LIMITS, 10**6, cut=False))


@given(st.text(min_size=1), st.integers(16, 200))
def test_what_is_left_of_a_text_fits(content: str, room: int) -> None:
    whole = text(content * 20)
    kept = fit_text(whole, LIMITS, room, cut=True)
    assert isinstance(kept, Text)
    assert kept.text
    assert kept.size == json_size(kept.text) <= room
    assert kept.was_cut == (kept.text != whole.text)


def test_a_text_that_no_request_holds_is_refused_where_it_may_not_be_cut() -> None:
    refused = fit_text(text("a" * 50), LIMITS, 40, cut=False)
    assert "needs 52 bytes" in str(refused)
