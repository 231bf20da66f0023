"""The pinned huggingface_hub client against a Hub on this machine: what is read, as whom, and what refusals say."""

import math
import socket

import pytest
from huggingface_hub import constants

from baseten_tei.errors import UserError
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.hub_client import Hub, HubUnreachableError
from baseten_tei.facts.hub.model_facts import ModelFacts, Pooling, Weights
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from tests.hub.loopback import TOKEN, LoopbackHub
from tests.hub.repositories import KINDS, embedder

DAY = "2026-11-22"


def facts(client: Hub, model_id: str, revision: str = "main") -> ModelFacts:
    """What follows from the files; those themselves are another test's."""
    found = read_facts(client.read(model_id, revision, DAY))
    return found.model_copy(update={"repository": None})


def refusal(client: Hub, model_id: str, revision: str = "main") -> str:
    with pytest.raises(UserError) as caught:
        client.read(model_id, revision, DAY)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_an_embedder_s_facts_are_those_of_its_files(hub: LoopbackHub, client: Hub) -> None:
    host = hub.address.removeprefix("http://")
    assert facts(client, "tiny/embedder") == ModelFacts(
        model_id="tiny/embedder",
        revision="main",
        commit=hub.repos["tiny/embedder"].commit,
        source=f"{host}, {DAY}",
        license="mit",
        architectures=("BertModel",),
        model_type="bert",
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        position_embedding_type="absolute",
        pad_token_id=0,
        torch_dtype="float32",
        max_seq_length=12,
        pooling=Pooling(modes=("cls",)),
        modules=("Transformer", "Pooling", "Normalize"),
        prompts={"query": "query: "},
        weights=Weights(
            format="safetensors",
            bytes=len(hub.repos["tiny/embedder"].content("model.safetensors")),
            parameters=1520,
            dtypes=("F32", "I64"),
            files=("model.safetensors",),
        ),
    )


def test_what_tei_reads_of_a_repository_is_kept(client: Hub) -> None:
    kept = read_facts(client.read("tiny/embedder", "main", DAY)).repository
    assert kept is not None
    assert {"config.json", "modules.json", "1_Pooling/config.json"} <= set(kept.files)
    assert set(kept.sizes) == {"model.safetensors", "tokenizer.json"}
    assert kept.parameters == {"F32": 1520, "I64": 16}
    assert kept.tensors
    assert sum(kept.parameters.values()) == sum(
        math.prod(shape) * len(layers)
        for found in Tensors.from_rows(kept.tensors).layers.values()
        for shape, layers in found.items()
    )


def test_without_a_pooling_config_there_is_no_pooling(client: Hub) -> None:
    found = facts(client, "tiny/embedder-without-pooling")
    assert (found.pooling, found.modules, found.max_seq_length) == (None, (), None)


def test_max_pooling_is_told(client: Hub) -> None:
    assert facts(client, "tiny/max-pooling").pooling == Pooling(modes=("max",))


@pytest.mark.parametrize(
    ("model", "count", "problem_type"),
    [
        ("tiny/reranker", 1, None),
        ("tiny/two-labels", 2, None),
        ("tiny/emotions", 28, "multi_label_classification"),
        ("tiny/ner", 5, None),
    ],
)
def test_labels_are_kept_by_number(
    client: Hub, model: str, count: int, problem_type: str | None
) -> None:
    found = facts(client, model)
    assert found.id2label == {str(i): f"label-{i}" for i in range(count)}
    assert found.label2id == {f"label-{i}": i for i in range(count)}
    assert found.problem_type == problem_type


def test_missing_label_maps_are_missing(client: Hub) -> None:
    found = facts(client, "tiny/no-label-maps")
    assert found.architectures == ("BertForSequenceClassification",)
    assert (found.id2label, found.label2id) == (None, None)


def test_token_classification_is_told_by_its_architecture(client: Hub) -> None:
    assert facts(client, "tiny/ner").architectures == ("BertForTokenClassification",)


