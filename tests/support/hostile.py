"""Texts that would be more than a value, were they not escaped."""

from tests.support.specs import AWKWARD

HOSTILE = [
    *AWKWARD, "'; id; '", "$(id)", "`id`", "${HOME}", "a\nPATH=/tmp", "a\r\nX=1", "fn::open", "$${a}", "a\\'b",
    "EOF", "<<EOF", "a\x00b", "{{ secrets.X }}", "${{ secrets.X }}", '"', "a' #b", "é😀",
]  # fmt: skip
