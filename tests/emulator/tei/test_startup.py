"""The router's start-up rules: what each file of a repository must hold, and what TEI says when not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tei_containers import MODEL_PATH, answer, info, refusal
from tests.support.tei_repositories import (
    BERT,
    CLASSIFIER,
    GONE,
    HUB_START,
    MEAN,
    REPO,
    RERANKER,
    death,
    files,
    log_of,
    running,
    start,
)  # fmt: skip

OLD, NEW = "89-1.8.3", "89-1.9.3"
BOTH = (OLD, NEW)
POOLING = "1_Pooling/config.json"
LENGTHS = "sentence_bert_config.json"
PROMPTS = "config_sentence_transformers.json"
PARSE = "Failed to parse `config.json`"
UNFIT = "Could not start Candle backend: Could not start backend: "
UNHEALTHY = "Error: Model backend is not healthy"
OUT_OF_MEMORY = 'DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")'


def classifier(**fields: Any) -> dict[str, Any]:
    return files(**{**CLASSIFIER, **fields})


def files_of_type(model_type: str, **fields: Any) -> dict[str, Any]:
    """A model of another type; pooling stays with the repository's own file."""
    return files(**{"architectures": ["SomeModel"], "model_type": model_type, **fields})


CONFIG_IS_REFUSED = {
    "no architectures": (files(architectures=GONE), BOTH, "missing field `architectures` at line"),
    "architectures null": (
        files(architectures=None), BOTH, "invalid type: null, expected a sequence at line",
    ),
    "no model_type": (files(model_type=GONE), BOTH, "missing field `model_type` at line"),
    "id2label with numbers": (
        classifier(id2label={"0": 1}), BOTH, "invalid type: integer `1`, expected a string at line",
    ),
    "label2id with texts": (
        classifier(label2id={"bad": "0"}), BOTH,
        'invalid type: string "0", expected usize at line',
    ),
    "a negative pad_token_id": (
        files(pad_token_id=-1), BOTH, "invalid value: integer `-1`, expected usize at line",
    ),
    "pad_token_id null on 1.8.3": (
        files(pad_token_id=None), (OLD,), "invalid type: null, expected usize at line",
    ),
    "no positions": (
        files(max_position_embeddings=GONE), BOTH, "missing field `max_position_embeddings` at",
    ),
    "both names for positions": (
        files(n_positions=512), BOTH, "duplicate field `max_position_embeddings` at line",
    ),
    "auto_map with a list on 1.9": (
        files(auto_map={"AutoModel": ["a.B", None]}), (NEW,),
        "invalid type: sequence, expected a string at line",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFIG_IS_REFUSED.values(), ids=list(CONFIG_IS_REFUSED))
def test_a_config_that_serde_refuses_ends_the_router(
    case: tuple[dict[str, Any], tuple[str, ...], str],
) -> None:
    repository, tags, message = case
    for tag in tags:
        failure = death(repository, tag=tag)
        assert f"Error: {PARSE}" in failure.log_lines
        assert f"    {message}" in log_of(failure)
        assert failure.exit_code == 1


def test_a_missing_field_is_reported_where_the_object_ends() -> None:
    lines = len(BERT) - 1 + 2  # one field less, and two braces
    expected = f"missing field `architectures` at line {lines} column 1"
    assert expected in log_of(death(files(architectures=GONE)))


@pytest.mark.parametrize(
    "repository",
    [
        files(auto_map={"AutoModel": ["a.B", None]}),
        files_of_type("mistral", pad_token_id=GONE),
    ],
    ids=["auto_map with a list", "no pad_token_id where none is asked for"],
)
def test_1_8_3_starts_with_it(repository: dict[str, Any]) -> None:
    running(repository, tag=OLD)


ANOTHER_MESSAGE = {
    "no id2label": (classifier(id2label=GONE), BOTH, "Error: `config.json` does not contain `id2label`"),
    "no label2id": (classifier(label2id=GONE), BOTH, "Error: `config.json` does not contain `label2id`"),
    "no config.json": (files({"config.json": None}), BOTH, "Error: `config.json` not found"),
    "no pooling and no BERT": (
        files({POOLING: None}, model_type="qwen3"), BOTH,
        "Error: The `--pooling` arg is not set and we could not find a pooling configuration"
        " (`1_Pooling/config.json`) for this model.",
    ),
    "max pooling": (
        files({POOLING: {**MEAN, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}}),
        BOTH,
        "Error: Pooling config PoolConfig { pooling_mode_cls_token: false, pooling_mode_mean_tokens:"
        " false, pooling_mode_lasttoken: false } is not supported",
    ),
    "a pooling config of the new style": (
        files({POOLING: {"pooling_mode": "mean"}}), BOTH,
        "missing field `pooling_mode_cls_token` at line 3 column 1",
    ),
    "max_seq_length null": (
        files({LENGTHS: {"max_seq_length": None}}), BOTH,
        "invalid type: null, expected usize at line 2 column 24",
    ),
    "a null prompt": (
        files({PROMPTS: {"prompts": {"query": None}}}), BOTH,
        f"Error: Failed to parse `{PROMPTS}`",
    ),
    "no labels at all": (
        classifier(id2label={}, label2id={}), BOTH,
        f"{UNFIT}shape mismatch for classifier.weight, expected: [0, 384], got: [2, 384]",
    ),
    "fewer labels than the weights": (
        {**classifier(), "weights": {"labels": 3}}, BOTH,
        f"{UNFIT}shape mismatch for classifier.weight, expected: [2, 384], got: [3, 384]",
    ),
    "a ModernBERT classifier without num_labels": (
        classifier(model_type="modernbert"), BOTH,
        f"{UNFIT}shape mismatch for classifier.weight, expected: [1, 384], got: [2, 384]",
    ),
    "max_seq_length beyond the positions": (
        files({LENGTHS: {"max_seq_length": 1024}}), BOTH,
        "index-select invalid index 512 with dim size 512",
    ),
    "pad_token_id null for BERT on 1.9": (
        files(pad_token_id=None), (NEW,), "invalid type: null, expected usize",
    ),
    "no pad_token_id for BERT": (files(pad_token_id=GONE), BOTH, "missing field `pad_token_id`"),
    "n_positions alone for BERT": (
        files(max_position_embeddings=GONE, n_positions=512), BOTH,
        "missing field `max_position_embeddings`",
    ),
    "no weights": (
        {**files(), "weights": {"format": "none"}}, BOTH, f"{UNFIT}No such file or directory",
    ),
    "ONNX files alone on a GPU": (
        {**files(), "weights": {"format": "onnx"}}, BOTH, f"{UNFIT}No such file or directory",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ANOTHER_MESSAGE.values(), ids=list(ANOTHER_MESSAGE))
def test_a_repository_that_breaks_a_rule_ends_the_router_in_teis_words(
    case: tuple[dict[str, Any], tuple[str, ...], str],
) -> None:
    repository, tags, message = case
    for tag in tags:
        failure = death(repository, tag=tag, flags="--auto-truncate")
        assert message in log_of(failure)
        assert failure.exit_code == 1


def test_a_directory_without_tokenizer_panics_and_the_hub_answers_404() -> None:
    slow = files({"tokenizer.json": False})
    failure = death(slow)
    assert "only supports fast tokenizers" in log_of(failure)
    assert failure.exit_code == 134
    downloaded = log_of(death(slow, start=HUB_START))
    assert "Could not download model artifacts" in downloaded
    assert (
        f"404 Not Found) for url (https://huggingface.co/{REPO}/resolve/main/tokenizer.json)"
        in (downloaded)
    )


def test_the_steps_come_in_the_routers_order() -> None:
    broken = classifier(id2label=GONE, pad_token_id=-1) | {
        "tokenizer.json": False, LENGTHS: {"max_seq_length": None}, PROMPTS: {"prompts": {"q": None}},
        "weights": {"format": "none"},
    }  # fmt: skip
    repairs: list[tuple[str, Any]] = [
        ("expected usize at line", {"config.json": classifier(id2label=GONE)["config.json"]}),
        ("does not contain `id2label`", {"config.json": classifier()["config.json"]}),
        ("tokenizer.json not found", {"tokenizer.json": True}),
        (f"parse `{LENGTHS}`", {LENGTHS: {"max_seq_length": 512}}),
        ("cannot be lower than the model `max_input_length` (512 < 400)", {LENGTHS: {"max_seq_length": 256}}),
        (f"parse `{PROMPTS}`", {PROMPTS: None}),
        ("No such file or directory", {"weights": {}}),
    ]  # fmt: skip
    for message, repair in repairs:
        assert message in log_of(death(broken, flags="--max-batch-tokens 400"))
        broken = {**broken, **repair}
    running(broken, flags="--max-batch-tokens 400")


KNOWN_TYPES = {
    "89-1.6": "`bert`, `xlm-roberta`, `camembert`, `roberta`, `distilbert`, `nomic_bert`, `mistral`,"
    " `new`, `qwen2`, `mpnet`",
    "89-1.8.0": "`bert`, `xlm-roberta`, `camembert`, `roberta`, `distilbert`, `nomic_bert`,"
    " `mistral`, `gte`, `new`, `qwen2`, `qwen3`, `mpnet`, `modernbert`",
    OLD: "`bert`, `camembert`, `distilbert`, `gemma3_text`, `gte`, `new`, `mpnet`, `mistral`,"
    " `modernbert`, `nomic_bert`, `qwen2`, `qwen3`, `roberta`, `xlm-roberta`",
    NEW: "`bert`, `deberta-v2`, `camembert`, `distilbert`, `gemma3_text`, `gte`, `new`, `mpnet`,"
    " `mistral`, `modernbert`, `nomic_bert`, `qwen2`, `qwen3`, `bidirectional_pplx_qwen3`,"
    " `roberta`, `xlm-roberta`, `llama`, `llama_bidirec`",
}


@pytest.mark.parametrize("tag", KNOWN_TYPES)
def test_an_unsupported_model_type_is_answered_with_the_releases_own_list(tag: str) -> None:
    said = log_of(death(files_of_type("t5"), tag=tag))
    assert f"unknown variant `t5`, expected one of {KNOWN_TYPES[tag]}" in said


@pytest.mark.parametrize(
    ("model_type", "before", "since"),
    [
        ("gte", "1.6.0", "1.6.1"), ("modernbert", "1.6.1", "1.7.0"), ("qwen3", "1.7.1", "1.7.2"),
        ("gemma3_text", "1.8.0", "1.8.1"), ("deberta-v2", "1.8.3", "1.9.0"),
        ("llama", "1.8.3", "1.9.0"), ("bidirectional_pplx_qwen3", "1.9.1", "1.9.2"),
    ],
)  # fmt: skip
def test_a_model_type_loads_from_the_release_that_brought_it(
    model_type: str, before: str, since: str
) -> None:
    flags = "--dtype float32" if "pplx" in model_type else ""
    said = log_of(death(files_of_type(model_type), tag=f"89-{before}", flags=flags))
    assert f"unknown variant `{model_type}`" in said
    running(files_of_type(model_type), tag=f"89-{since}", flags=flags)


ONLY_FLASH = "is only supported on Cuda devices in fp16 with flash attention"


@pytest.mark.parametrize(
    ("model_type", "tag", "accelerator", "flags", "message"),
    [
        ("qwen2", "turing-1.9.3", "T4", "", f"Qwen2 {ONLY_FLASH} v2 enabled"),
        ("mistral", "turing-1.8.3", "T4", "", f"Mistral {ONLY_FLASH} v2 enabled"),
        ("mistral", OLD, "L4", "--dtype float32", f"Mistral {ONLY_FLASH} v2 enabled"),
        ("qwen2", "cpu-1.8.3", None, "", f"Qwen2 {ONLY_FLASH} enabled"),
        ("llama", "cpu-1.9.3", None, "", f"Llama {ONLY_FLASH} enabled"),
        ("gemma3_text", OLD, "L4", "--dtype float16", "Gemma3 is only supported in fp32 precision"),
        ("bidirectional_pplx_qwen3", NEW, "L4", "", "Pplx1 is only supported in fp32 precision"),
    ],
)
def test_hardware_and_precision_that_a_model_does_not_run_on(
    model_type: str, tag: str, accelerator: str | None, flags: str, message: str
) -> None:
    said = log_of(death(files_of_type(model_type), tag=tag, accelerator=accelerator, flags=flags))
    assert f"{UNFIT}{message}" in said


def test_flash_attention_can_be_switched_on_where_turing_has_it() -> None:
    turing = {"tag": "turing-1.8.3", "accelerator": "T4"}
    switched = {"environment_variables": {"USE_FLASH_ATTENTION": "True"}}
    running(files_of_type("qwen2"), **turing, **switched)
    death(files_of_type("mistral"), **turing, **switched)
    off = {"environment_variables": {"USE_FLASH_ATTENTION": "False"}}
    assert ONLY_FLASH in log_of(death(files_of_type("qwen2"), **off))


@pytest.mark.parametrize(
    ("model_type", "title"),
    [("mpnet", "MPNet"), ("nomic_bert", "Nomic"), ("mistral", "Mistral"), ("qwen2", "Qwen2"),
     ("qwen3", "Qwen3"), ("gemma3_text", "Gemma3"), ("distilbert", "DistilBert")],
)  # fmt: skip
def test_a_model_without_a_classifiers_head_says_so(model_type: str, title: str) -> None:
    where = {"max_position_embeddings": GONE, "n_positions": 512}
    positions = where if model_type == "nomic_bert" else {}
    said = log_of(death(classifier(model_type=model_type, **positions)))
    assert f"{UNFIT}`classifier` model type is not supported for {title}" in said


def test_distilbert_classifies_padded_and_jina_from_1_7_1_on() -> None:
    distilbert = classifier(model_type="distilbert")
    running(distilbert, flags="--dtype float32")
    running(distilbert, tag="turing-1.8.3", accelerator="T4")
    assert "DistilBert" in log_of(death(distilbert, tag="89-1.6", flags="--dtype float32"))
    jina = classifier(_name_or_path="jinaai/jina-bert-implementation")
    assert "not supported for Jina" in log_of(death(jina, tag="89-1.7.0"))
    running(jina, tag="89-1.7.1")


@pytest.mark.parametrize(
    ("model_type", "pooling", "message"),
    [
        ("bert", "splade", "Splade pooling is not supported: model is not a ForMaskedLM model"),
        ("roberta", "last-token", "`last_token` is not supported for Bert"),
        ("modernbert", "last-token", "`LastToken` is not supported for ModernBert"),
        ("bert", "last-token", "entered unreachable code"),
        ("bidirectional_pplx_qwen3", "cls", "Pplx1 only supports mean pooling, got Cls"),
    ],
)
def test_a_pooling_that_a_padded_model_does_not_have(
    model_type: str, pooling: str, message: str
) -> None:
    machine = {"tag": "cpu-1.9.3", "accelerator": None}
    assert message in log_of(
        death(files_of_type(model_type), flags=f"--pooling {pooling}", **machine)
    )


def test_splade_needs_a_masked_language_model_of_a_type_that_has_the_head() -> None:
    masked = ["ModernBertForMaskedLM"]
    said = log_of(
        death(files_of_type("modernbert", architectures=masked), flags="--pooling splade")
    )
    assert "`splade` is not supported for ModernBert" in said
    splade = running(files(architectures=["BertForMaskedLM"]), flags="--pooling splade")
    assert info(splade)["model_type"] == {"embedding": {"pooling": "splade"}}


def test_the_label_count_tells_a_reranker_from_a_classifier() -> None:
    reranker, two = running(files(**RERANKER)), running(classifier())
    assert set(info(reranker)["model_type"]) == {"reranker"}
    assert info(two)["model_type"]["classifier"]["id2label"] == {"0": "bad", "1": "good"}
    asked = {"query": "a", "texts": ["a", "b"]}
    assert len(answer(reranker, "/rerank", asked)) == 2
    assert refusal(two, "/rerank", asked)[0] == 424
    assert {row["label"] for row in answer(two, "/predict", {"inputs": "x"})} == {"bad", "good"}


def test_labels_on_a_plain_model_change_nothing() -> None:
    labelled = {name: CLASSIFIER[name] for name in ("id2label", "label2id")}
    assert "embedding" in info(running(files(**labelled)))["model_type"]


def test_a_token_classifier_loads_as_a_classifier_and_only_the_emulators_log_says_it() -> None:
    ner = running(classifier(architectures=["BertForTokenClassification"]))
    assert "classifier" in info(ner)["model_type"]
    assert "labels are meaningless" in log_of(ner)


def test_gtes_token_classifier_without_labels_is_passed_over() -> None:
    gte = files_of_type("new", architectures=["NewModel", "NewForTokenClassification"])
    router = running(gte)
    assert "embedding" in info(router)["model_type"]
    assert "`NewForTokenClassification` architecture will be ignored" in log_of(router)
    assert "does not contain `id2label`" in log_of(death(gte, tag="89-1.6"))


def test_a_bert_without_pooling_config_takes_the_first_token() -> None:
    router = running(files({POOLING: None}))
    assert info(router)["model_type"] == {"embedding": {"pooling": "cls"}}
    assert "Defaulting to `CLS` pooling" in log_of(router)


def test_the_longest_input_comes_from_the_first_file_that_says_it() -> None:
    assert info(running(files()))["max_input_length"] == 256
    roberta = {"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}
    alone = running(files({LENGTHS: None}, **roberta))
    assert info(alone)["max_input_length"] == 512
    assert "Could not find a Sentence Transformers config" in log_of(alone)
    legacy = files({LENGTHS: None, "sentence_roberta_config.json": {"max_seq_length": 77}})
    assert info(running(legacy))["max_input_length"] == 77


def test_n_positions_is_another_name_for_a_nomic_models_positions() -> None:
    nomic = files_of_type("nomic_bert", max_position_embeddings=GONE, n_positions=2048)
    assert info(running({**nomic, LENGTHS: None}))["max_input_length"] == 2048


def test_a_taught_prompt_can_be_the_default_one() -> None:
    prompted = files({PROMPTS: {"prompts": {"query": "find: "}}})
    running(prompted, flags="--default-prompt-name query")
    said = log_of(death(prompted, flags="--default-prompt-name nope"))
    assert 'Available prompts: ["query"]' in said
    empty = log_of(death(files({PROMPTS: {"prompts": {}}}), flags="--default-prompt-name nope"))
    assert "Available prompts: []" in empty


def mounted(**patterns: Any) -> dict[str, Any]:
    source = {"source": f"hf://{REPO}@main", "mount_location": MODEL_PATH}
    return {"weights": [{**source, **patterns}]}


@pytest.mark.parametrize(
    ("ignored", "message"),
    [
        (["*.safetensors"], f"{UNFIT}No such file or directory"),
        (["tokenizer.json"], "tokenizer.json not found"),
        (["config.json"], "`config.json` not found"),
    ],
)
def test_ignore_patterns_that_drop_what_tei_reads(ignored: list[str], message: str) -> None:
    assert message in log_of(death(files(), **mounted(ignore_patterns=ignored)))


def test_patterns_that_leave_the_weights_start() -> None:
    running(files(), **mounted(ignore_patterns=["*.pt", "*.ckpt", "*.onnx"]))
    running(files(), **mounted(allow_patterns=["*.json", "*.safetensors"]))
    assert UNFIT in log_of(death(files(), **mounted(allow_patterns=["*.json"])))


@pytest.mark.parametrize("form", ["pytorch", "sharded-safetensors"])
def test_other_forms_of_weights_start_and_a_missing_shard_does_not(form: str) -> None:
    running({**files(), "weights": {"format": form}})
    if form == "sharded-safetensors":
        dropped = mounted(ignore_patterns=["model-00002-*"])
        said = log_of(death({**files(), "weights": {"format": form}}, **dropped))
        assert 'path: "model-00002-of-00002.safetensors" No such file' in said


def test_the_hub_without_weights_is_another_message() -> None:
    said = log_of(death({**files(), "weights": {"format": "none"}}, start=HUB_START))
    assert "Weights not found: request error" in said


def test_the_cpu_image_takes_onnx_files_and_says_when_it_cannot() -> None:
    onnx = {**files(), "weights": {"format": "onnx"}}
    cpu = {"tag": "cpu-1.8.3", "accelerator": None}
    assert info(running(onnx, **cpu))["max_batch_requests"] == 8
    candle = running(files(), **cpu)
    assert info(candle)["max_batch_requests"] == 4
    assert "Could not start ORT backend" in log_of(candle)
    said = log_of(death(onnx, flags="--dtype float16", **cpu))
    assert "Dtype float16 is not supported for `ort`, only float32." in said


DENSE = {"modules.json": [{"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}],
         "2_Dense/config.json": {"in_features": 384, "out_features": 128, "bias": False}}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "start", "length"),
    [
        ("1.7.4", None, 384), ("1.8.0", None, 128), ("1.8.2", None, 384), ("1.8.3", None, 128),
        ("1.7.4", HUB_START, 384), ("1.8.2", HUB_START, 128),
    ],
)  # fmt: skip
def test_dense_modules_are_applied_or_every_vector_is_wrong(
    version: str, start: str | None, length: int
) -> None:
    router = running(files(DENSE), tag=f"89-{version}", start=start)
    assert len(answer(router, "/embed", {"inputs": "hello"})[0]) == length
    assert ("every vector is wrong" in log_of(router)) is (length == 384)


def test_a_dense_folder_that_was_filtered_out_is_warned_of() -> None:
    router = running(files(DENSE), **mounted(ignore_patterns=["2_Dense/*"]))
    assert "WARN Dense module files not found for path: 2_Dense" in log_of(router)


def test_a_taught_gate_needs_a_token() -> None:
    said = log_of(death(files(), gated=True, start=HUB_START))
    assert "Could not download model artifacts" in said
    assert "401 Unauthorized" in said
    named = mounted(auth_secret_name="hf")
    running(files(), gated=True, secrets={"hf": "hf_x"}, **named)


BIG = {"hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32}
QWEN3 = files_of_type("qwen3", hidden_size=1024, intermediate_size=3072, num_attention_heads=16,
              max_position_embeddings=32768) | {LENGTHS: None,
              "weights": {"bytes": 1_200_000_000, "dtype": "BF16"}}  # fmt: skip
T4 = {"accelerator": "T4", "flags": "--max-batch-tokens 16384 --auto-truncate"}


def test_weights_beyond_the_gpus_memory_end_the_backend() -> None:
    heavy = files_of_type("mistral", **BIG) | {"weights": {"bytes": 60_000_000_000}}
    assert f"{UNFIT}{OUT_OF_MEMORY}" in log_of(death(heavy))
    running(heavy, tag="hopper-1.8.3", accelerator="H100")


def test_a_flash_model_runs_out_of_memory_in_its_warm_up() -> None:
    mistral = files_of_type("mistral", **BIG) | {
        "weights": {"bytes": 14_000_000_000, "dtype": "BF16"}
    }
    failure = death(mistral, flags="--max-batch-tokens 262144")
    assert UNHEALTHY in failure.log_lines
    assert f"    {OUT_OF_MEMORY}" in failure.log_lines
    running(mistral, flags="--max-batch-tokens 8192")


def test_a_padded_model_runs_out_in_its_warm_up_up_to_1_8_3() -> None:
    assert OUT_OF_MEMORY in log_of(death(QWEN3, tag="turing-1.8.3", **T4))
    running(QWEN3, tag="turing-1.8.3", accelerator="T4",
            flags="--max-batch-tokens 2048 --auto-truncate")  # fmt: skip


def test_from_1_9_on_a_padded_model_starts_and_runs_out_under_load() -> None:
    short = {**QWEN3, LENGTHS: {"max_seq_length": 8192}}
    flags = "--max-batch-tokens 65536 --max-client-batch-size 32"
    router = running(short, tag="turing-1.9.3", accelerator="T4", flags=flags)
    assert OUT_OF_MEMORY in log_of(death(short, tag="turing-1.8.3", accelerator="T4", flags=flags))
    long = "word " * 8000
    assert answer(router, "/embed", {"inputs": long})
    status, message = refusal(router, "/embed", {"inputs": [long] * 8})
    assert (status, message) == (424, f"Backend error: {OUT_OF_MEMORY}")
    assert answer(router, "/embed", {"inputs": ["short"] * 8})


def test_up_to_1_7_0_a_padded_model_did_not_warm_up() -> None:
    beyond = files_of_type("new", max_position_embeddings=512) | {LENGTHS: {"max_seq_length": 1024}}
    machine = {"accelerator": "T4"}
    running(beyond, tag="turing-1.7.0", **machine)
    assert "index-select invalid index" in log_of(death(beyond, tag="turing-1.7.1", **machine))


def test_a_llama_with_scaled_rope_is_refused() -> None:
    llama = files_of_type("llama", rope_scaling={"type": "linear", "factor": 2.0})
    assert f"{UNFIT}Rope scaling is not supported for FlashLlama yet" in log_of(
        death(llama, tag=NEW)
    )
    running(files_of_type("llama", rope_scaling=None), tag=NEW)


def test_a_cpu_never_runs_out_of_gpu_memory() -> None:
    cpu = {"tag": "cpu-1.8.3", "accelerator": None}
    assert OUT_OF_MEMORY in log_of(start(QWEN3, tag="turing-1.8.3", **T4))
    assert OUT_OF_MEMORY not in log_of(running(QWEN3, flags=T4["flags"], **cpu))


def test_an_ill_typed_size_is_the_backends_to_refuse() -> None:
    said = log_of(death(files(hidden_size="384")))
    assert 'invalid type: string "384", expected usize' in said


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
TAUGHT = st.sampled_from(
    (POOLING, LENGTHS, PROMPTS, "modules.json", "2_Dense/config.json", "config.json")
)
FIELDS = st.sampled_from(
    (*BERT, *CLASSIFIER, "auto_map", "n_positions", "num_labels", "rope_scaling", "vocab_size")
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(TAUGHT, JSON_VALUES, max_size=2),
    st.dictionaries(FIELDS, JSON_VALUES, max_size=2),
    st.sampled_from(("bert", "modernbert", "llama", "nomic_bert")),
    st.sampled_from((OLD, NEW, "cpu-1.9.3")),
)
def test_no_repository_stops_the_emulator_itself(
    contents: dict[str, Any], fields: dict[str, Any], model_type: str, tag: str
) -> None:
    fields = {"model_type": model_type, "n_positions": GONE, **CLASSIFIER, **fields}
    assert log_of(start(files({**DENSE, **contents}, **fields), tag=tag))
