"""No secret in any text that leaves us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.errors import looks_like_a_token, redact

TOKEN = "hf_" + "aB3" * 11
KEY = "k3y.S3cret"
around = st.text(max_size=20)


@given(before=around, after=around)
def test_a_given_secret_never_survives(before: str, after: str) -> None:
    assert KEY not in redact(f"{before}{KEY}{after}", [KEY])


@pytest.mark.parametrize("read", [f"{KEY}\n", f" {KEY}\r\n", f"\t{KEY}"])
def test_a_secret_that_was_read_with_a_line_break_never_survives(read: str) -> None:
    assert redact(f"key={KEY}, next", [read]) == "key=[secret], next"


@pytest.mark.parametrize("before", ["", "token=", "'", '{"value": "', "https://u:", "\n", "a b "])
def test_a_hugging_face_token_never_survives_even_unknown(before: str) -> None:
    assert TOKEN not in redact(f"{before}{TOKEN} rest")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("{'authorization': 'Api-Key abc'}", "{'authorization': 'Api-Key [secret]'}"),
        ("bearer abc, next", "bearer [secret], next"),
    ],
)
def test_an_authorization_header_never_survives(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_other_text_stays_as_it_is() -> None:
    text = "model 'bge': deployment abc ended as BUILD_FAILED; hf_access_key was asked for"
    assert redact(text, [None, "", "abc"]) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [(TOKEN, True), (f"Bearer {TOKEN}", True), ("hf_access_key", False), ("hf_short", False)],
)
def test_a_token_is_known_by_its_form(value: str, expected: bool) -> None:
    assert looks_like_a_token(value) is expected
