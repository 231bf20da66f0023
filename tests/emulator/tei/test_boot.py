"""Which containers start, which die, and with which last words."""

from __future__ import annotations

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.outcome import BootFailure
from baseten_emulator.tei.start.boot import start_container
from tests.support.tei_containers import MODEL_PATH, UPSTREAM, boot, config, info, last_words

GATED = "google/embeddinggemma-300m"
HUB = "text-embeddings-router --port 7997 --model-id"
DOWNLOAD = "Could not download model artifacts"
SEED_START = (
    'sh -c "text-embeddings-router --port 7997 --model-id /data/local-model'
    ' --max-client-batch-size 32 --max-concurrent-requests 40 --max-batch-tokens 32768"'
)


def test_the_seeds_config_starts_on_its_own_image() -> None:
    seed = config(
        tag="89-1.6",
        start=SEED_START,
        weights=[],
        build_commands=["git clone https://huggingface.co/BAAI/bge-base-en-v1.5 /data/local-model"],
    )
    router = start_container(seed, {})
    assert isinstance(router, Router)
    shown = info(router)
    assert (shown["version"], shown["max_concurrent_requests"]) == ("1.6.0", 40)
    assert shown["auto_truncate"] is False
    assert "served_model_name" not in shown


@pytest.mark.parametrize(
    ("accelerator", "tag"),
    [
        ("T4", "turing-1.8.3"), ("L4", "89-1.8.3"), ("L4", "86-1.8.3"), ("L4", "1.8.3"),
        ("A10G", "86-1.8.3"), ("A10G", "1.8.3"), ("A100", "1.8.3"), ("H100_40GB", "hopper-1.8.3"),
        ("B200", "100-1.9.3"), ("RTX_PRO_6000", "120-1.9"),
    ],
)  # fmt: skip
def test_an_image_compiled_for_the_gpu_starts_in_half_precision(accelerator: str, tag: str) -> None:
    shown = info(boot(accelerator=accelerator, tag=tag))
    assert shown["model_dtype"] == "float16"
    assert shown["max_batch_requests"] is None


@pytest.mark.parametrize(
    ("accelerator", "tag", "runtime", "compiled"),
    [
        ("V100", "1.8.3", 70, 80), ("A100", "86-1.8.3", 80, 86), ("A10G", "89-1.8.3", 86, 89),
        ("T4", "89-1.8.3", 75, 89), ("H100", "89-1.8.3", 90, 89), ("B300", "100-1.9.3", 103, 100),
    ],
)  # fmt: skip
def test_an_image_for_another_gpu_dies_in_teis_words(
    accelerator: str, tag: str, runtime: int, compiled: int
) -> None:
    assert (
        f"Runtime compute cap {runtime} is not compatible with compile time compute cap {compiled}"
    ) in last_words(accelerator=accelerator, tag=tag)


def test_an_instance_type_overrides_the_accelerator() -> None:
    resources = {"accelerator": "L4", "instance_type": "A100:12x144", "cpu": "1"}
    assert "Runtime compute cap 80" in last_words(resources=resources)


def test_a_gpu_image_without_a_gpu_falls_back_to_the_cpu_and_only_info_shows_it() -> None:
    router = boot(accelerator=None)
    assert info(router)["max_batch_requests"] == 4
    assert "WARN Using CPU instead" in router.boot_log


def test_a_cpu_image_forces_four_batch_requests_over_the_flag() -> None:
    shown = info(boot(tag="cpu-1.8.3", accelerator=None, flags="--max-batch-requests 64"))
    assert (shown["max_batch_requests"], shown["model_dtype"]) == (4, "float32")


def test_the_all_in_one_image_has_no_binary_of_the_usual_name() -> None:
    image = {"image": f"{UPSTREAM}:cuda-1.9.3"}
    assert "text-embeddings-router: not found" in last_words(base_image=image)
    arguments = f"--port 7997 --model-id {MODEL_PATH}"
    entry = f"/entrypoint.sh {arguments}"
    assert isinstance(boot(start=entry, base_image=image), Router)
    assert "cuda compute cap 70 is not supported" in last_words(
        start=entry, base_image=image, accelerator="V100"
    )
    assert "'nvidia-smi' command not found" in last_words(
        start=entry, base_image=image, accelerator=None
    )
    hopper = f"text-embeddings-router-90 {arguments}"
    assert "Runtime compute cap 89 is not compatible with compile time compute cap 90" in (
        last_words(start=hopper, base_image=image)
    )


