"""Why a call got no answer, named as what it is, whichever HTTP library raised it.

Libraries wrap what happened in errors of their own (requests, urllib3, httpx and httpx2 have about forty), each with
the one below in `__cause__`, `__context__`, `reason` or its arguments: all of them are looked at.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.errors import to_plain_line
from baseten_tei.facts.network.bounds import BoundsError, LateError, RedirectsError

NETWORK = "check the network, and HTTPS_PROXY if it has a proxy"
CERTIFICATE = (
    "if a proxy signs the connections of this network, export SSL_CERT_FILE=<its CA file> and "
    "REQUESTS_CA_BUNDLE=<its CA file>"
)
_MOST_ERRORS = 50
_MOST_SAID = 120


@dataclass(frozen=True)
class NetworkError:
    """`what` happened, and what `todo`. `unsent`: the call never left; `lasting`: no further try helps."""

    what: str
    todo: str = NETWORK
    unsent: bool = False
    lasting: bool = False


class NoAnswerError(Exception):
    """A call that got no whole answer: `why`, and the `call` without host and query (`GET /v1/models`)."""

    def __init__(self, why: NetworkError, call: str) -> None:
        super().__init__(f"{call}: {why.what}")
        self.why, self.call = why, call


def explain_network_error(error: BaseException) -> NetworkError:
    """Return what an error of an HTTP library means."""
    errors = list(_below(error))
    return next(
        (why for look in (_own, _settings, _certificate, _proxy, _connecting, _odd_answer) if (why := look(errors))),
        NetworkError("the connection broke before the answer was complete"),
    )  # fmt: skip


def _own(errors: list[BaseException]) -> NetworkError | None:
    for error in errors:
        if isinstance(error, LateError):
            return NetworkError(str(error))
        if isinstance(error, BoundsError):
            return NetworkError(str(error), "check what answers at this address", lasting=True)
    return None


def _settings(errors: list[BaseException]) -> NetworkError | None:
    """Variables that no client can be made with. A proxy's URL may hold a password: it is not shown."""
    said = " ".join(str(error) for error in errors if isinstance(error, OSError | ValueError))
    if _first(errors, "FileNotFoundError", "IsADirectoryError") or "CA certificate bundle" in said:
        what = "the CA file of SSL_CERT_FILE or REQUESTS_CA_BUNDLE cannot be read"
        return NetworkError(what, "check these two variables", unsent=True, lasting=True)
    if (
        _first(errors, "ImportError", "InvalidProxyURL", "ProxySchemeUnknown")
        or "SOCKS" in said
        or "proxy URL" in said
    ):
        what = "HTTPS_PROXY (or ALL_PROXY) names a proxy that cannot be used"
        return NetworkError(
            what, "write HTTPS_PROXY=http://<host>:<port>", unsent=True, lasting=True
        )
    return None


def _certificate(errors: list[BaseException]) -> NetworkError | None:
    if refused := _first(errors, "SSLCertVerificationError"):
        said = _quote(getattr(refused, "verify_message", "") or "it is not trusted")
        return NetworkError(
            f"its certificate is not valid: {said.rstrip('.')}",
            _certificate_todo(said),
            unsent=True,
            lasting=True,
        )
    broken = next((it for it in errors if isinstance(it, ssl.SSLError)), None)
    if broken is not None and _first(errors, *_UNCONNECTED, "SSLError"):
        said = _quote(broken.reason or broken)
        todo = "check that the address speaks https, and HTTPS_PROXY"
        return NetworkError(f"TLS failed: {said}", todo, unsent=True)
    return None


def _certificate_todo(said: str) -> str:
    if "expired" in said or "not yet valid" in said:
        return "check the clock of this machine; else the server's operator has to renew it"
    if "mismatch" in said or "match" in said:
        return "check the address, and whether a proxy answers in its place"
    return CERTIFICATE


def _proxy(errors: list[BaseException]) -> NetworkError | None:
    if not (refused := _first(errors, "ProxyError", "ProxyConnectionError")):
        return None
    last = next((it for it in errors[::-1] if isinstance(it, OSError) and str(it)), refused)
    said = _quote(last)
    return NetworkError(
        f"the proxy does not let it through: {said}", "check HTTPS_PROXY", unsent=True
    )


def _connecting(errors: list[BaseException]) -> NetworkError | None:
    if _first(errors, "gaierror", "NameResolutionError"):
        todo = "check the address, DNS, and HTTPS_PROXY if this network has a proxy"
        return NetworkError("its host name does not resolve", todo, unsent=True)
    unsent = _first(errors, *_UNCONNECTED) is not None
    if _first(errors, "ConnectionRefusedError"):
        return NetworkError("connection refused", unsent=unsent)
    if _first(errors, "ConnectTimeout", "ConnectTimeoutError", "PoolTimeout"):
        return NetworkError("no connection within the time allowed", unsent=True)
    if _first(errors, "ReadTimeout", "WriteTimeout", "ReadTimeoutError", "TimeoutError"):
        return NetworkError("no answer within the time allowed")
    if _first(errors, "ConnectionResetError", "BrokenPipeError"):
        return NetworkError("the connection was reset")
    return NetworkError("no connection", unsent=True) if unsent else None


def _odd_answer(errors: list[BaseException]) -> NetworkError | None:
    if _first(errors, "TooManyRedirects"):
        return NetworkError(str(RedirectsError()), "check the address", lasting=True)
    if _first(errors, "InvalidHeader", "LocalProtocolError", "UnicodeEncodeError"):
        todo = "check that the key or token has no space, line break or letter outside ASCII"
        return NetworkError("the request cannot be sent", todo, unsent=True, lasting=True)
    if _first(errors, "InvalidURL", "UnsupportedProtocol", "MissingSchema", "InvalidSchema"):
        return NetworkError("it is not a URL", "check the address", unsent=True, lasting=True)
    return None


def _quote(thing: object) -> str:
    return to_plain_line(str(thing))[:_MOST_SAID]


_UNCONNECTED = (
    "NewConnectionError", "NameResolutionError", "ConnectError", "ConnectTimeout", "ConnectTimeoutError", "PoolTimeout",
)  # fmt: skip


def _first(errors: list[BaseException], *names: str) -> BaseException | None:
    """The first of these classes, by name: a decision imports no HTTP library (a preview would pay for it)."""
    return next(
        (it for it in errors if {kind.__name__ for kind in type(it).__mro__} & {*names}), None
    )


def _below(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made of, each once, the outermost first."""
    seen: list[BaseException] = [error]
    for here in seen:
        yield here
        inner = (here.__cause__, here.__context__, getattr(here, "reason", None), *here.args)
        for other in inner:
            if isinstance(other, BaseException) and not any(other is it for it in seen):
                seen.append(other)
        if len(seen) > _MOST_ERRORS:
            return