def test_a_config_without_architectures_has_none(client: Hub) -> None:
    assert facts(client, "tiny/no-architectures").architectures is None


def test_a_slow_tokenizer_alone_is_no_tokenizer_json(client: Hub) -> None:
    assert not facts(client, "tiny/no-tokenizer").has_tokenizer_json
    assert facts(client, "tiny/embedder").has_tokenizer_json


def test_an_unsupported_model_type_is_kept_as_it_is(client: Hub) -> None:
    found = facts(client, "tiny/unsupported")
    assert (found.model_type, found.architectures) == ("t5", ("T5EncoderModel",))


def test_shards_are_counted_together(client: Hub) -> None:
    weights = facts(client, "tiny/sharded").weights
    assert weights is not None
    assert (weights.format, weights.parameters, weights.dtypes) == (
        "sharded-safetensors",
        32,
        ("BF16",),
    )
    assert weights.bytes == sum(len(KINDS["tiny/sharded"].content(name)) for name in weights.files)


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("tiny/pytorch", Weights(format="pytorch", bytes=7, files=("pytorch_model.bin",))),
        ("tiny/onnx", Weights(format="onnx", bytes=5, files=("onnx/model.onnx",))),
        ("tiny/damaged", Weights(format="safetensors", bytes=12, files=("model.safetensors",))),
    ],
)
def test_weights_without_a_readable_header_have_no_parameters(
    client: Hub, model: str, weights: Weights
) -> None:
    assert facts(client, model).weights == weights


def test_a_header_longer_than_the_first_range_is_read_whole(hub: LoopbackHub, client: Hub) -> None:
    weights = facts(client, "tiny/long-header").weights
    assert weights is not None
    assert (weights.parameters, weights.dtypes) == (3, ("F16",))
    assert sum("model.safetensors" in path for _, path, _ in hub.calls) == 2


def test_files_are_read_at_the_commit_that_the_branch_was_at(hub: LoopbackHub, client: Hub) -> None:
    facts(client, "tiny/embedder")
    asked = [path for _, path, _ in hub.calls]
    assert asked[0] == "/api/models/tiny/embedder/revision/main?blobs=true"
    at = f"/tiny/embedder/resolve/{hub.repos['tiny/embedder'].commit}/"
    assert asked[1:]
    assert all(path.startswith(at) for path in asked[1:])


def test_a_commit_is_a_revision_too(hub: LoopbackHub, client: Hub) -> None:
    commit = hub.repos["tiny/embedder"].commit
    found = facts(client, "tiny/embedder", commit)
    assert (found.revision, found.commit) == (commit, commit)


def test_a_repository_that_is_not_there_is_told_with_what_to_check(
    hub: LoopbackHub, client: Hub
) -> None:
    host = hub.address.removeprefix("http://")
    assert refusal(client, "tiny/nothing") == (
        f"tiny/nothing is not on {host}, or private: check model_id, or export HF_TOKEN if it is private"
    )
    known = Hub(hub.address, TOKEN)
    assert refusal(known, "tiny/nothing").endswith("or private: check model_id")


def test_a_private_repository_is_read_with_a_token_alone(hub: LoopbackHub, client: Hub) -> None:
    assert "tiny/private is not on" in refusal(client, "tiny/private")
    assert facts(Hub(hub.address, TOKEN), "tiny/private").model_type == "bert"


def test_a_revision_that_is_not_there_is_told_with_what_to_write(
    hub: LoopbackHub, client: Hub
) -> None:
    host = hub.address.removeprefix("http://")
    assert refusal(client, "tiny/embedder", "v9/rc") == (
        f"tiny/embedder has no revision 'v9/rc' on {host}: write revision: main, a tag or a commit"
    )


