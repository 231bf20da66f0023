"""Draws a pull request's comment: `python scripts/comment_picture.py COMMENT.md PICTURE.png`.

It is rendered from Markdown with GitHub's extensions by Chromium, which must be on PATH.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

WIDTH, HEIGHT = 980, 1330
STYLE = """
body{font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Arial,sans-serif,"Noto Color Emoji";color:#1f2328;margin:24px}
body{overflow-wrap:break-word}@media (max-width:600px){body{margin:8px}}
.comment{border:1px solid #d1d9e0;border-radius:6px}.body{padding:16px}h3{margin-top:0}
.author{background:#f6f8fa;border-bottom:1px solid #d1d9e0;padding:8px 16px;color:#59636e}
table{border-collapse:collapse;display:block;width:max-content;max-width:100%;overflow:auto}
th,td{border:1px solid #d1d9e0;padding:6px 13px}
code,pre{font:85%/1.45 ui-monospace,"DejaVu Sans Mono",monospace;background:#eff1f3;border-radius:6px}
code{padding:.2em .4em}pre{padding:16px;overflow:auto}pre code{padding:0;background:none}
details{margin:8px 0}ul{padding-left:2em}.add{color:#116329;background:#dafbe1}.del{color:#82071e;background:#ffebe9}
"""
_SIGNS = {"+": "add", "-": "del"}


def render_page(markdown: str) -> str:
    """Return the comment as a page, with the details of what is pushed unfolded."""
    html = MarkdownIt("gfm-like", {"html": True}).render(markdown)
    html = html.replace("<details><summary>pushed", "<details open><summary>pushed")
    html = re.sub(r'(?<=language-diff">).*?(?=</code>)', _colour_diff, html, flags=re.DOTALL)
    return (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<style>{STYLE}</style><div class="comment">'
        f'<div class="author"><b>github-actions</b> bot commented</div><div class="body">{html}</div></div>'
    )


def _colour_diff(diff: re.Match[str]) -> str:
    lines = diff[0].splitlines()
    return "\n".join(f'<span class="{_SIGNS.get(it[:1], "")}">{it}</span>' for it in lines)


def main(comment: str, picture: str) -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "comment.html"
        file.write_text(render_page(Path(comment).read_text(encoding="utf-8")), encoding="utf-8")
        options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}",
        ]  # fmt: skip
        shot = f"--screenshot={Path(picture).resolve()}"
        subprocess.run(["chromium", *options, shot, file.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
