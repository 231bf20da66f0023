"""Texts as long as those that models get: by the name of a distribution, or from a file of the reader's own."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baseten_tei.errors import UserError

TOKENS_PER_WORD = 1.33


@dataclass(frozen=True)
class Lengths:
    """Log-normal numbers of words, cut at both ends; a word is about a token and a third."""

    median: int
    sigma: float
    least: int
    most: int

    def draw(self, dice: random.Random) -> int:
        """Return the number of words of one text."""
        words = round(self.median * dice.lognormvariate(0, self.sigma))
        return min(max(words, self.least), self.most)


SHORT_QUERIES = Lengths(median=7, sigma=0.5, least=2, most=30)
PASSAGES = Lengths(median=140, sigma=0.45, least=20, most=360)
DISTRIBUTIONS: Mapping[str, tuple[Lengths, ...]] = {
    "short-queries": (SHORT_QUERIES,),
    "passages": (PASSAGES,),
    "mixed": (SHORT_QUERIES, SHORT_QUERIES, SHORT_QUERIES, SHORT_QUERIES, PASSAGES),
}
"""Name -> lengths to draw from, each as likely as the next: `mixed` is four queries to a passage."""

COMMON = (
    "the of and to in is that for it as was with be by on not he his but at are this have from or had an they "
    "which one you were all her she there would their we him been has when who will no more if out so up said "
    "what its about than into them can only other time new some could these two may first then do any like my "
    "now over such our man me even most made after also did many off before must well back through years much "
    "where your way down should because long each just state people those too mr how little good world make "
    "very year still see own work men day get here old life both between being under three never know same "
    "last another while us might great go come since against right came take used himself few house use during "
    "without again place around however home small found thought went say part once high general upon school"
)


def generate_texts(distribution: str, count: int, seed: int) -> list[str]:
    """Return `count` texts; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311  # a load, not a secret
    common, lengths = COMMON.split(), DISTRIBUTIONS[distribution]
    return [" ".join(dice.choices(common, k=dice.choice(lengths).draw(dice))) for _ in range(count)]


def read_texts(content: str, count: int, seed: int) -> list[str]:
    """Return `count` lines of a file in an order of the seed's, repeated where it has fewer. Raises `UserError`."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    if not lines:
        raise UserError("the file of texts has no line with words: write one text a line")
    random.Random(seed).shuffle(lines)  # noqa: S311  # a load, not a secret
    return [lines[number % len(lines)] for number in range(count)]


def estimate_tokens(texts: Sequence[str]) -> float:
    """Estimate the tokens of all texts, as English on a BERT tokenizer; TEI's own count is used where it is known."""
    return TOKENS_PER_WORD * sum(len(text.split()) for text in texts)
