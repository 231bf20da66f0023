#!/usr/bin/env python3
"""A release, as .github/workflows/release.yml makes it of a tag.

    .venv/bin/python scripts/release.py check v0.1.0          # the tag, the versions and CHANGELOG.md agree
    .venv/bin/python scripts/release.py notes v0.1.0          # prints that version's section of CHANGELOG.md
    .venv/bin/python scripts/release.py build v0.1.0 dist     # dist/python, dist/plugins, dist/SHA256SUMS

A plugin's archive holds PulumiPlugin.yaml, __main__.py, requirements.txt and the wheel that this names: Pulumi makes a
virtual environment of them where it installs the plugin. It is the same for each system; only its name differs, as
`pulumi plugin install --server` and `pluginDownloadURL` ask for it.
"""

import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECTS = (".", "clients/python")
"""What is published to the package index, always with one version."""
PACK = "policy/PulumiPolicy.yaml"
SYSTEMS = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
DUTIES = "### What you must do"
"""Below each version of CHANGELOG.md, and be it "nothing"."""
_OWN = "../.."
"""How requirements.txt of a plugin in the repository names this package."""


def main(arguments: list[str]) -> None:
    """Run one of the commands above."""
    match arguments:
        case ["check", tag]:
            check(tag)
        case ["notes", tag]:
            print(notes(tag))
        case ["build", tag, folder]:
            build(tag, Path(folder).resolve())
        case _:
            sys.exit(__doc__)


def check(tag: str) -> str:
    """Return the version of a tag. Ends with a line for each thing that says another one."""
    version = tag.removeprefix("v")
    found = {f"{it}/pyproject.toml".removeprefix("./"): _version(it) for it in PROJECTS}
    pack = re.search(r"^version: (\S+)$", (ROOT / PACK).read_text(), re.MULTILINE)
    found[PACK] = pack[1] if pack else ""
    problems = [
        f"{name} says version {other!r}, and the tag is {tag!r}: write {version} there, or another tag"
        for name, other in found.items()
        if tag != f"v{other}"
    ]
    sys.exit("\n".join(problems)) if problems else notes(tag)
    return version


def notes(tag: str) -> str:
    """Return a version's section of CHANGELOG.md. Ends with a line where it is not whole."""
    version = tag.removeprefix("v")
    text = (ROOT / "CHANGELOG.md").read_text()
    first = re.search(r"^## .*$", text, re.MULTILINE)
    heading = first[0] if first else "nothing"
    if not re.fullmatch(rf"## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", heading):
        sys.exit(f"CHANGELOG.md begins with {heading!r}: write ## {version} (<year>-<month>-<day>)")
    section = text.partition(f"{heading}\n")[2].partition("\n## ")[0].strip()
    if DUTIES not in section:
        sys.exit(f"CHANGELOG.md: {version} has no {DUTIES!r}: write it, even if it is nothing")
    return section


def build(tag: str, folder: Path) -> None:
    """Build what a release consists of, each file once, into a folder that is empty or missing."""
    version = check(tag)
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name another folder")
    python, plugins = folder / "python", folder / "plugins"
    plugins.mkdir(parents=True)
    for project in PROJECTS:
        hatch = [sys.executable, "-m", "hatchling", "build", "-d", str(python)]
        subprocess.run(hatch, cwd=ROOT / project, check=True)
    [wheel] = python.glob("baseten_tei-*.whl")
    for source in sorted(ROOT.glob("packages/*/PulumiPlugin.yaml")):
        content = archive(source.parent, wheel)
        for system in SYSTEMS:
            name = f"pulumi-resource-{source.parent.name}-v{version}-{system}.tar.gz"
            (plugins / name).write_bytes(content)
    (folder / "SHA256SUMS").write_text("".join(_sums(folder)))


def archive(plugin: Path, wheel: Path) -> bytes:
    """Return a plugin's archive: the same bytes for the same content."""
    requirements = (plugin / "requirements.txt").read_text().replace(_OWN, f"./{wheel.name}")
    files = {
        "PulumiPlugin.yaml": (plugin / "PulumiPlugin.yaml").read_bytes(),
        "__main__.py": (plugin / "__main__.py").read_bytes(),
        "requirements.txt": requirements.encode(),
        wheel.name: wheel.read_bytes(),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def _version(project: str) -> str:
    text = (ROOT / project / "pyproject.toml").read_text()
    return str(tomllib.loads(text)["project"]["version"])


def _sums(folder: Path) -> list[str]:
    files = sorted(it for it in folder.rglob("*") if it.is_file())
    return [f"{hashlib.sha256(it.read_bytes()).hexdigest()}  {it.name}\n" for it in files]


if __name__ == "__main__":
    main(sys.argv[1:])
