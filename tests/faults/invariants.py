"""What holds of every stack after a clean `up`, whatever came before."""

import json

from baseten_emulator.life.lifecycle import FAILED
from baseten_emulator.world.records import Deployment, Environment, Model, Secret
from baseten_tei.spec.args import EmbeddingArgs
from tests.faults.fuzz_world import NAME, OWNER, SECRET, Fuzzed
from tests.faults.fuzzing import Life


def assert_sound(life: Life) -> None:
    """One model; each environment serves the wanted digest; no duplicate, no orphan, no secret; nothing to do."""
    fuzz, args = life.fuzz, life.args
    store = fuzz.wire.world.store
    (model,) = store.all(Model)
    assert model.name == NAME
    digest = str(fuzz.driver.entries[f"{NAME}-model"].inputs["digest"])
    environments = store.all(Environment, model.id)
    deployments = {it.id: it for it in store.all(Deployment, model.id)}
    _assert_served(environments, deployments, digest, args)
    _assert_no_duplicate_and_no_orphan(life, environments, deployments, digest)
    assert [secret.name for secret in store.all(Secret)] == [SECRET]
    outputs = {name: entry.state for name, entry in fuzz.driver.entries.items()}
    assert "hf_" not in json.dumps(outputs).replace(SECRET, "")
    _assert_nothing_to_do(fuzz, args)


def _assert_served(
    environments: list[Environment],
    deployments: dict[str, Deployment],
    digest: str,
    args: EmbeddingArgs,
) -> None:
    assert {it.name for it in environments} == {"production", *args.environments}
    for environment in environments:
        assert environment.candidate is None
        serving = deployments[environment.current_deployment_id or ""]
        assert (serving.labels or {})["config_digest"] == digest
        assert serving.outcome
        assert serving.outcome.status == "ACTIVE"
        assert serving.deactivated_at is None
        assert serving.instance_type.startswith(args.accelerator or "L4")
    production = next(it for it in environments if it.name == "production")
    assert production.autoscaling["max_replica"] == args.autoscaling.max_replica


def _assert_no_duplicate_and_no_orphan(
    life: Life, environments: list[Environment], deployments: dict[str, Deployment], digest: str
) -> None:
    """A copy for each environment may exist; a version that failed or waits is known by its labels."""
    served = {it.current_deployment_id for it in environments}
    alive = [it for it in deployments.values() if not (it.outcome and it.outcome.status in FAILED)]
    same = [it.id for it in alive if (it.labels or {})["config_digest"] == digest]
    assert len(same) <= life.most_copies, same
    spare = [it.id for it in alive if it.id not in served and it.id not in same]
    assert len(spare) <= life.most_kept, spare
    owners = {(it.labels or {}).get("pulumi_stack") for it in deployments.values()}
    assert owners == {OWNER.stack}


def _assert_nothing_to_do(fuzz: Fuzzed, args: EmbeddingArgs) -> None:
    """State is platform: a refresh finds nothing, and the `up` after it asks for nothing."""
    fuzz.driver.refresh()
    fuzz.ask_emulator("DELETE", "/_emulator/calls")
    fuzz.driver.up(fuzz.program(args))
    assert fuzz.ask_emulator("GET", "/_emulator/calls")["calls"] == []