def test_a_gated_repository_without_a_token_says_its_licence_and_what_to_do(
    hub: LoopbackHub, client: Hub
) -> None:
    host = hub.address.removeprefix("http://")
    assert refusal(client, "tiny/gated") == (
        "tiny/gated is gated (licence gemma), so its files need a token: accept the terms at "
        f"{host}/tiny/gated, export HF_TOKEN, and run `baseten-tei lock`"
    )


def test_a_gated_repository_is_read_with_a_token_and_known_as_gated(hub: LoopbackHub) -> None:
    found = facts(Hub(hub.address, TOKEN), "tiny/gated")
    assert (found.gated, found.license, found.model_type) == (True, "gemma", "bert")


def test_a_token_that_the_hub_refuses_is_named_by_its_variable_and_not_shown(
    hub: LoopbackHub,
) -> None:
    stranger = Hub(hub.address, "hf_someoneElsesTokenAltogether", "HF_ACCESS_KEY")
    told = refusal(stranger, "tiny/embedder")
    assert "refuses the token in HF_ACCESS_KEY for tiny/embedder (401)" in told
    assert "hf_someone" not in told + repr(stranger)


def test_the_token_comes_from_the_environment_and_goes_to_the_endpoint(hub: LoopbackHub) -> None:
    environment = {"HF_ENDPOINT": hub.address + "/", "HF_ACCESS_KEY": f"{TOKEN}\n"}
    facts(Hub.from_environment(environment), "tiny/gated")
    assert {sent for _, _, sent in hub.calls} == {f"Bearer {TOKEN}"}


def test_a_login_on_this_machine_is_not_used(
    hub: LoopbackHub, client: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)  # the client would take it by itself
    facts(client, "tiny/embedder")
    assert {sent for _, _, sent in hub.calls} == {None}


@pytest.mark.parametrize("value", ["hf_two words", "hf_\x07bell", "hf_ünicode"])
def test_a_token_with_impossible_characters_is_refused_unseen(value: str) -> None:
    with pytest.raises(UserError) as caught:
        Hub.from_environment({"HF_TOKEN": value})
    assert str(caught.value) == "HF_TOKEN holds characters that no token has: set it again"


@pytest.mark.parametrize("value", ["huggingface.co", "ftp://x", "https://"])
def test_an_endpoint_that_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(UserError, match=r"HF_ENDPOINT is not a URL: write e.g. HF_ENDPOINT=https"):
        Hub.from_environment({"HF_ENDPOINT": value})


def test_a_password_in_the_endpoint_is_in_no_message() -> None:
    assert Hub("https://me:secret@mirror.example:8443/hub").host == "mirror.example:8443"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_says_nothing_of_the_model(
    hub: LoopbackHub, client: Hub, status: int
) -> None:
    hub.broken = status
    with pytest.raises(HubUnreachableError, match=f"answers {status}"):
        client.read("tiny/embedder", "main", DAY)


def test_a_page_of_another_kind_is_no_hub(hub: LoopbackHub, client: Hub) -> None:
    hub.broken = 200
    with pytest.raises(HubUnreachableError, match="answers, but not as a Hub does"):
        client.read("tiny/embedder", "main", DAY)


def test_no_hub_at_all_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # taken and deaf
        with pytest.raises(
            HubUnreachableError, match=r"does not answer \(connection refused; check the network"
        ):
            Hub(f"http://127.0.0.1:{free.getsockname()[1]}").read("tiny/embedder", "main", DAY)


def test_offline_mode_is_named(client: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE is set: unset it"):
        client.read("tiny/embedder", "main", DAY)


def test_the_loopback_hub_refuses_what_it_does_not_know(hub: LoopbackHub) -> None:
    assert hub.answer("/api/models", {})[0] == 404
    assert b"does not know /api/whoami-v2" in hub.answer("/api/whoami-v2", {})[2]


def test_another_commit_follows_from_other_files(hub: LoopbackHub) -> None:
    before = embedder().commit
    assert embedder("mean_tokens").commit != before == hub.repos["tiny/embedder"].commit
