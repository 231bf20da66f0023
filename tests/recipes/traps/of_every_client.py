"""What holds for whoever calls TEI."""

import requests
from stack import KEY, Stack


def a_list_of_two_texts_is_one_pair(stack: Stack) -> None:
    answer = requests.post(
        stack.url("go-emotions", "classify_url"),
        headers={"Authorization": f"Api-Key {KEY}"},
        json={"inputs": ["I love this!", "I am furious."]},
        timeout=60,
    ).json()
    assert "label" in answer[0], "an answer for each text, rather than one for the pair"
