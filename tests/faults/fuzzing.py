"""Random lives of a stack: {edit, fault, kill, refresh, up, a deed of somebody else's}, by seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from baseten_emulator.faults.faults import CALLS
from baseten_emulator.world.records import Deployment, Model
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import PartlyDoneError
from baseten_tei.spec.args import EmbeddingArgs
from tests.faults.fuzz_world import NAME, SECRET, Fuzzed

ACTED_OUT = frozenset({"hold", "slow_reply"})
"""Faults that take real time."""
STATES = (
    "build_failed", "deploy_failed", "slow", "no_capacity", "unhealthy", "unknown_status",
    "oom_under_load", "promotion_stuck", "promotion_failed", "settings_queued", "gpu_forbidden",
    "upload_refused", "upload_lost", "cpu_fallback", "wrong_model",
)  # fmt: skip
SURFACES = ("any", "management", "graphql", "upload", "inference")
BASE = {"model_id": "google/embeddinggemma-300m", "gated": True, "deploy_timeout_minutes": 10}
MOVES = ("edit", "edit", "fault", "kill", "refresh", "up", "up", "deed", "rotate", "clear")


@dataclass
class Life:
    """A stack under way: what its spec says now, and what was done, for whoever has to find a failure."""

    fuzz: Fuzzed
    dice: random.Random
    spec: dict[str, object] = field(default_factory=lambda: dict(BASE))
    story: list[str] = field(default_factory=list)
    most_kept: int = EmbeddingArgs.model_fields["keep_deployments"].default
    """A smaller number counts at the next release only."""
    most_environments: int = 1
    promotions_of_others: int = 0

    @property
    def args(self) -> EmbeddingArgs:
        return EmbeddingArgs.model_validate(self.spec)

    @property
    def most_copies(self) -> int:
        """Of one digest. The copy that served what is gone, or was promoted away, stays until the next release."""
        return self.most_environments + self.promotions_of_others

    def move(self) -> None:
        """One random move."""
        getattr(self, self.dice.choice(MOVES))()

    def settle(self) -> None:
        """All is well outside, nothing is pinned: what is done now has to work. Raises `UserError`.

        A version that somebody had deactivated while it was failing fails once more, and its error says what to do.
        """
        self.clear()
        self.spec["deployment"] = None
        self.fuzz.clock.advance(60)  # what somebody else has begun is over
        self.fuzz.driver.refresh()
        try:
            self.fuzz.driver.up(self.fuzz.program(self.args))
        except PartlyDoneError:
            self.fuzz.driver.up(self.fuzz.program(self.args))

    def up(self) -> None:
        """An `up`, which may fail, but only with an error that is meant for the reader."""
        self._tell("up", lambda: self.fuzz.driver.up(self.fuzz.program(self.args)))

    def refresh(self) -> None:
        """A `refresh`, which may fail like an `up`."""
        self._tell("refresh", self.fuzz.driver.refresh)

    def kill(self) -> None:
        """An `up` that dies at one of its calls: what it would have remembered later is lost."""
        wire = self.fuzz.wire
        wire.calls_left, wire.after = self.dice.randrange(30), self.dice.random() < 0.5
        self.story.append(f"cut {'after' if wire.after else 'before'} call {wire.calls_left}")
        self.up()
        if wire.cut:
            self.fuzz.driver.entries = dict(self.fuzz.known_at_the_cut)
        wire.mend()

    def edit(self) -> None:
        """Another version, other settings, or another set of environments."""
        changes = self.dice.choice(
            (
                {"max_batch_tokens": self.dice.choice((8192, 16384, 32768))},
                {"accelerator": self.dice.choice(("L4", "A10G"))},
                {"autoscaling": {"max_replica": self.dice.randint(1, 3)}},
                {"environments": self.dice.choice(({}, {"staging": {}}))},
                {"keep_deployments": self.dice.randint(0, 3)},
                {"deployment": self.dice.choice(("previous", None))},
                {"promotion": {"promotion_cleanup_strategy": self.dice.choice(("KEEP", "DEACTIVATE"))}},
            )
        )  # fmt: skip
        self.story.append(f"edit {changes}")
        self.spec |= changes
        self.most_kept = max(self.most_kept, self.args.keep_deployments)
        self.most_environments = max(self.most_environments, 1 + len(self.args.environments))

    def rotate(self) -> None:
        """Another token."""
        self.fuzz.token = f"hf_token-{self.dice.randrange(10**9):09}-0123456789"
        self.story.append("rotate")

    def fault(self) -> None:
        """A fault of calls, for a few or all of them, or one of state."""
        if self.dice.random() < 0.6:
            kind = self.dice.choice([kind for kind in CALLS if kind not in ACTED_OUT])
            more = {"on": self.dice.choice(SURFACES), "skip": self.dice.randrange(6)}
            more |= {"when": self.dice.choice(("before", "after"))}
        else:
            kind, more = self.dice.choice(STATES), {}
        calls = self.dice.choice(({}, {"calls": 1}, {"calls": 3}))
        body = {"fault": kind, **more, **calls}
        self.fuzz.ask_emulator("POST", "/_emulator/faults", body)
        self.story.append(f"fault {body}")

    def clear(self) -> None:
        """No fault is left."""
        self.fuzz.ask_emulator("DELETE", "/_emulator/faults")
        self.story.append("clear")

    def deed(self) -> None:
        """Somebody else's deed: some are refused, and none of them is ours."""
        deed = self.dice.choice(deeds(self.fuzz, self.dice))
        status = self.fuzz.asked(*deed).status
        self.promotions_of_others += status == 200 and deed[1].endswith("/promote")
        self.story.append(f"deed {deed}: {status}")

    def _tell(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
            self.story.append(what)
        except UserError as error:
            self.story.append(f"{what}: {error}")


def deeds(fuzz: Fuzzed, dice: random.Random) -> list[tuple[str, str, object]]:
    """What somebody else could do now: method, path and body."""
    names = ("delete_model", "kill_deployment", "deactivate")
    own = [("POST", "/_emulator/deeds", {"deed": it, "model": NAME}) for it in names]
    ids = [model.id for model in fuzz.wire.world.store.all(Model)]
    if not ids:
        return [*own, ("DELETE", f"/v1/secrets/{SECRET}", None)]
    model = f"/v1/models/{ids[0]}"
    deployments = [it.id for it in fuzz.wire.world.store.all(Deployment, ids[0])]
    production, one = f"{model}/environments/production", dice.choice(deployments or ["none"])
    return [
        *own,
        ("DELETE", f"/v1/secrets/{SECRET}", None),
        ("PATCH", production, {"autoscaling_settings": {"max_replica": dice.randint(1, 5)}}),
        ("PATCH", production, {"promotion_settings": {"promotion_cleanup_strategy": "KEEP"}}),
        ("DELETE", f"{model}/environments/staging", None),
        ("POST", f"{production}/promote", {"deployment_id": one}),
        ("POST", f"{model}/deployments/{one}/deactivate", None),
        ("DELETE", f"{model}/deployments/{one}", None),
    ]
