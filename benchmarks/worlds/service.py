"""The search service of examples/search-service at work beside the consumers, and somebody who looks at its page."""

import json
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from tests.support.harness import ROOT

EXAMPLE = ROOT / "examples" / "search-service"
PYTHON = ROOT / ".venv-search-service" / "bin" / "python"
ROLES = {"embedding": "bge", "reranker": "bge-reranker", "classifier": "go-emotions"}
OLD_FILE, NEW_FILE = "index.db", "next.db"
"""The files of the two indexes, until the service switches, which exchanges them."""
LOOK_EVERY_SECONDS = 1.0
SECONDS_TO_FOLLOW = 120


@dataclass
class Service:
    """One service for the whole time: it is never started again, and follows its settings and its index."""

    folder: Path
    environment: Mapping[str, str]
    searches: int = 0
    failures: list[str] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    """What its page showed, whenever that was something else than before."""
    address: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    def configure(self, outputs: Mapping[str, Any]) -> None:
        """Write its settings, as a deploy of its own stack does; they come into place whole."""
        models = {name: outputs["models"][name] for name in ROLES.values()}
        settings = {"schema_version": outputs["schema_version"], "models": models, "roles": ROLES}
        new = self.folder / "settings.json.new"
        new.write_text(json.dumps(settings))
        new.replace(self.folder / "settings.json")

    def start(self) -> None:
        """Serve, and search once a second. Raises `RuntimeError` if it does not start."""
        subprocess.run(
            [ROOT / "scripts/venv-of.sh", "examples/search-service", "clients/python"], check=True
        )
        self._process = subprocess.Popen(
            self._command("serve", "--port", "0"), cwd=EXAMPLE, env=self.environment,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the search service did not start")
        self.address = line.partition(" at ")[2].split()[0]
        print(f"    the service's page: {self.address}", flush=True)
        self._looking = threading.Thread(target=self._look_all_the_time)
        self._looking.start()

    def switch(self) -> None:
        """Let it search the next index; it notices within a second."""
        subprocess.run(self._command("switch"), cwd=EXAMPLE, env=self.environment, check=True)

    def wait_until(self, model_id: str, role: str) -> None:
        """Wait until its page shows that it searches with this model. Raises `RuntimeError` if it never does."""
        deadline = time.monotonic() + SECONDS_TO_FOLLOW
        while time.monotonic() < deadline:
            searched = (
                [it for it in self.shown[-1]["spaces"] if it["searched"]] if self.shown else []
            )
            if [(it["model_id"], it["role"]) for it in searched] == [(model_id, role)]:
                return
            time.sleep(0.1)
        raise RuntimeError(
            f"the service does not search with {model_id} as {role}: {self.shown[-1:]}"
        )

    def end(self) -> None:
        """End it, and the looking."""
        self._ended.set()
        if self.address:
            self._looking.join()
            self._process.terminate()
            self._process.wait()

    def _command(self, *words: str) -> list[str | Path]:
        files = {"--settings": "settings.json", "--index": OLD_FILE, "--next": NEW_FILE}
        options = [it for key, name in files.items() for it in (key, self.folder / name)]
        return [PYTHON, "-m", "search_service", words[0], *options, *words[1:]]

    def _look_all_the_time(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._ended.wait(LOOK_EVERY_SECONDS):
                self._search(session)

    def _search(self, session: requests.Session) -> None:
        self.searches += 1
        try:
            found = session.get(
                f"{self.address}/api/search", params={"q": "the old bicycle"}, timeout=60
            )
            about = session.get(f"{self.address}/api/about", timeout=60)
        except requests.RequestException as error:
            self.failures.append(repr(error))
            return
        self.failures += [
            f"{it.status_code} {it.text}" for it in (found, about) if it.status_code != 200
        ]
        if about.status_code == 200 and about.json() not in self.shown[-1:]:
            self.shown.append(about.json())
