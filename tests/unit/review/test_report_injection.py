"""What a stranger writes into a spec is shown as written, and is nothing else: no Markdown, HTML, call or command."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from baseten_tei.review.forges.report_comment import MARKER
from baseten_tei.review.report.escaping import (
    JOINER,
    code_block,
    code_span,
    escape_log_line,
    escape_prose,
    show_hidden,
)
from baseten_tei.review.report.html_report import render_page
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import ChangeReport
from baseten_tei.review.report.text_report import render_text
from tests.support.reports import model_report, report_of

HOSTILE = [
    "**bold** and _italic_",
    "<img src=x onerror=alert(1)>",
    "</code></summary></details><script>alert(1)</script>",
    "<!-- baseten-tei:report -->",
    "--> <b>out of the comment</b>",
    "<!-- baseten-tei:reviewed production AAAAAAAAAAAAAAAA -->",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.png)",
    "[ref]: https://evil.example",
    "https://evil.example/path?x=1",
    "www.evil.example",
    "mail@evil.example",
    "@everyone please merge",
    "#1 and GH-2 and other/repo#3",
    "| another | cell |",
    "a\\|b\\\\|c",
    "`code` ``more`` ```fence```",
    "````\nout of the fence\n````",
    "line one\nline two\r\nline three",
    "\n\n# A heading\n\n- a list",
    "~~~\nother fence",
    "/merge\n/approve",
    "::error file=x::stopped",
    "::set-output name=a::b",
    "ok ##[error]stopped",
    "\x1b[31mred\x1b[0m\x07\x00",
    "\u202egnp.exe\u2066",
    "zero\u200bwidth\u2060joined\ufeff",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "${{ secrets.TOKEN }} $(whoami) `id`",
    "| --- | --- |\n| x | y |",
    "<details open><summary>mine</summary>",
    "x" * 1_900,
    "+ one\n1. two\n2) three\n===\n---",
    "~~gone~~ ||spoiler|| :tada: %1 ~label !3",
]  # fmt: skip

GITHUB = MarkdownIt("gfm-like", {"html": True})
_WORDS = {"text", "text_special", "code_inline"}


def rendered(word: str) -> str:
    return render_markdown(
        report_of(model_report("bge", word), model_report(f"zz{word[:190]}", word), word=word[:200])
    )


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def shape(markdown: str) -> list[tuple[str, str]]:
    """Every element that GitHub would make of it, words left out."""
    found: list[tuple[str, str]] = []
    for token in flat(GITHUB.parse(markdown)):
        kind = "words" if token.type in _WORDS else token.type
        tags = tuple(re.findall(r"</?[a-z]+>", token.content)) if kind.startswith("html") else ()
        this = (kind, f"{token.tag if kind != 'words' else ''}{tags}")
        if not (kind == "words" and found and found[-1] == this):
            found.append(this)
    return found


HARMLESS = ("code", "wbr")
"""Tags without attributes that words may become: what stands between backticks, where a long word may break."""


class Tags(HTMLParser):
    """Which tags a page opens and closes, but for harmless ones."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS or attrs:
            self.found.append(f"{tag} {sorted(name for name, _ in attrs)}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in HARMLESS:
            self.found.append(f"/{tag}")


def test_there_are_thirty_hostile_words() -> None:
    assert len(HOSTILE) >= 30


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_word_leaves_the_comment_in_the_shape_that_a_plain_one_has(word: str) -> None:
    assert shape(rendered(word)) == shape(rendered("plain"))


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_links_and_nobody_is_called(word: str) -> None:
    tokens = list(flat(GITHUB.parse(rendered(word))))
    assert not {"link_open", "image", "html_inline"} & {token.type for token in tokens}
    words = [token.content for token in tokens if token.type in ("text", "text_special")]
    assert not [text for text in words if re.search(r"(^|\s)[@#]\w", text)]


@pytest.mark.parametrize("word", HOSTILE)
def test_the_markers_stand_once_and_are_ours(word: str) -> None:
    lines = rendered(word).splitlines()
    assert lines[0] == MARKER
    assert [line for line in lines if line.startswith("<!--")] == lines[:2]
    assert lines[1].startswith("<!-- baseten-tei:reviewed production 0")


@pytest.mark.parametrize("word", HOSTILE)
def test_no_line_is_a_command_of_gitlab(word: str) -> None:
    """Quick actions are lines that begin with a slash, outside of code."""
    assert not [line for line in rendered(word).splitlines() if line.startswith("/")]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_line_of_a_log_is_a_workflow_command(word: str) -> None:
    text = render_text(report_of(model_report("bge", word), word=word[:200]))
    assert not re.search(r"^\s*::|##\[", text, re.MULTILINE)
    assert "\x1b" not in text
    assert len(text.splitlines()) == len(render_text(report_of(model_report("bge"))).splitlines())


@pytest.mark.parametrize("word", HOSTILE)
def test_a_page_has_the_same_tags_whatever_the_words(word: str) -> None:
    page = render_page(report_of(model_report("bge", word), word=word[:200]))
    diff = model_report("bge", word).diff.splitlines()
    plain = model_report("bge", diff="\n".join(["@@ -1 +1 @@", *("-x" for _ in diff[1:])]))
    assert Tags(page).found == Tags(render_page(report_of(plain))).found


@pytest.mark.parametrize("word", HOSTILE)
def test_what_was_written_can_still_be_read(word: str) -> None:
    """Escaped is not lost: the code span shows the very word, its hidden characters by number."""
    [inline] = GITHUB.parseInline(code_span(word))
    assert inline.children is not None
    [span] = inline.children
    assert (span.type, span.content) == ("code_inline", show_hidden(word))


def test_hidden_characters_are_shown_by_their_number() -> None:
    assert show_hidden("a\u202eb\x00\n") == "a\\u202eb\\u0000\\u000a"
    assert show_hidden("a\nb\ud800", keep="\n") == "a\nb\\ud800"


def test_code_in_a_sentence_stays_code() -> None:
    assert escape_prose("run `baseten-tei lock` now") == "run `baseten-tei lock` now"
    assert escape_prose("max_batch_tokens @me") == f"max\\_batch\\_tokens \\@{JOINER}me"


def test_a_block_cannot_be_closed_from_within() -> None:
    assert code_block("a\n```\nb", "diff") == "````diff\na\n```\nb\n````"


def test_a_log_line_keeps_its_words() -> None:
    assert escape_log_line("  ::error::x").replace(JOINER, "") == "  ::error::x"


def test_a_report_from_elsewhere_is_rendered_by_the_same_rules() -> None:
    report = report_of(model_report("bge", HOSTILE[2]), word="x")
    again = ChangeReport.model_validate_json(report.model_dump_json())
    assert render_markdown(again) == render_markdown(report)