@pytest.mark.parametrize("tag", ["89-1.9.4", "89-1.9.7", f"89-1.9.3@sha256:{'0a' * 32}"])
def test_a_tag_of_a_later_patch_and_one_with_a_digest_start(tag: str) -> None:
    assert isinstance(start_container(config(tag=tag), {}), Router)


@pytest.mark.parametrize(("tag", "found"), [("89-1.9.0", False), ("89-1.9.1", True)])
def test_the_entrypoint_script_is_in_every_cuda_image_from_1_9_1_on(tag: str, found: bool) -> None:
    outcome = start_container(
        config(tag=tag, start=f"/entrypoint.sh --port 7997 --model-id {MODEL_PATH}"), {}
    )
    assert isinstance(outcome, Router) is found


def test_a_grpc_image_and_an_image_that_was_never_published_do_not_start() -> None:
    assert "-grpc" in last_words(tag="89-1.8.3-grpc")
    assert "manifest unknown" in last_words(tag="120-1.8.3")
    assert "exec format error" in last_words(tag="cpu-arm64-1.9.4")
    assert "no release tag of Text Embeddings Inference" in last_words(tag="nightly")


@pytest.mark.parametrize(
    ("tag", "flags", "message"),
    [
        ("89-1.8.3", "--served-model-name x", "unexpected argument '--served-model-name' found"),
        ("89-1.8.3", "--trust-remote-code", "unexpected argument '--trust-remote-code' found"),
        ("89-1.6", "--hf-token x", "unexpected argument '--hf-token' found"),
        ("89-1.8.3", "--port 7997", "the argument '--port <PORT>' cannot be used multiple times"),
        ("89-1.8.3", "--pooling last_token", "invalid value 'last_token' for '--pooling"),
        ("89-1.8.3", "--max-batch-tokens many", "invalid digit found in string"),
        ("89-1.8.3", "--dtype", "a value is required for '--dtype <DTYPE>'"),
        ("89-1.8.3", "--auto-truncate true", "unexpected argument 'true' found"),
        ("89-1.9.1", "--auto-truncate false", "unexpected argument 'false' found"),
        ("89-1.9.2", "--auto-truncate 1", "[possible values: true, false]"),
        (
            "89-1.8.3",
            "--default-prompt a --default-prompt-name b",
            "'--default-prompt <DEFAULT_PROMPT>' cannot be used with",
        ),
    ],
)
def test_clap_refuses(tag: str, flags: str, message: str) -> None:
    assert message in last_words(tag=tag, flags=flags)


@pytest.mark.parametrize(
    ("tag", "flags", "truncates"),
    [
        ("89-1.8.3", "", False),
        ("89-1.8.3", "--auto-truncate", True),
        ("89-1.9.0", "", True),
        ("89-1.9.3", "--auto-truncate false", False),
        ("89-1.9.3", "--auto-truncate", True),
    ],
)
def test_auto_truncate_has_three_forms(tag: str, flags: str, truncates: bool) -> None:
    assert info(boot(tag=tag, flags=flags))["auto_truncate"] is truncates


def test_an_environment_variable_sets_a_flag_and_the_command_line_wins() -> None:
    variables = {"MAX_CLIENT_BATCH_SIZE": "7", "AUTO_TRUNCATE": "false", "POOLING": "last-token"}
    shown = info(boot(tag="89-1.9.0", environment_variables=variables))
    assert (shown["max_client_batch_size"], shown["auto_truncate"]) == (7, False)
    assert shown["model_type"] == {"embedding": {"pooling": "last_token"}}
    given = boot(flags="--max-client-batch-size 9", environment_variables=variables)
    assert info(given)["max_client_batch_size"] == 9


def test_an_empty_variable_for_a_number_is_fatal() -> None:
    words = last_words(environment_variables={"MAX_BATCH_REQUESTS": ""})
    assert "cannot parse integer from empty string" in words


def test_the_model_id_is_required_from_1_9_on() -> None:
    start = "text-embeddings-router --port 7997"
    assert "--model-id <MODEL_ID>" in last_words(tag="89-1.9.0", start=start)
    assert info(boot(start=start))["model_id"] == "BAAI/bge-large-en-v1.5"


@pytest.mark.parametrize("flag", ["tokenization-workers", "max-concurrent-requests"])
def test_a_zero_that_the_command_line_accepts_panics(flag: str) -> None:
    assert "panicked" in last_words(flags=f"--{flag} 0")


def test_zero_batch_tokens_leave_the_backend_unhealthy() -> None:
    assert "Model backend is not healthy" in last_words(flags="--max-batch-tokens 0")


