"""GitHub and GitLab on 127.0.0.1, as far as our jobs call them. What they do not know is a loud 404.

Each behaviour says where it is from: `documented` in GitHub's REST API 2022-11-28 or GitLab's REST API v4, or
`guessed`, where the documentation leaves it open. Nothing here was measured on the real services.
"""

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REPOSITORY = "acme/search"
REPOSITORY_ID = 11
PROJECT = "42"
BOT = "github-actions[bot]"
TOKEN = "canary-forge-token-0123456789"
Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Forge:
    """Comments by pull request, oldest first; `faults` are answers that come first, one a request each."""

    me: str
    comments: dict[int, list[Json]] = field(default_factory=dict)
    pulls: list[Json] = field(default_factory=list)
    by_commit: dict[str, list[Json]] = field(default_factory=dict)
    artifacts: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Answer | None] = field(default_factory=list)
    """`None` does what is asked, and then closes the line without an answer."""
    seen: list[Seen] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    url: str = ""
    next_id: int = 1000

    def say(self, number: int, author: str, body: str) -> int:
        """A comment that is there already; its id."""
        self.next_id += 1
        self.comments.setdefault(number, []).append(self.comment(self.next_id, author, body))
        return self.next_id

    def bodies(self, number: int) -> list[str]:
        return [str(it["body"]) for it in self.comments.get(number, [])]

    def writes(self) -> list[str]:
        return [f"{it.method} {it.path}" for it in self.seen if it.method != "GET"]

    def comment(self, number: int, author: str, body: str) -> Json:
        raise NotImplementedError

    def answer(self, asked: Seen) -> Answer:
        raise NotImplementedError

    def routed(self, asked: Seen, routes: dict[str, Callable[..., Answer]]) -> Answer:
        for pattern, handler in routes.items():
            method, path = pattern.split(" ")
            if method == asked.method and (found := re.fullmatch(path, asked.path)):
                return handler(asked, *(unquote(it) for it in found.groups()))
        self.unknown.append(f"{asked.method} {asked.path}")
        return Answer(404, {"message": f"unknown request {asked.method} {asked.path}"})

    def page(self, asked: Seen, items: list[Any], key: str | None = None) -> Answer:
        """documented, both: `per_page` up to 100 (30 and 20 by default), `page`, a Link header with rel="next"."""
        size = min(int(asked.query.get("per_page", "20")), 100)
        number = int(asked.query.get("page", "1"))
        shown = items[(number - 1) * size : number * size]
        headers = {}
        if number * size < len(items):
            query = {**asked.query, "page": str(number + 1)}
            words = "&".join(f"{name}={value}" for name, value in query.items())
            headers["Link"] = f'<{self.url}{asked.path}?{words}>; rel="next", <x>; rel="last"'
        return Answer(200, {"total_count": len(items), key: shown} if key else shown, headers)


@dataclass
class GitHub(Forge):
    """A repository `acme/search` whose job token belongs to github-actions[bot].

    `permissions` are the job's, as its workflow declares them; all that there are where it is `None`.
    """

    permissions: dict[str, str] | None = None

    def comment(self, number: int, author: str, body: str) -> Json:
        return {"id": number, "user": {"login": author, "type": "Bot"}, "body": body}  # documented

    def answer(self, asked: Seen) -> Answer:
        base = f"/repos/{REPOSITORY}"
        if asked.path.startswith("/blobs/"):  # an address of the storage: it takes no token of ours
            return Answer(200, self.files[asked.path.removeprefix("/blobs/")])
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})  # documented
        if problem := self._not_permitted(asked):
            return Answer(403, {"message": f"Resource not accessible by integration: {problem}"})
        return self.routed(
            asked,
            {
                f"GET {base}/issues/(\\d+)/comments": self._list,
                f"POST {base}/issues/(\\d+)/comments": self._create,
                f"PATCH {base}/issues/comments/(\\d+)": self._update,
                f"GET {base}/pulls": self._pulls,
                f"GET {base}/commits/([0-9a-f]+)/pulls": self._of_commit,
                f"GET {base}/actions/artifacts": self._artifacts,
                f"GET {base}/actions/artifacts/(\\d+)/zip": self._zip,
            },
        )

    def _not_permitted(self, asked: Seen) -> str | None:
        """documented: what each endpoint wants of a token in a private repository."""
        scope = "actions" if "/actions/" in asked.path else "pull-requests"
        needed = ("write",) if asked.method != "GET" else ("read", "write")
        if self.permissions is None or self.permissions.get(scope) in needed:
            return None
        return f"{asked.method} {asked.path} wants {scope}: {needed[0]}"

    def upload(
        self, name: str, text: str, *, branch: str = "main", fork: bool = False, file: str = "",
        expired: bool = False, created: str = "2026-01-01T00:00:00Z",
    ) -> None:  # fmt: skip
        """An artifact that a run left; documented: `workflow_run` says which run of which repository."""
        number = len(self.artifacts) + 1
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(file or f"{name.removeprefix('state-')}.json", text)
        self.files[str(number)] = packed.getvalue()
        run = {"repository_id": REPOSITORY_ID, "head_branch": branch, "head_sha": "a" * 40}
        run["head_repository_id"] = 99 if fork else REPOSITORY_ID
        url = f"{self.url}/repos/{REPOSITORY}/actions/artifacts/{number}/zip"
        self.artifacts.append(
            {"id": number, "name": name, "expired": expired, "created_at": created,
             "archive_download_url": url, "workflow_run": run}
        )  # fmt: skip

    def _list(self, asked: Seen, number: str) -> Answer:
        return self.page(asked, self.comments.get(int(number), []))  # documented: ascending ids

    def _create(self, asked: Seen, number: str) -> Answer:
        self.say(int(number), self.me, asked.body["body"])
        return Answer(201, self.comments[int(number)][-1])

    def _update(self, asked: Seen, comment: str) -> Answer:
        for it in [one for every in self.comments.values() for one in every]:
            if it["id"] == int(comment):
                if it["user"]["login"] != self.me:
                    return Answer(403, {"message": "Resource not accessible"})  # guessed
                it["body"] = asked.body["body"]
                return Answer(200, it)
        return Answer(404, {"message": "Not Found"})

    def _pulls(self, asked: Seen) -> Answer:
        """documented: `head` is `user:branch`, `state` is open by default."""
        state, head = asked.query.get("state", "open"), asked.query.get("head")
        found = [it for it in self.pulls if it["state"] == state]
        return self.page(asked, [it for it in found if head in (None, it["head"]["label"])])

    def _of_commit(self, asked: Seen, sha: str) -> Answer:
        return self.page(asked, self.by_commit.get(sha, []))

    def _artifacts(self, asked: Seen) -> Answer:
        """documented: `name` filters exactly; guessed: the order, so it is the oldest first here."""
        found = [it for it in self.artifacts if it["name"] == asked.query.get("name", it["name"])]
        return self.page(asked, found, "artifacts")

    def _zip(self, asked: Seen, number: str) -> Answer:
        """documented: a redirect to a storage on another host."""
        del asked
        return Answer(
            302, None, {"Location": f"{self.url.replace('127.0.0.1', 'localhost')}/blobs/{number}"}
        )


