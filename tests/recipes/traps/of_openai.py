"""OpenAI's SDK."""

from openai import OpenAI
from stack import KEY, Stack, expect_refusal


def openai_sends_all_texts_at_once(stack: Stack) -> None:
    client = OpenAI(base_url=stack.url("bge", "openai_base_url"), api_key=KEY, max_retries=0)
    with expect_refusal("413", "maximum allowed batch size"):
        client.embeddings.create(model="bge", input=stack.too_many())


def openai_waits_ten_minutes(stack: Stack) -> None:
    client = OpenAI(base_url=stack.url("bge", "openai_base_url"), api_key=KEY)
    assert (client.timeout.read, client.max_retries) == (600, 2), client.timeout
