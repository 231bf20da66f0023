"""The table of releases: what a spec may name, what a row says of which release, and how image references are read."""

import re
from pathlib import Path

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import releases
from baseten_tei.facts.tei.flags import FLAGS
from baseten_tei.facts.tei.image_reference import ImageReference, read_image
from baseten_tei.facts.tei.images import Image, image_for, image_prefixes
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.settings import parse_settings
from tests.support.corpus import cases

UPSTREAM = releases.UPSTREAM
LOADING = Path(releases.__file__).parent / "loading"
DIGEST = f"sha256:{'0a' * 32}"


def specs_of(version: str, **more: object) -> dict[str, dict[str, object]]:
    return {"bge": {"task": "embedding", "model_id": "a/b", "tei_version": version, **more}}


def ids_of(version: str, **more: object) -> set[str]:
    (subject,) = parse_settings(specs_of(version, **more)).subjects
    return {it.rule.id for it in check_model(subject)}


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("89-1.9", ("89", "1.9", None, "1.9.4")),
        ("89-1.9.4", ("89", "1.9.4", None, "1.9.4")),
        (f"89-1.9.2@{DIGEST}", ("89", "1.9.2", DIGEST, "1.9.2")),
        ("1.8.3", ("", "1.8.3", None, "1.8.3")),
        ("latest", ("", "latest", None, "1.9.4")),
        ("hopper-latest", ("hopper", "latest", None, "1.9.4")),
        ("cpu-arm64-1.9.4", ("cpu-arm64", "1.9.4", None, "1.9.4")),
        ("cpu-ipex-1.8", ("cpu-ipex", "1.8", None, "1.8.3")),
        ("turing-1.9.7-grpc", ("turing", "1.9.7", None, "1.9.7")),
        ("v1.9.3", ("", "1.9.3", None, "1.9.3")),
        ("89-1.6", ("89", "1.6", None, "1.6")),
    ],
)
def test_a_tag_is_read_as_people_write_it(
    reference: str, read: tuple[str, str, str | None, str]
) -> None:
    found = read_image(f"{UPSTREAM}:{reference}")
    assert isinstance(found, ImageReference)
    assert (found.variant, found.version, found.digest, found.release) == read


@pytest.mark.parametrize(
    "name",
    [
        "ghcr.io/huggingface/text-embeddings-inference",
        "baseten/text-embeddings-inference-mirror",
        "registry.example:5000/mirrors/tei/text-embeddings-inference",
        "text-embeddings-inference",
    ],
)
def test_an_image_may_come_from_any_registry(name: str) -> None:
    found = read_image(f"{name}:89-1.9.3")
    assert isinstance(found, ImageReference)
    assert found.name == name
    assert read_image(f"docker://{name}:89-1.9.3") == found


def test_a_digest_that_is_known_names_its_release_and_another_one_asks_for_the_tag() -> None:
    known = releases.TABLE["digests"]["89-1.9.4"]
    found = read_image(f"{UPSTREAM}@{known}")
    assert isinstance(found, ImageReference)
    assert (found.variant, found.release) == ("89", "1.9.4")
    told = read_image(f"{UPSTREAM}@{DIGEST}")
    assert isinstance(told, str)
    assert f"write the tag as well, e.g. {UPSTREAM}:89-1.9.3@sha256:" in told


def test_an_image_without_a_tag_is_the_latest() -> None:
    found = read_image(UPSTREAM)
    assert isinstance(found, ImageReference)
    assert (found.release, found.is_moving) == (releases.NEWEST, True)


@pytest.mark.parametrize("text", ["", "vllm/vllm-openai:latest", f"{UPSTREAM}:sha-4150561", "a b"])
def test_what_names_no_release_is_not_read(text: str) -> None:
    assert read_image(text) == f"base_image {text!r} is not a release of TEI's own image"