def test_both_spellings_of_the_token_are_fatal_even_from_the_environment() -> None:
    variables = {"HF_TOKEN": "hf_a", "HF_API_TOKEN": "hf_b"}
    words = last_words(environment_variables=variables)
    assert "'--hf-token <HF_TOKEN>' cannot be used with '--hf-api-token" in words
    assert "hf_a" not in words


def test_a_batch_below_the_models_length_is_refused_or_shortens_the_input() -> None:
    small = "--max-batch-tokens 128"
    assert "cannot be lower than the model `max_input_length` (512 < 128)" in last_words(
        flags=small
    )
    assert "maximum input length is `512`" in last_words(
        tag="89-1.9.3", flags=f"{small} --auto-truncate false"
    )
    assert info(boot(tag="89-1.9.3", flags=small))["max_input_length"] == 128
    assert info(boot(tag="89-1.6", flags=small))["max_input_length"] == 512


def test_a_gated_model_needs_a_token_that_reaches_the_download() -> None:
    weights = [{"source": f"hf://{GATED}@main", "mount_location": MODEL_PATH}]
    named = [{**weights[0], "auth_secret_name": "hf_access_key"}]
    assert "401 Unauthorized" in last_words(weights=weights)
    assert DOWNLOAD in last_words(weights=named)
    assert isinstance(boot(weights=named, secrets={"hf-access-key": "hf_x"}), Router)


@pytest.mark.parametrize(
    "start",
    [
        f'sh -c "HF_TOKEN=$(cat /secrets/hf_access_key) {HUB} {GATED}"',
        f'bash -c "export HF_TOKEN=$(cat /secrets/hf_access_key); exec {HUB} {GATED}"',
        f"sh -c 'HF_TOKEN=$(cat /secrets/hf_access_key) && export HF_TOKEN && {HUB} {GATED}'",
        f'sh -c "{HUB} {GATED} --hf-token $(cat /secrets/hf_access_key)"',
    ],
)
def test_a_token_read_from_the_secret_file_downloads_a_gated_model(start: str) -> None:
    assert isinstance(boot(start=start, secrets={"hf_access_key": "hf_x"}), Router)
    words = last_words(start=start)
    assert "cat: /secrets/hf_access_key: No such file" in words or DOWNLOAD in words


def test_a_model_cache_looks_for_trusss_default_secret_unless_told_otherwise() -> None:
    start = f'bash -c "truss-transfer-cli && {HUB} {MODEL_PATH}"'
    entry = {"repo_id": GATED, "use_volume": True, "volume_folder": "cached_model"}
    told = {**entry, "runtime_secret_name": "hf_access_key"}
    secrets = {"hf_access_key": "hf_x"}
    plain = {"start": start, "weights": []}
    assert DOWNLOAD in last_words(**plain, model_cache=[entry], secrets=secrets)
    assert isinstance(boot(**plain, model_cache=[told], secrets=secrets), Router)


def test_a_model_cache_that_nobody_filled_is_an_unknown_repository_to_tei() -> None:
    entry = {"repo_id": "BAAI/bge-m3", "use_volume": True, "volume_folder": "cached_model"}
    assert "404 Not Found" in last_words(weights=[], model_cache=[entry])
    assert "404 Not Found" in last_words(weights=[])


def test_a_clone_with_a_header_counts_as_authorised() -> None:
    clone = (
        'git -c http.extraHeader="Authorization: Bearer $(cat /secrets/hf_access_key)" clone'
        f" https://huggingface.co/{GATED} {MODEL_PATH}"
    )
    assert DOWNLOAD in last_words(weights=[], build_commands=[clone])
    secrets = {"hf_access_key": "hf_x"}
    assert isinstance(boot(weights=[], build_commands=[clone], secrets=secrets), Router)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (f"HF_TOKEN=x {HUB} BAAI/bge-m3", "can't find command 'HF_TOKEN=x'"),
        ('sh -c "truss-transfer-cli"', "without starting text-embeddings-router"),
        ('sh -c "python3 serve.py"', "cannot run 'python3'"),
        ('sh -c "unclosed', "Syntax error"),
    ],
)
def test_a_start_command_that_starts_no_router_says_so(start: str, message: str) -> None:
    assert message in last_words(start=start)


def test_a_server_that_the_probes_never_reach_is_not_ready() -> None:
    assert "connection refused" in last_words(
        start=f"text-embeddings-router --model-id {MODEL_PATH}"
    )
    server = {**config()["docker_server"], "readiness_endpoint": "/ready"}
    assert "readiness_endpoint /ready answers 404" in last_words(docker_server=server)


