"""Downloads Pulumi's own bundle at the pinned version and checks it against the sum that `checksums.txt` pins."""

import hashlib
import os
import tarfile
import threading
from collections.abc import Mapping
from pathlib import Path

import requests

from pulumi_engine.cache import Say
from pulumi_engine.errors import EngineError
from pulumi_engine.progress import Progress
from pulumi_engine.versions import PINNED

RELEASES = f"https://github.com/pulumi/pulumi/releases/download/v{PINNED}"
CHECKSUMS = f"pulumi-{PINNED}-checksums.txt"
PINS = Path(__file__).with_name("checksums.txt")  # the sums that the published ones must equal
UNPINNED = (
    "PULUMI_ENGINE_UNPINNED"  # names a bundle that may be taken with nothing but its published sum
)
DECIDE_SECONDS = 5.0  # until a release server that does not answer counts as out of reach
_TIMEOUT = (3.05, 30.0)  # seconds to connect, and between two packets
_CHUNK = 1 << 20  # bytes
_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def platform_name(system: str, machine: str) -> str | None:
    """The bundle's word for a system (`sys.platform`) and machine (`platform.machine()`)."""
    names = _SYSTEMS.get(system), _MACHINES.get(machine.lower())
    return f"{names[0]}-{names[1]}" if all(names) else None


def bundle_name(platform: str) -> str:
    """The archive's file name."""
    return f"pulumi-v{PINNED}-{platform}.tar.gz"


def parse_checksums(text: str) -> dict[str, str]:
    """File name to sha256, of lines like `<sum>  <name>`."""
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
    """Whether the release server answers in time. A resolver that hangs is cut off too."""
    answers: list[bool] = []

    def ask() -> None:
        try:
            url = f"{base}/{CHECKSUMS}"
            answers.append(requests.head(url, timeout=seconds, allow_redirects=True).ok)
        except requests.RequestException:
            answers.append(False)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answers == [True]


def _download(url: str, target: Path, say: Say) -> str:
    """Write the body to the target; its sha256."""
    digest, done, progress = hashlib.sha256(), 0, Progress(say)
    with requests.get(url, stream=True, timeout=_TIMEOUT) as answer, target.open("wb") as file:
        answer.raise_for_status()
        size = int(answer.headers.get("Content-Length", 0))
        for chunk in answer.iter_content(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress.tick(f"downloaded {done >> 20} of {size >> 20} MiB")
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """The bundle's one folder, `pulumi/`, becomes ours."""
    with tarfile.open(archive) as bundle:
        bundle.extractall(folder, filter="data")
    archive.unlink()
    for file in (folder / "pulumi").rename(folder / ".bundle").iterdir():
        file.rename(folder / file.name)
    (folder / ".bundle").rmdir()


def fetch(folder: Path, platform: str, say: Say, base: str = RELEASES) -> None:
    """Put the bundle's files into the folder. Raises EngineError; the folder is then no engine."""
    name = bundle_name(platform)
    say(f"downloading {name} from {base}")
    try:
        sums = requests.get(f"{base}/{CHECKSUMS}", timeout=_TIMEOUT)
        sums.raise_for_status()
        pins, unpinned = parse_checksums(PINS.read_text()), os.environ.get(UNPINNED, "")
        wanted = expected_sum(name, parse_checksums(sums.text), pins, unpinned)
        got = _download(f"{base}/{name}", folder / name, say)
    except requests.RequestException as error:
        raise EngineError(
            f"{name} cannot be downloaded: {error}. Try again, or set PULUMI_ENGINE=build"
        ) from error
    if got != wanted:
        raise EngineError(
            f"{name} has sha256 {got}, published is {wanted}: the download is broken or not "
            "Pulumi's. Try again, or set PULUMI_ENGINE=build"
        )
    _unpack(folder / name, folder)