class GitLab(Forge):
    """Project 42, whose token belongs to the project's bot."""

    def comment(self, number: int, author: str, body: str) -> Json:
        return {"id": number, "author": {"username": author}, "body": body, "system": False}

    def answer(self, asked: Seen) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "401 Unauthorized"})  # documented
        base = f"/api/v4/projects/{PROJECT}"
        return self.routed(
            asked,
            {
                "GET /api/v4/user": lambda _: Answer(200, {"id": 7, "username": self.me}),
                f"GET {base}/merge_requests/(\\d+)/notes": self._list,
                f"POST {base}/merge_requests/(\\d+)/notes": self._create,
                f"PUT {base}/merge_requests/(\\d+)/notes/(\\d+)": self._update,
                f"GET {base}/repository/commits/([0-9a-f]+)/merge_requests": self._of_commit,
                f"GET {base}/jobs/artifacts/([^/]+)/raw/(.+)": self._raw,
            },
        )

    def _list(self, asked: Seen, number: str) -> Answer:
        """documented: newest first unless `sort=asc`."""
        found = self.comments.get(int(number), [])
        return self.page(asked, found if asked.query.get("sort") == "asc" else found[::-1])

    def _create(self, asked: Seen, number: str) -> Answer:
        self.say(int(number), self.me, asked.body["body"])
        return Answer(201, self.comments[int(number)][-1])

    def _update(self, asked: Seen, number: str, note: str) -> Answer:
        for it in self.comments.get(int(number), []):
            if it["id"] == int(note):
                it["body"] = asked.body["body"]
                return Answer(200, it)
        return Answer(404, {"message": "404 Not found"})

    def _of_commit(self, asked: Seen, sha: str) -> Answer:
        return self.page(asked, self.by_commit.get(sha, []))

    def _raw(self, asked: Seen, ref: str, path: str) -> Answer:
        """documented: a file of the newest successful job of that name on a branch."""
        found = self.files.get(f"{ref}/{asked.query['job']}/{path}")
        return Answer(404, {"message": "404 Not Found"}) if found is None else Answer(200, found)


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """The forge at `forge.url`, for the length of a `with`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            body = json.loads(sent) if sent else None
            asked = Seen(self.command, address.path, query, dict(self.headers), body)
            forge.seen.append(asked)
            fault = forge.faults.pop(0) if forge.faults else Answer(0)
            answer = fault if fault and fault.status else forge.answer(asked)
            if fault is None:
                self.close_connection = True
                return
            self._send(answer)

        do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815  # http.server's names

        def _send(self, answer: Answer) -> None:
            raw = (
                answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            )
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pull(number: int, branch: str, sha: str, *, owner: str = "acme", state: str = "open") -> Json:
    """A pull request as the list of them shows it."""
    return {
        "number": number,
        "state": state,
        "base": {"ref": "main"},
        "head": {
            "label": f"{owner}:{branch}",
            "sha": sha,
            "repo": {"full_name": f"{owner}/search"},
        },
    }


def merged(number: int, sha: str, base: str = "main") -> Json:
    """A pull request that was merged as a commit."""
    return {
        "number": number,
        "state": "closed",
        "merged_at": "2026-01-01T00:00:00Z",
        "merge_commit_sha": sha,
        "base": {"ref": base},
    }


def workflow_run(
    branch: str, sha: str, *, owner: str = "acme", event: str = "pull_request"
) -> Json:
    """The event of a finished run; documented: `pull_requests` is empty for forks, and here always."""
    repository = {"full_name": f"{owner}/search", "owner": {"login": owner}}
    run = {"id": 77, "event": event, "conclusion": "success", "head_branch": branch,
           "head_sha": sha, "head_repository": repository, "pull_requests": []}  # fmt: skip
    return {"workflow_run": run, "repository": {"full_name": REPOSITORY, "default_branch": "main"}}
