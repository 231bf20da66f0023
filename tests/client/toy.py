"""The emulator's toy tokenizer as a `tokenizer.json` would have it: the same counts, from the real library."""

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"


def toy_tokenizer() -> Tokenizer:
    """One unknown token for an ideogram, for sixteen letters of a word, for a mark; BERT's two around them."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}, "[UNK]"))
    pieces = Regex(rf"[{CJK}]|[^\W{CJK}]{{1,16}}|[^\w\s]")
    made.pre_tokenizer = pre_tokenizers.Split(pieces, "removed", invert=True)
    made.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return made
