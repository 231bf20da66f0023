"""What a model needs in one event loop: connections, permits, and the router's limits."""

import asyncio
import random
from urllib.parse import urlsplit

from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._router import performance_transport
from baseten_tei_client._router.ask import Caller, Patience, deadline_error
from baseten_tei_client._router.clock import Clock, Deadline
from baseten_tei_client._router.first_contact import Router, contact
from baseten_tei_client._router.http_transport import HttpTransport
from baseten_tei_client._router.lengths import Lengths
from baseten_tei_client._router.performance_transport import PerformanceTransport
from baseten_tei_client._router.single_flight import SingleFlight
from baseten_tei_client._router.transport import Transport
from baseten_tei_client._secrecy import Secret
from baseten_tei_client.errors import DeadlineError, UsageError
from baseten_tei_client.settings import Settings


class Session:
    """One model in one event loop."""

    def __init__(self, outputs: ModelOutputs, settings: Settings, key: Secret) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = Clock()
        self.lengths = Lengths()
        self.counts_alike: bool | None = None
        """Whether the tokenizer from the Hub counts as the router does; `None`: nobody has looked."""
        patience = Patience(settings.request_timeout, settings.hedge_after)
        self.caller = Caller(
            outputs.told_as, make_transport(outputs, settings, key), key, patience, self.clock,
            random.random,
        )  # fmt: skip
        self._outputs, self._settings = outputs, settings
        self._flight = SingleFlight(self._contact)
        self._router: Router | None = None
        self._answered_at = 0.0

    async def router(self, deadline: Deadline) -> Router:
        """Return the router once it is awake; callers that overlap share one wake and one `/info`.

        Raises what `contact` raises.
        """
        idle = self.clock.now() - self._answered_at
        if self._router is not None and idle < self._settings.wake_after:
            return self._router
        try:
            return await self._flight.join(deadline)
        except DeadlineError:
            raise
        except TimeoutError as error:
            raise deadline_error(self._outputs.told_as, deadline, "still waking up") from error

    def note_answer(self) -> None:
        """Remember that the model is awake now."""
        self._answered_at = self.clock.now()

    async def close(self) -> None:
        """Close its connections."""
        await self.caller.transport.close()

    async def _contact(self, deadline: Deadline) -> Router:
        self._router = await contact(self.caller, self._outputs, self._settings, deadline)
        self.note_answer()
        self.counts_alike = None  # another version may have woken
        return self._router


def make_transport(outputs: ModelOutputs, settings: Settings, key: Secret) -> Transport:
    """Return the transport that the settings name. Raises `UsageError` if it is not installed.

    "auto" is the performance client if installed, but not for an emulator, which it would call through the
    environment's proxy.
    """
    local = urlsplit(outputs.sync_url).scheme == "http"
    try:
        http = HttpTransport(key, settings.auth_scheme, local)
    except (ImportError, OSError, ValueError) as error:
        raise UsageError(
            "HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE has a value that cannot be used: check these variables"
        ) from error
    wanted = settings.transport
    if wanted == "auto":
        fast = performance_transport.is_installed() and not local
        wanted = "performance" if fast else "http"
    if wanted == "http":
        return http
    if not performance_transport.is_installed():
        raise UsageError(
            "transport='performance' needs the extra: pip install 'baseten-tei-client[fast]'"
        )
    return PerformanceTransport(key, outputs.sync_url, http)
