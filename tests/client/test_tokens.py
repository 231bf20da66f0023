"""No tokenizer makes more tokens of a text than the client takes it to have at most."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from baseten_emulator.tei.model.tokens import Tokenizer as Toy
from baseten_tei_client import UsageError
from baseten_tei_client._call.prepare import find_problem, json_size
from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._router.wire import encode_body
from baseten_tei_client._spaces import Space
from baseten_tei_client._tokens import bound_tokens, make_counter
from tests.client.corpus import corpus
from tests.client.toy import toy_tokenizer

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def wordpiece() -> Tokenizer:
    """As BERT's, with a vocabulary of single characters: nothing splits a text further."""
    letters = [chr(code) for code in range(33, 0x3000)]
    words = ["[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {word: number for number, word in enumerate(words)}
    made = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=10**6)
    )
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return made


def byte_level() -> Tokenizer:
    """As RoBERTa's and Qwen's, without a single merge: a token for each byte."""
    vocabulary = {letter: n for n, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    made = Tokenizer(models.BPE({**vocabulary, "<s>": 256, "</s>": 257}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.RobertaProcessing(("</s>", 257), ("<s>", 256))
    return made


def unigram() -> Tokenizer:
    """As XLM-R's or Gemma's, knowing no character, and falling back to bytes after NFKC."""
    made = Tokenizer(
        models.Unigram([("<unk>", 0.0), ("▁", -1.0), *((it, -9.0) for it in BYTES)], 0, True)
    )
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


TOKENIZERS = {"wordpiece": wordpiece(), "byte level": byte_level(), "unigram": unigram()}


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS.keys())
@given(st.text(min_size=1))
@settings(max_examples=200)
@example("ﷺ" * 5)
@example("Ⱥİ ŉ ΐ")
@example("각각 한국어")
@example("\0\x07\u202e abc\u00a0ﬃ")
def test_no_tokenizer_makes_more_tokens_than_the_bound(tokenizer: Tokenizer, text: str) -> None:
    assert len(tokenizer.encode(text).ids) <= bound_tokens(text)


@given(st.text(min_size=1))
def test_nor_does_the_emulators(text: str) -> None:
    assert len(Toy.of("bert").tokenize(text)) <= bound_tokens(text)


@given(st.text(min_size=1))
def test_the_size_of_a_text_is_its_bytes_in_a_body(text: str) -> None:
    assert len(encode_body({"inputs": [text]})) == len(encode_body({"inputs": []})) + json_size(
        text
    )


def test_a_tokenizer_counts_exactly_with_the_prompt_and_without_its_own_truncation() -> None:
    tokenizer = wordpiece()
    tokenizer.enable_truncation(4)
    space = Space("a/b", prompt="q: ")
    count = make_counter(tokenizer, ModelOutputs("m", "embedding", "https://x", None, space=space))
    assert count(["abc", "a"]) == [2 + 2 + 3, 2 + 2 + 1]
    assert tokenizer.truncation["max_length"] == 4


def test_a_prompt_whose_text_is_not_known_cannot_be_counted() -> None:
    space = Space("a/b", prompt_name="query")
    with pytest.raises(UsageError, match="leave tokenizer out"):
        make_counter(wordpiece(), ModelOutputs("m", "embedding", "https://x", None, space=space))


def test_the_toy_tokenizer_counts_as_the_emulator_does() -> None:
    texts = [text for text in corpus(300) if find_problem(text) is None]
    toy = Toy.of("bert")
    counts = [len(encoding.ids) for encoding in toy_tokenizer().encode_batch(texts)]
    assert counts == [len(toy.tokenize(text)) for text in texts]
