"""The official bundle: what is downloaded must be what was published. Served on loopback."""

import hashlib
import io
import itertools
import re
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pulumi_engine import official
from pulumi_engine.errors import EngineError
from pulumi_engine.official import (
    CHECKSUMS,
    UNPINNED,
    bundle_name,
    expected_sum,
    fetch,
    parse_checksums,
    platform_name,
    reachable,
)

NAME = bundle_name("linux-x64")
ROOT = Path(__file__).parents[2]


def a_bundle() -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as bundle:
        for name in ("pulumi", "pulumi-language-python", "pulumi-watch"):
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.mode, member.size = 0o755, len(name)
            bundle.addfile(member, io.BytesIO(name.encode()))
    return body.getvalue()


class Releases(ThreadingHTTPServer):
    """A release server that has the given files."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.base = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Releases

    def do_HEAD(self) -> None:
        body = self.server.files.get(self.path.lstrip("/"))
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.server.files.get(self.path.lstrip("/"), b""))

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def releases() -> Iterator[Releases]:
    with Releases() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def pins(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sums that are pinned in these tests: none yet."""
    (pins := tmp_path_factory.mktemp("pins") / "checksums.txt").touch()
    monkeypatch.setattr(official, "PINS", pins)
    monkeypatch.delenv(UNPINNED, raising=False)
    return pins


def publish(releases: Releases, body: bytes, sum_of: bytes) -> None:
    """Put a bundle on the release server, with the sum of these bytes both published and pinned."""
    line = f"{hashlib.sha256(sum_of).hexdigest()}  {NAME}\n"
    releases.files = {NAME: body, CHECKSUMS: line.encode()}
    official.PINS.write_text(line)


def silent(_line: str) -> None:
    pass


def test_a_bundle_with_the_published_sum_is_unpacked(releases: Releases, tmp_path: Path) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())

    fetch(tmp_path, "linux-x64", silent, releases.base)

    assert {file.name for file in tmp_path.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-watch",
    }
    assert (tmp_path / "pulumi").stat().st_mode & 0o100


def test_a_bundle_with_another_sum_is_refused_and_not_unpacked(
    releases: Releases, tmp_path: Path
) -> None:
    publish(releases, a_bundle(), sum_of=b"another file")

    with pytest.raises(EngineError, match="the download is broken or not Pulumi's"):
        fetch(tmp_path, "linux-x64", silent, releases.base)

    assert not (tmp_path / "pulumi").exists()


def test_a_published_sum_that_differs_from_the_pinned_one_is_refused_before_the_download(
    releases: Releases, tmp_path: Path, pins: Path
) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())
    pins.write_text(f"{'0' * 64}  {NAME}\n")

    with pytest.raises(EngineError, match=r"checksums.txt pins 0000"):
        fetch(tmp_path, "linux-x64", silent, releases.base)

    assert not (tmp_path / NAME).exists()


def test_every_bundle_has_a_sum_that_is_pinned_in_the_repository() -> None:
    pinned = parse_checksums((ROOT / "engine/pulumi_engine/checksums.txt").read_text())
    systems = itertools.product(("linux", "darwin"), ("x86_64", "arm64"))
    bundles = {bundle_name(str(platform_name(*system))) for system in systems}
    assert set(pinned) == bundles
    assert all(re.fullmatch("[0-9a-f]{64}", pin) for pin in pinned.values())


def test_a_bundle_without_a_pinned_sum_is_refused_before_the_download(
    releases: Releases, tmp_path: Path, pins: Path
) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())
    pins.write_text("")

    with pytest.raises(EngineError, match=f"pins no sum for {NAME}.*or set {UNPINNED}={NAME}"):
        fetch(tmp_path, "linux-x64", silent, releases.base)

    assert not (tmp_path / NAME).exists()


def test_a_bundle_without_a_pin_is_taken_where_the_user_names_it(
    releases: Releases, tmp_path: Path, pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())
    pins.write_text("")
    monkeypatch.setenv(UNPINNED, NAME)

    fetch(tmp_path, "linux-x64", silent, releases.base)

    assert (tmp_path / "pulumi").exists()


def test_a_bundle_without_a_published_sum_is_refused() -> None:
    with pytest.raises(EngineError, match=f"{CHECKSUMS} has no sum for {NAME}"):
        expected_sum(NAME, {}, {})


def test_a_missing_bundle_is_one_line_with_a_way_on(releases: Releases, tmp_path: Path) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())
    del releases.files[NAME]

    with pytest.raises(EngineError, match=r"404.*set PULUMI_ENGINE=build"):
        fetch(tmp_path, "linux-x64", silent, releases.base)


def test_a_server_that_has_the_checksums_is_reachable(releases: Releases) -> None:
    publish(releases, a_bundle(), sum_of=a_bundle())

    assert reachable(releases.base)


def test_a_server_without_them_or_none_at_all_is_not(releases: Releases) -> None:
    assert not reachable(releases.base)
    assert not reachable("http://127.0.0.1:1")


def test_checksum_files_are_read_in_both_common_forms() -> None:
    assert parse_checksums("AB  a.tar.gz\ncd *b.tar.gz\n\n# no sum here at all\n") == {
        "a.tar.gz": "ab",
        "b.tar.gz": "cd",
    }


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x64"),
        ("linux", "aarch64", "linux-arm64"),
        ("darwin", "arm64", "darwin-arm64"),
        ("freebsd14", "amd64", None),
        ("linux", "riscv64", None),
    ],
)
def test_bundles_are_named_as_pulumi_names_them(
    system: str, machine: str, name: str | None
) -> None:
    assert platform_name(system, machine) == name
