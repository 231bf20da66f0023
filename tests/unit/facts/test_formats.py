"""Format versions: what is absent is version 1, a newer one is refused in a line that says what to install."""

from collections.abc import Callable
from typing import Any

import pytest

from baseten_tei import __version__
from baseten_tei.errors import UserError
from baseten_tei.facts.files import formats
from baseten_tei.facts.files.formats import (
    FORMATS,
    GOLDEN,
    LOCK,
    Format,
    check_format,
    check_json_format,
    check_writer,
)
from baseten_tei.facts.hub.lockfile import parse_lock
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.project.state_shape import check_deployment
from baseten_tei.project.verification_files import parse_verification
from baseten_tei.provider.release.golden.file import parse_golden
from baseten_tei.review.report.report_data import parse_report
from baseten_tei.review.snapshots.state_snapshot import parse_snapshot
from baseten_tei.rules.secrets.stack_file import check_stack_file


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        read()
    [line] = caught.value.problems
    return line


@pytest.mark.parametrize("kind", FORMATS, ids=lambda it: it.what)
def test_what_carries_no_version_or_an_old_one_is_read(kind: Format) -> None:
    for version in (None, 1, 1.0, "1", kind.version):
        check_format(kind, {} if version is None else {kind.key: version})


@pytest.mark.parametrize("kind", FORMATS, ids=lambda it: it.what)
def test_a_newer_one_is_refused_with_the_release_that_reads_it(kind: Format) -> None:
    newer = {kind.key: kind.version + 1, kind.release_key: "0.4.0"}
    assert refusal(lambda: check_format(kind, newer)) == (
        f"format version {kind.version + 1} of the {kind.what} is newer than {kind.version}, which baseten-tei "
        f"{__version__} reads: install 0.4.0 or newer, with `pip install 'baseten-tei>=0.4.0'`"
    )


@pytest.mark.parametrize("release", [None, 4, "0.4; rm -rf /", "'`$(id)`"])
def test_without_a_release_that_can_be_named_it_is_the_newest(release: object) -> None:
    line = refusal(lambda: check_format(GOLDEN, {"format": 3, "release": release}))
    assert line.endswith(": install the newest release, with `pip install --upgrade baseten-tei`")


@pytest.mark.parametrize("version", [0, -1, True, None, "two", "²", 1.5, [], "9" * 5000])
def test_what_is_no_version_is_refused_with_what_to_write(version: object) -> None:
    line = refusal(lambda: check_format(GOLDEN, {"format": version}))
    assert line.endswith("is not a format version: write format: 2, or leave it out")


def test_a_text_that_is_not_json_is_left_to_its_own_reader() -> None:
    for text in ("{", b"\xff", "[]", "[" * 1000):
        check_json_format(LOCK, text)


NEWER: dict[str, Callable[[], Any]] = {
    "stack configuration": lambda: check_stack_file("dev", {}, {"baseten-tei:format": "2"}),
    "lock file": lambda: parse_lock("format: 3\nentries: {}\n"),
    "golden file": lambda: parse_golden(b'{"format": 3, "vectors": []}'),
    "verification of a next": lambda: parse_verification('{"format": 2, "verdict": {}}'),
    "stack's outputs": lambda: parse_outputs('{"schema_version": 2, "embeddings": []}'),
    "snapshot": lambda: parse_snapshot('{"snapshot": 2, "resources": []}', "dev.json"),
    "report": lambda: parse_report('{"version": 3, "models": []}'),
    "resource's state": lambda: check_deployment(
        {"resources": [
            {"type": "baseten:index:Model", "urn": "urn:pulumi:a::b::baseten:index:Model::c",
             "outputs": {"format": 2.0, "name": ["of", "another", "shape"]}}
        ]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NEWER)
def test_each_reader_says_so_before_anything_else_of_a_file_that_it_cannot_know(what: str) -> None:
    line = refusal(NEWER[what])
    known = next(kind.version for kind in FORMATS if kind.what == what)
    assert (
        f"format version {known + 1} of the {what} is newer than {known}, which baseten-tei {__version__} reads"
        in line
    )


def test_every_format_has_a_reader_in_that_list() -> None:
    assert set(NEWER) == {it.what for it in FORMATS}
    assert formats.OUTPUTS.key == "schema_version"


@pytest.mark.parametrize(
    "release", ["0.0.1", "0.0.99", __version__, f"{__version__}+local", "dev", ""]
)
def test_what_this_or_an_earlier_release_generated_is_written_again(release: str) -> None:
    check_writer("file", release)


def test_what_a_later_release_generated_is_not() -> None:
    line = refusal(lambda: check_writer("file", "10.0.0"))
    assert line.startswith(
        f"the file was written by baseten-tei 10.0.0, which is newer than {__version__}"
    )
