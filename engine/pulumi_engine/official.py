"""Downloads Pulumi's own bundle at the pinned version and checks it against the sum that `checksums.txt` pins."""

import hashlib
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TypeVar

import requests

from pulumi_engine.cache import Say
from pulumi_engine.errors import EngineError
from pulumi_engine.progress import Progress
from pulumi_engine.versions import BUNDLE

RELEASES = f"https://github.com/pulumi/pulumi/releases/download/v{BUNDLE}"
CHECKSUMS = f"pulumi-{BUNDLE}-checksums.txt"
PINS = Path(__file__).with_name("checksums.txt")  # the sums that the published ones must equal
UNPINNED = "PULUMI_ENGINE_UNPINNED"  # names a bundle that needs only its published sum
DECIDE_SECONDS = 5.0  # until a release server that does not answer counts as out of reach
SUMS_SECONDS = 60.0  # for the whole file of sums, of 2 kB
DOWNLOAD_SECONDS = 1800.0  # for the whole bundle, of 150 MB: a line of 0.7 Mbit/s
LARGEST_SUMS = 1 << 20  # bytes
LARGEST_BUNDLE = 1 << 30  # bytes
_TIMEOUT = (3.05, 30.0)  # seconds to connect, and between two packets
_CHUNK = 1 << 20  # bytes
_T = TypeVar("_T")
_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def platform_name(system: str, machine: str) -> str | None:
    """Return the bundle's word for a system (`sys.platform`) and machine (`platform.machine()`)."""
    names = _SYSTEMS.get(system), _MACHINES.get(machine.lower())
    return f"{names[0]}-{names[1]}" if all(names) else None


def bundle_name(platform: str) -> str:
    """Return the archive's file name."""
    return f"pulumi-v{BUNDLE}-{platform}.tar.gz"


def parse_checksums(text: str) -> dict[str, str]:
    """Return file name to sha256, of lines like `<sum>  <name>`."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[1].lstrip("*"): pair[0].lower() for pair in pairs if len(pair) == 2}


def expected_sum(
    name: str, published: Mapping[str, str], pins: Mapping[str, str], unpinned: str = ""
) -> str:
    """Return the sum the archive must have; `unpinned` names an archive that needs no pin.

    Raises EngineError: none is published, none is pinned, or the two differ.
    """
    if name not in published:
        raise EngineError(f"{CHECKSUMS} has no sum for {name}: set PULUMI_ENGINE=build")
    if name not in pins and unpinned != name:
        raise EngineError(
            f"{PINS.name} pins no sum for {name}: set PULUMI_ENGINE=build, or add the line of a source you trust,"
            f" or set {UNPINNED}={name} to trust the release's own list"
        )
    if pins.get(name, published[name]) != published[name]:
        raise EngineError(
            f"the published sum of {name} is {published[name]}, but {PINS.name} pins {pins[name]}:"
            " do not use that download; set PULUMI_ENGINE=build, or correct the pin"
        )
    return published[name]


def reachable(base: str = RELEASES, seconds: float = DECIDE_SECONDS) -> bool:
    """Return whether the release server answers in time. A resolver that hangs is cut off too."""
    url = f"{base}/{CHECKSUMS}"
    try:
        return within(seconds, lambda: requests.head(url, timeout=seconds, allow_redirects=True).ok)
    except requests.RequestException:
        return False


def within(seconds: float, act: Callable[[], _T]) -> _T:
    """Return what `act` returns. Raises what it raises, and `requests.Timeout` if it takes longer than `seconds`.

    requests' own timeouts are between two packets: a server that drips would hold a set-up for ever.
    """
    outcome: Future[_T] = Future()

    def run() -> None:
        try:
            outcome.set_result(act())
        except BaseException as error:  # raised below, in the caller's thread
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    wait([outcome], seconds)
    if not outcome.done():
        raise requests.Timeout(f"no complete answer within {seconds:g} s")
    return outcome.result()


def _chunks(url: str, largest: int) -> Iterator[bytes]:
    """Yield the body as it comes. Raises EngineError above so many bytes."""
    done = 0
    with requests.get(url, stream=True, timeout=_TIMEOUT) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_content(_CHUNK):
            done += len(chunk)
            if done > largest:
                raise EngineError(
                    f"{url} gives more than {largest >> 20} MiB: set PULUMI_ENGINE=build"
                )
            yield chunk


def _read_published_sums(base: str) -> dict[str, str]:
    content = within(SUMS_SECONDS, lambda: b"".join(_chunks(f"{base}/{CHECKSUMS}", LARGEST_SUMS)))
    return parse_checksums(content.decode("utf-8", "replace"))


def _download(url: str, target: Path, say: Say) -> str:
    """Write the body to the target; return its sha256."""
    digest, done, progress = hashlib.sha256(), 0, Progress(say)
    with target.open("wb") as file:
        for chunk in _chunks(url, LARGEST_BUNDLE):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress.tick(f"downloaded {done >> 20} MiB")
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack the bundle's one folder, `pulumi/`, into ours."""
    with tarfile.open(archive) as bundle:
        bundle.extractall(folder, filter="data")
    archive.unlink()
    for file in (folder / "pulumi").rename(folder / ".bundle").iterdir():
        file.rename(folder / file.name)
    (folder / ".bundle").rmdir()


def _innermost(error: BaseException) -> BaseException:
    """Return what the libraries' errors were made of: `certificate verify failed`, `Name or service not known`."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def fetch(folder: Path, platform: str, say: Say, base: str = RELEASES) -> None:
    """Put the bundle's files into the folder. Raises EngineError; the folder is then no engine."""
    name = bundle_name(platform)
    say(f"downloading {name} from {base}")
    try:
        pins, unpinned = parse_checksums(PINS.read_text()), os.environ.get(UNPINNED, "")
        wanted = expected_sum(name, _read_published_sums(base), pins, unpinned)
        got = within(DOWNLOAD_SECONDS, lambda: _download(f"{base}/{name}", folder / name, say))
    except requests.RequestException as error:
        reason = " ".join(str(_innermost(error)).split())[:300]
        raise EngineError(
            f"{name} cannot be downloaded: {reason}. Try again, or set PULUMI_ENGINE=build"
        ) from error
    if got != wanted:
        raise EngineError(
            f"{name} has sha256 {got}, not the published {wanted}: the download is broken or not "
            "Pulumi's. Try again, or set PULUMI_ENGINE=build"
        )
    _unpack(folder / name, folder)
