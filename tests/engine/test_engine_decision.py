"""Which engine a described machine gets."""

from pathlib import Path

import pytest

from pulumi_engine.decision import (
    Installed,
    Kind,
    Machine,
    choose,
    parse_forced,
)
from pulumi_engine.errors import EngineError
from pulumi_engine.versions import OLDEST_PULUMI, Version, parse_version

GOOD = Installed(Path("/usr/bin/pulumi"), Version(3, 260, 0), has_language_host=True)
OLD = Installed(Path("/usr/bin/pulumi"), Version(3, 100, 0), has_language_host=True)
ALONE = Installed(Path("/usr/bin/pulumi"), Version(3, 260, 0), has_language_host=False)
MUTE = Installed(Path("/usr/bin/pulumi"), None, has_language_host=True)
GO = Version(1, 26, 0)
ONLINE = {"platform": "linux-x64", "releases": True}


@pytest.mark.parametrize(
    ("machine", "kind"),
    [
        (Machine(installed=GOOD, go=GO, **ONLINE), Kind.PATH),
        (Machine(installed=GOOD, cached=frozenset(Kind)), Kind.PATH),
        (Machine(installed=OLD, go=GO, **ONLINE), Kind.OFFICIAL),
        (Machine(installed=ALONE, go=GO, **ONLINE), Kind.OFFICIAL),
        (Machine(installed=MUTE, go=GO, **ONLINE), Kind.OFFICIAL),
        (Machine(go=GO, **ONLINE), Kind.OFFICIAL),
        (Machine(cached=frozenset({Kind.OFFICIAL, Kind.BUILD})), Kind.OFFICIAL),
        (Machine(platform="linux-x64", releases=False, go=GO), Kind.BUILD),
        (Machine(platform=None, releases=True, go=GO), Kind.BUILD),
        (Machine(cached=frozenset({Kind.BUILD})), Kind.BUILD),
        (Machine(cached=frozenset({Kind.BUILD}), **ONLINE), Kind.OFFICIAL),
    ],
)
def test_the_official_engine_is_preferred_wherever_it_can_be_had(
    machine: Machine, kind: Kind
) -> None:
    assert choose(machine).kind is kind


def test_a_choice_says_why_the_earlier_paths_were_not_taken() -> None:
    machine = Machine(installed=OLD, platform="linux-x64", releases=False, go=GO)

    why = choose(machine).why

    assert f"/usr/bin/pulumi is 3.100.0, older than {OLDEST_PULUMI}" in why
    assert "releases cannot be reached" in why


def test_the_oldest_accepted_engine_is_accepted() -> None:
    oldest = Installed(Path("/p"), OLDEST_PULUMI, has_language_host=True)

    assert choose(Machine(installed=oldest)).kind is Kind.PATH


@pytest.mark.parametrize(
    ("go", "words"),
    [(None, "no go on PATH (install Go 1.25.0"), (Version(1, 24, 9), "go is 1.24.9 (install Go")],
)
def test_a_machine_that_can_have_no_engine_is_told_what_to_install(
    go: Version | None, words: str
) -> None:
    with pytest.raises(EngineError) as told:
        choose(Machine(platform="linux-x64", releases=False, go=go))

    assert words in str(told.value)
    assert "no pulumi on PATH" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_forced_path_is_taken_whatever_is_preferred(kind: Kind) -> None:
    machine = Machine(installed=GOOD, go=GO, **ONLINE)

    assert choose(machine, forced=kind).kind is kind


@pytest.mark.parametrize("kind", list(Kind))
def test_a_forced_path_that_is_not_free_is_an_error_and_no_other_is_taken(kind: Kind) -> None:
    with pytest.raises(EngineError, match=f"PULUMI_ENGINE={kind} cannot be done"):
        choose(Machine(), forced=kind)


def test_an_unknown_forced_path_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(EngineError, match="PULUMI_ENGINE=brew is not one of path, official, build"):
        parse_forced("brew")


def test_an_empty_preference_is_none() -> None:
    assert parse_forced("") is None


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("v3.259.0", Version(3, 259, 0)),
        ("v3.260.1-alpha.1+dirty\n", Version(3, 260, 1)),
        ("go1.26", Version(1, 26, 0)),
        ("go version go1.25.11 linux/amd64", Version(1, 25, 11)),
        ("devel go1.27-abcdef", Version(1, 27, 0)),
        ("command not found", None),
    ],
)
def test_versions_are_read_out_of_what_tools_print(told: str, version: Version | None) -> None:
    assert parse_version(told) == version
