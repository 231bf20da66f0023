"""An engine in the cache is whole, or it is not there."""

import threading
from pathlib import Path

import pytest

from pulumi_engine.cache import cache_root, cached_kinds, engine_folder, publish
from pulumi_engine.decision import Kind
from pulumi_engine.versions import BUILT, BUNDLE


def make_engine(draft: Path) -> None:
    (draft / "pulumi").write_text("whole")


def fail_half_way(draft: Path) -> None:
    (draft / "pulumi").write_text("half")
    raise OSError("the disk is full")


def refuse(_draft: Path) -> None:
    raise AssertionError("made again")


def silent(_line: str) -> None:
    pass


def test_a_made_engine_is_found(tmp_path: Path) -> None:
    publish(engine_folder(tmp_path, Kind.BUILD), make_engine, silent)

    assert cached_kinds(tmp_path) == {Kind.BUILD}


def test_each_kind_is_kept_under_the_version_that_it_has(tmp_path: Path) -> None:
    assert engine_folder(tmp_path, Kind.BUILD).name == f"engine-{BUILT}-build"
    assert engine_folder(tmp_path, Kind.OFFICIAL).name == f"engine-{BUNDLE}-official"


def test_an_engine_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    folder = engine_folder(tmp_path, Kind.BUILD)
    publish(folder, make_engine, silent)

    assert publish(folder, refuse, silent) == folder


def test_a_half_made_engine_never_counts_and_leaves_nothing(tmp_path: Path) -> None:
    folder = engine_folder(tmp_path, Kind.OFFICIAL)

    with pytest.raises(OSError, match="the disk is full"):
        publish(folder, fail_half_way, silent)

    assert cached_kinds(tmp_path) == frozenset()
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_what_a_killed_set_up_left_goes_with_the_next(tmp_path: Path) -> None:
    folder = engine_folder(tmp_path, Kind.BUILD)
    left_over = tmp_path / f".{folder.name}-killed"
    make_engine(left_over) if left_over.mkdir() else None
    assert cached_kinds(tmp_path) == frozenset()

    publish(folder, make_engine, silent)

    assert not left_over.exists()


def test_two_set_ups_at_once_make_one_engine(tmp_path: Path) -> None:
    folder, made, inside = engine_folder(tmp_path, Kind.BUILD), [], threading.Event()
    second_waits, lines = threading.Event(), []

    def make_slowly(draft: Path) -> None:
        inside.set()
        assert second_waits.wait(10)
        make_engine(draft)
        made.append(draft)

    def hear(line: str) -> None:
        lines.append(line)
        second_waits.set()

    first = threading.Thread(target=publish, args=(folder, make_slowly, silent))
    first.start()
    assert inside.wait(10)
    publish(folder, refuse, hear)
    first.join()

    assert len(made) == 1
    assert "waiting for another set-up to finish" in lines[0]


def test_the_cache_is_the_users_and_not_the_checkouts() -> None:
    assert cache_root({"HOME": "/home/ada"}) == Path("/home/ada/.cache/baseten-tei")
    assert cache_root({"HOME": "/home/ada", "XDG_CACHE_HOME": "/c"}) == Path("/c/baseten-tei")
