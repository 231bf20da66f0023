"""Answers of Baseten's API, and silence, in the reader's words: one line each, whatever the body holds.

No contract for error bodies is documented; `message`, `error` and `retry_after` are what clients see.
"""

import html
import math
import re

from baseten_tei.errors import UserError, to_plain_line
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.network_errors import NETWORK, NetworkError

_MOST_READ = 16_384
"""Characters of an error's body that are looked at."""
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class ApiError(UserError):
    """A call that failed.

    `status` is what Baseten answered, `None` where no whole answer of its came. `unsent` says that the call
    never left this machine, `silent` that the same call may be answered a little later. `said` is Baseten's own
    reason.
    """

    def __init__(
        self,
        *problems: str,
        status: int | None = None,
        silent: bool = False,
        unsent: bool = False,
        retry_after_seconds: float | None = None,
        said: str = "",
    ) -> None:
        super().__init__(*problems)
        self.status = status
        self.silent = silent
        self.unsent = unsent
        self.retry_after_seconds = retry_after_seconds
        self.said = said

    @property
    def leaves_open(self) -> bool:
        """Whether the call may have taken effect all the same."""
        if self.status is None:
            return not self.unsent
        return self.status >= 500


class NotFoundError(ApiError):
    """Baseten has no such thing (404)."""


def unreachable(address: str, why: NetworkError) -> ApiError:
    """Return the error of a service that gives no whole answer.

    If nobody listens on this machine, a further try does not help.
    """
    if why.lasting and not why.unsent:
        return strange(address, why.what)
    here = address.startswith("http://")
    nobody = here and why.unsent and not why.lasting
    port = address.rpartition(":")[2]
    start = f"start the emulator with python -m baseten_emulator --port {port}"
    todo = start if nobody else why.todo
    status = ", and https://status.baseten.co" if todo == NETWORK and not here else ""
    told = f"Baseten cannot be reached at {address} ({why.what}): {todo}{status}"
    return ApiError(told, silent=not (nobody or why.lasting), unsent=why.unsent)


def cut_short(address: str) -> ApiError:
    """Return the error for an answer that broke off."""
    return ApiError(
        f"Baseten's answer from {address} breaks off: run `pulumi up` again, and check the network",
        silent=True,
    )


def strange(address: str, why: str = "") -> ApiError:
    """Return the error for an answer that is not Baseten's: something else answers there."""
    detail = f" ({why})" if why else ""
    return ApiError(f"{address} does not answer as Baseten does{detail}: check the target")


def answer_error(status: int, body: str) -> ApiError:
    """Return the error for an answer that is one."""
    said = message(body)
    if status == 404:
        return NotFoundError(f"Baseten answered 404: {said}", status=404, said=said)
    pause = retry_after_seconds(body) if status == 429 else None
    text = _error_text(status, said, pause)
    return ApiError(text, status=status, retry_after_seconds=pause, said=said)


def without_body(error: ApiError) -> ApiError:
    """Return the same error in words that hold nothing of the answer, for a call whose body is a secret."""
    if error.status is not None:
        hidden = answer_error(error.status, "its answer is not shown, as it may repeat the secret")
        hidden.retry_after_seconds = error.retry_after_seconds
        return hidden
    if error.silent or error.unsent:  # in its own words; a new one, whose traceback holds no answer
        return ApiError(*error.problems, silent=error.silent, unsent=error.unsent)
    return ApiError(
        "Baseten's answer could not be read, and is not shown, as it may repeat the secret: check the target, "
        "then run `pulumi up` again"
    )


def _error_text(status: int, said: str, pause: float | None) -> str:
    match status:
        case 401:
            return (
                "Baseten refused the API key (401): check BASETEN_API_KEY, or create a key at "
                "https://app.baseten.co/settings/api_keys"
            )
        case 402:
            return (
                f"Baseten wants a means of payment (402: {said}): add one at "
                "https://app.baseten.co/settings/billing, then run `pulumi up`"
            )
        case 403:
            return (
                f"Baseten does not allow this (403: {said}): take a key with this permission "
                "(https://app.baseten.co/settings/api_keys), or ask support@baseten.co to enable the GPU family"
            )
        case 409:
            return (
                f"Baseten answered 409: {said}: something else changed it at the same time; "
                "run `pulumi refresh`, then `pulumi up`"
            )
        case 413:
            return f"the request is larger than Baseten takes (413: {said}): make it smaller"
        case 429:
            seconds = 60 if pause is None else round(min(max(pause, 1.0), 86_400.0))
            return f"Baseten's rate limit stays exceeded (429: {said}): run `pulumi up` again in {seconds} s"
        case _ if status >= 500:
            return (
                f"Baseten answered {status}: {said}: the fault is on Baseten's side; look at "
                "https://status.baseten.co, and run `pulumi up` again"
            )
    return f"Baseten answered {status}: {said}"


def message(body: str) -> str:
    """Return what an error body says: its `message`, else its `error`, else its text; of a web page its title."""
    body = body[:_MOST_READ]
    try:
        told = decode_json(body)
        text = str(told.get("message") or told.get("error") or body)
    except (ValueError, AttributeError):
        text = _page_title(body) if body.lstrip().startswith("<") else body
    return to_plain_line(" ".join(text[:_MOST_READ].split())[:300]).rstrip(".") or "no reason given"


def _page_title(page: str) -> str:
    title = _TITLE.search(page)
    return html.unescape(title[1]) if title else "a web page"


def retry_after_seconds(body: str) -> float | None:
    """Return how long a 429 asks to wait; `None` where it does not say."""
    try:
        seconds = float(decode_json(body[:_MOST_READ])["retry_after"])
    except (ValueError, LookupError, TypeError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
