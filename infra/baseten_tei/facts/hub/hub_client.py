"""The Hugging Face Hub, read through its own client: one repository at one commit.

Nothing is kept on this machine: no cache, no login of the user's, no telemetry, for which the client would ask the Hub
for one more list and write it under `HF_HOME` (huggingface_hub 2.4.0 `utils/_headers.py`).
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from huggingface_hub import (
    HfApi,
    ModelInfo,
    constants,
    get_session,
    hf_hub_url,
    set_client_factory,
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    SafetensorsParsingError,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, but in no __all__
    build_hf_headers,
    hf_raise_for_status,
)

from baseten_tei.errors import UserError, is_sendable
from baseten_tei.facts.hub.kept_repository import files_to_read
from baseten_tei.facts.hub.repository import Repository
from baseten_tei.facts.hub.weight_files import header_files
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.httpx_client import Client2
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.tei.loading.repository_files import INDEX, MODULES

TIMEOUT_SECONDS = 10
"""To connect, and between bytes."""
BOUNDS = Bounds(seconds=60.0, size=8 * MIB)
"""Of one answer. The index of 60,000 tensors has 6 MB, a list of 10,000 files 3 MB, a config.json a few kB."""
TOKEN_VARIABLES = ("HF_TOKEN", "HF_ACCESS_KEY")
"""The first that is set; from the environment only, never from a login's files or an argument."""
_BUSY = (408, 429)
_Header = tuple[dict[str, int], dict[str, tuple[int, ...]]]
"""How many parameters there are of each dtype, and the shape of each tensor."""
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_MISREAD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What its client raises where an answer has another shape than the Hub's."""


class HubUnreachableError(Exception):
    """The Hub did not answer, or not now: nothing is known, nothing is wrong with the model."""


