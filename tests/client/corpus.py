"""Texts of mixed length, hostile ones among them; the same each time. Also what benchmarks/client.py embeds."""

import random

WORDS = (*(f"word{n}" for n in range(3000)), "the", "of", "and", "models", "search", "text")
OTHERS = ("мир", "שלום", "مرحبا", "猫坐在垫子上", "naïve", "😀", "한국어", "ﷺ")
GOOD_BUT_ODD = ("\0", "\x1b[2J", "\u202e", "\ufeff", '"quoted\\"', "</html>", "\r\n\t", "\u2028")
REFUSED = ("", "\ud83d", "tail \udc00")
LENGTHS = (2, 4, 8, 16, 32, 64, 128)


def corpus(size: int, long_words: int = 400, seed: int = 1) -> list[str]:
    """So many texts: of each hundred one cannot be sent, two are long, three are odd, two were there before."""
    rng = random.Random(seed)  # noqa: S311 - texts, no secrets
    texts: list[str] = []
    for n in range(size):
        texts.append(_text(rng, n, texts, long_words))
    return texts


def _text(rng: random.Random, n: int, before: list[str], long_words: int) -> str:
    kind = n % 100
    if kind == 50:
        return REFUSED[n // 100 % len(REFUSED)]
    if kind in (20, 70):
        return " ".join(rng.choices(WORDS, k=rng.randint(long_words // 2, long_words * 2)))
    if kind in (30, 60, 90):
        odd = GOOD_BUT_ODD[n // 100 % len(GOOD_BUT_ODD)]
        return f"{odd} {rng.choice(OTHERS)} {n} {odd}"
    if kind in (40, 80):
        return before[n - rng.randint(1, 9)]
    return f"{n} " + " ".join(rng.choices(WORDS, k=rng.choice(LENGTHS)))