@pytest.mark.parametrize(
    ("repo_id", "tag", "accelerator", "flags", "message"),
    [
        ("Alibaba-NLP/gte-modernbert-base", "89-1.6", "L4", "", "unknown variant `modernbert`"),
        (
            "Alibaba-NLP/gte-Qwen2-1.5B-instruct",
            "turing-1.8.3",
            "T4",
            "--auto-truncate",
            "flash attention v2",
        ),
        ("Qwen/Qwen3-Embedding-0.6B", "89-1.8.3", "L4", "--auto-truncate --dtype bf16", "'bf16'"),
        (
            "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
            *("89-1.8.3", "L4", "", "`classifier` model type is not supported for DistilBert"),
        ),
    ],
)
def test_a_model_that_this_release_cannot_load_here_dies(
    repo_id: str, tag: str, accelerator: str, flags: str, message: str
) -> None:
    assert message in last_words(repo_id, tag=tag, accelerator=accelerator, flags=flags)


def test_distilbert_classifies_in_float32_and_gemma_refuses_float16() -> None:
    distilbert = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    assert info(boot(distilbert, flags="--dtype float32"))["model_dtype"] == "float32"
    weights = [{"source": f"hf://{GATED}", "mount_location": MODEL_PATH, "auth_secret_name": "hf"}]
    gemma = {"weights": weights, "secrets": {"hf": "hf_x"}}
    assert info(boot(**gemma))["model_dtype"] == "float32"
    assert "fp32" in last_words(flags="--dtype float16", **gemma)


def test_an_unknown_default_prompt_name_lists_the_known_ones() -> None:
    mxbai = "mixedbread-ai/mxbai-embed-large-v1"
    assert 'Available prompts: ["passage"' in last_words(mxbai, flags="--default-prompt-name nope")
    assert "no prompts were found" in last_words(flags="--default-prompt-name query")


def test_an_unknown_model_is_guessed_from_the_route_and_says_so() -> None:
    router = boot("someone/own-reranker", predict_endpoint="/rerank")
    assert router.settings.facts.guessed
    assert "reranker" in info(router)["model_type"]


@pytest.mark.parametrize("stray", ["--nonsense", ""])
def test_no_secret_reaches_the_log_of_a_container_that_died(stray: str) -> None:
    start = f'sh -c "{HUB} {MODEL_PATH} {stray} $(cat /secrets/hf)"'
    outcome = start_container(config(start=start), {"hf": "hf_canary"})
    assert isinstance(outcome, BootFailure)
    assert "unexpected argument" in outcome.log_lines[0]
    assert "hf_canary" not in "\n".join(outcome.log_lines)


def test_the_hub_is_out_of_reach_for_releases_before_1_7() -> None:
    start = f"{HUB} BAAI/bge-base-en-v1.5"
    assert "relative URL without a base" in last_words(tag="89-1.6", start=start)
    assert isinstance(boot(tag="89-1.7", start=start), Router)


@pytest.mark.parametrize(
    "command",
    [
        "git clone --depth 1 https://huggingface.co/BAAI/bge-reranker-base.git /data/local-model",
        "git clone https://u:$(cat /secrets/t)@huggingface.co/BAAI/bge-reranker-base /data/local-model"
        " && git -C /data/local-model checkout 2cfc18c",
        "hf download BAAI/bge-reranker-base --revision main --local-dir /data/local-model",
        'python3 -c "from huggingface_hub import snapshot_download;'
        " snapshot_download('BAAI/bge-reranker-base', local_dir='/data/local-model')\"",
    ],
)
def test_a_model_is_known_by_the_build_command_that_fetched_it(command: str) -> None:
    router = boot(start=SEED_START, weights=[], build_commands=[command])
    assert "reranker" in info(router)["model_type"]


def test_the_configs_own_word_counts_when_nothing_else_names_the_model() -> None:
    metadata = {"repo_id": "BAAI/bge-reranker-base"}
    router = boot(start=SEED_START, weights=[], model_metadata=metadata)
    assert "reranker" in info(router)["model_type"]


def test_a_variable_that_is_set_but_not_exported_does_not_reach_the_router() -> None:
    secrets = {"hf": "hf_x"}
    start = f'sh -c "HF_TOKEN=$(cat /secrets/hf); {HUB} {GATED}"'
    assert DOWNLOAD in last_words(start=start, secrets=secrets)


def test_a_start_command_may_span_lines() -> None:
    start = f'bash -c "set -e\nexport POOLING=mean\nexec {HUB} \\\n  {MODEL_PATH}"'
    assert info(boot(start=start))["model_type"] == {"embedding": {"pooling": "mean"}}