def test_1_9_4_is_taken_without_a_warning_and_marked_as_inferred() -> None:
    assert "1.9.4" in releases.INFERRED
    assert releases.ADVISED == "1.9.3"
    assert ids_of("1.9.4") == {"TEI-LOCK-001"}
    image = image_for("L4", "1.9.4")
    assert isinstance(image, Image)
    assert image.reference == f"{UPSTREAM}:89-1.9.4"


@pytest.mark.parametrize(("version", "like"), [("1.9.5", "1.9.4"), ("1.8.2", "1.8.3"), ("1.8.4", "1.8.3")])  # fmt: skip
def test_an_unknown_patch_is_taken_as_it_is_with_a_warning_that_has_an_id(
    version: str, like: str
) -> None:
    assert releases.known_release(version) == like
    (subject,) = parse_settings(specs_of(version)).subjects
    assert subject.image == f"{UPSTREAM}:89-{version}"
    (told,) = [it for it in check_model(subject) if it.rule.id == "TEI-REL-001"]
    assert told.rule.severity == "warning"
    assert f"it is checked as {like}" in told.line


@pytest.mark.parametrize(
    ("version", "falls_back"),
    [("1.8.3", False), ("1.9.0", False), ("1.9.1", True), ("1.9.3", True), ("1.9.4", False)],
)
def test_a_release_that_misreads_a_newer_driver_is_warned_of_where_a_flag_hides_it(
    version: str, falls_back: bool
) -> None:
    hidden = {"extra_flags": ["--max-batch-requests=16"]}
    assert ("TEI-REL-002" in ids_of(version, **hidden)) == falls_back
    assert "TEI-REL-002" not in ids_of(version)
    assert "TEI-REL-002" not in ids_of(version, accelerator="CPU", **hidden)


@pytest.mark.parametrize(
    ("version", "more", "fails"),
    [
        ("1.9.0", {}, True),
        ("1.9.3", {}, True),
        ("1.9.4", {}, False),
        ("1.9.3", {"extra_flags": ("--max-batch-requests=1",)}, False),
    ],
)
def test_deberta_is_warned_of_where_padded_batches_fail(
    version: str, more: dict[str, object], fails: bool
) -> None:
    (case,) = [it for it in cases() if it.slug == "rel-deberta-padding"]
    args = case.subject.args.model_copy(update={"tei_version": version, **more})
    found = {it.rule.id for it in check_model(Subject("m", args, case.subject.facts))}
    assert ("TEI-REL-003" in found) == fails


def test_each_row_is_of_a_known_release_and_each_digest_of_an_image_that_there_is() -> None:
    rows = [row for part in ("images", "flags", "entrypoints", "changes") for row in releases.TABLE[part]]  # fmt: skip
    named = {row[end] for row in rows for end in ("since", "until") if end in row}
    assert named <= set(releases.KNOWN)
    prefixes = {row["prefix"] for row in releases.TABLE["images"]}
    for tag in releases.TABLE["digests"]:
        version = tag.rpartition("-")[2]
        assert version in releases.KNOWN
        assert tag.removesuffix(version) in prefixes
    assert set(FLAGS.values()) <= set(releases.KNOWN)


def test_the_structs_enums_and_model_types_name_releases_of_the_table() -> None:
    texts = [path.read_text("utf-8") for path in LOADING.rglob("*.json")]
    named = {it for text in texts for it in re.findall(r'"(?:since|until)": "([^"]+)"', text)}
    assert {"1.8.3", "1.9.4"} <= named <= set(releases.KNOWN)


def test_the_images_of_a_release_are_those_that_candle_was_compiled_for_there() -> None:
    assert set(image_prefixes("1.8.3")) == {75, 80, 86, 89, 90}
    assert set(image_prefixes("1.9.3")) == {75, 80, 86, 89, 90, 100, 120}
    assert Hardware(compiled=120, gpu=121).mismatch("1.9.3")
    assert Hardware(compiled=120, gpu=121).mismatch("1.9.4") is None
    assert Hardware(compiled=121, gpu=121).mismatch("1.9.9") is None