@dataclass(frozen=True)
class Hub:
    """Where and as whom to read. `HF_ENDPOINT` names a mirror or a Hub of one's own."""

    endpoint: str = "https://huggingface.co"
    token: str | None = field(default=None, repr=False)
    token_variable: str = TOKEN_VARIABLES[0]
    bounds: Bounds = BOUNDS

    def __post_init__(self) -> None:
        """Let the Hub's client call within bounds: it has one for all of a process."""
        set_client_factory(lambda: Client2(self.bounds))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Hub":
        """Return the Hub that the variables name. Raises `UserError`, without a token, for unusable ones."""
        endpoint = environment.get("HF_ENDPOINT", "").strip().rstrip("/") or cls.endpoint
        if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
            raise UserError(
                "HF_ENDPOINT is not a URL: write e.g. HF_ENDPOINT=https://huggingface.co"
            )
        for variable in TOKEN_VARIABLES:
            if token := environment.get(variable, "").strip():
                if not is_sendable(token):
                    raise UserError(f"{variable} holds characters that no token has: set it again")
                return cls(endpoint, token, variable)
        return cls(endpoint)

    @property
    def host(self) -> str:
        """For messages and sources; an address may hold a password."""
        parts = urlsplit(self.endpoint)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def read(self, model_id: str, revision: str, day: str) -> Repository:
        """Return the repository at what `revision` is today; `day` (ISO) goes into its source.

        Raises `UserError` (no such repository or revision, gated, token refused) and `HubUnreachableError`.
        """
        constants.HF_HUB_DISABLE_TELEMETRY = True  # read by the client at each call
        if constants.is_offline_mode():
            raise HubUnreachableError("HF_HUB_OFFLINE is set: unset it")
        with self._translate_errors(model_id, revision):
            info = self._info(model_id, revision)
        commit, sizes, terms = str(info.sha), _sizes(info), _terms(info)
        with self._translate_errors(model_id, revision, terms):
            texts = self._texts(model_id, commit, sizes)
            headers = header_files(sizes, texts.get(INDEX))
            read = {name: self._header(model_id, commit, name) for name in headers}
        return Repository(
            model_id=model_id,
            revision=revision,
            commit=commit,
            source=f"{self.host}, {day}",
            gated=bool(info.gated),
            license=terms,
            sizes=sizes,
            texts=texts,
            parameters={name: header[0] for name, header in read.items() if header},
            shapes={name: header[1] for name, header in read.items() if header},
            changed_at=info.last_modified,
        )

    @property
    def _api(self) -> HfApi:
        return HfApi(endpoint=self.endpoint, token=self.token or False)  # False: no login's token

    def _info(self, model_id: str, revision: str) -> ModelInfo:
        try:
            info = self._api.model_info(
                model_id, revision=revision, files_metadata=True, timeout=TIMEOUT_SECONDS
            )
        except _MISREAD as error:  # another server's page, or half an answer
            raise HubUnreachableError(f"{self.host} answers, but not as a Hub does") from error
        if not (isinstance(info.sha, str) and _COMMIT.fullmatch(info.sha)):
            raise HubUnreachableError(f"{self.host} does not say the commit of {model_id}")
        return info

    def _text(self, model_id: str, commit: str, name: str) -> str:
        """One small file. Not `hf_hub_download`, which makes a cache of links and locks and asks twice."""
        url = hf_hub_url(model_id, name, revision=commit, endpoint=self.endpoint)
        headers = build_hf_headers(token=self.token or False)
        response = get_session().get(url, headers=headers, timeout=TIMEOUT_SECONDS)
        hf_raise_for_status(response)
        return response.content.decode("utf-8", "replace")

    def _texts(self, model_id: str, commit: str, sizes: Mapping[str, int]) -> dict[str, str]:
        """modules.json says which folders hold more of them."""
        modules = self._text(model_id, commit, MODULES) if MODULES in sizes else None
        texts = {} if modules is None else {MODULES: modules}
        names = [name for name in files_to_read(sizes, modules) if name != MODULES]
        return texts | {name: self._text(model_id, commit, name) for name in names}

    def _header(self, model_id: str, commit: str, name: str) -> _Header | None:
        """From the header alone (two ranges at the most); `None` where it is damaged.

        Not `get_safetensors_metadata`, which writes a sharded model's index into the user's cache.
        """
        try:
            metadata = self._api.parse_safetensors_file_metadata(
                model_id, name, revision=commit, timeout=TIMEOUT_SECONDS
            )
            counts = {str(dtype): n for dtype, n in metadata.parameter_count.items()}
            shapes = {str(it): tuple(info.shape) for it, info in metadata.tensors.items()}
        except (SafetensorsParsingError, *_MISREAD):
            return None
        numbers = (*counts.values(), *(n for shape in shapes.values() for n in shape))
        fits = all(isinstance(n, int) and n >= 0 for n in numbers)
        return (counts, shapes) if fits else None

    @contextmanager
    def _translate_errors(
        self, model_id: str, revision: str, terms: str | None = None
    ) -> Iterator[None]:
        """The client's errors in our words. Its own texts may quote headers, so none is passed on."""
        try:
            yield
        except GatedRepoError as error:
            raise UserError(self._access_line(model_id, terms)) from error
        except RevisionNotFoundError as error:
            raise UserError(
                f"{model_id} has no revision {revision!r} on {self.host}: write revision: main, a tag or a commit"
            ) from error
        except RepositoryNotFoundError as error:
            raise UserError(self._missing_line(model_id)) from error
        except HfHubHTTPError as error:
            raise self._status_error(model_id, error.response.status_code) from error
        except NoAnswerError as error:
            raise self._no_answer(error) from error
        except _MISREAD as error:  # the client reads the body of an error as the Hub's
            raise HubUnreachableError(f"{self.host} answers, but not as a Hub does") from error

    def _no_answer(self, error: NoAnswerError) -> Exception:
        why = error.why
        if not why.lasting:
            return HubUnreachableError(f"{self.host} does not answer ({why.what}; {why.todo})")
        if why.unsent:
            return UserError(f"{self.host} cannot be reached ({why.what}): {why.todo}")
        return UserError(f"{self.host}: {error.call}: {why.what}: {why.todo}")

    def _status_error(self, model_id: str, status: int) -> Exception:
        if status >= 500 or status in _BUSY:
            return HubUnreachableError(f"{self.host} answers {status}")
        if status == 401 and self.token is None:  # some mirrors leave the Hub's error code out
            return UserError(self._missing_line(model_id))
        if status in (401, 403):
            return UserError(
                f"{self.host} refuses the token in {self.token_variable} for {model_id} ({status}): "
                "set one that may read it"
            )
        return UserError(
            f"{self.host} answers {status} for {model_id}: check model_id and revision"
        )

    def _missing_line(self, model_id: str) -> str:
        fix = (
            "check model_id"
            if self.token
            else "check model_id, or export HF_TOKEN if it is private"
        )
        return f"{model_id} is not on {self.host}, or private: {fix}"

    def _access_line(self, model_id: str, terms: str | None) -> str:
        licence = f" (licence {terms})" if terms else ""
        page = f"{self.host}/{model_id}"
        if self.token:
            return (
                f"{model_id} is gated{licence} and the account of {self.token_variable} may not read it: "
                f"ask for access at {page}"
            )
        return (
            f"{model_id} is gated{licence}, so its files need a token: accept the terms at {page}, "
            "export HF_TOKEN, and run `baseten-tei lock`"
        )


def _sizes(info: ModelInfo) -> dict[str, int]:
    """Return bytes by file name, of the files that are listed as files are."""
    files = [file for file in info.siblings or () if isinstance(file.rfilename, str)]
    return {it.rfilename: max(0, it.size) if isinstance(it.size, int) else 0 for it in files}


def _terms(info: ModelInfo) -> str | None:
    """Return the licence that its tags name."""
    tags = [tag for tag in info.tags or () if isinstance(tag, str)]
    return next((t.removeprefix("license:") for t in tags if t.startswith("license:")), None)
