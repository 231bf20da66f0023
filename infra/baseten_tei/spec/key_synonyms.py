"""What people write who know Baseten's API, Terraform, Hugging Face, sentence-transformers, vLLM or Kubernetes."""

from collections.abc import Mapping


def _by_word(table: Mapping[str, str]) -> dict[str, str]:
    """Turn `meaning: "word word"` round."""
    return {word: meaning for meaning, words in table.items() for word in words.split()}


KEYS = _by_word({
    "model_id": "model model_path model_repo model_name_or_path name_or_path pretrained_model "
    "pretrained_model_name_or_path repo repo_id repository repository_id hf_model hf_model_id hf_repo "
    "huggingface_model huggingface_model_id checkpoint base_model",
    "revision": "branch tag commit commit_sha commit_hash sha ref git_ref git_revision model_revision",
    "model_name": "name display_name baseten_name resource_name",
    "accelerator": "gpu gpus gpu_type gpu_name gpu_class gpu_model use_gpu accelerator_type device hardware",
    "instance_type": "instance instance_size instance_type_id instance_type_name machine machine_type node_type "
    "vm_size sku flavor",
    "cpu": "cpus vcpu vcpus cpu_count cpu_request cores",
    "memory": "ram mem memory_request memory_limit memory_gb",
    "tei_version": "tei tei_release tei_tag engine_version image_tag",
    "weights": "weights_source weight_source model_cache weights_cache cache",
    "gated": "private is_gated requires_token needs_token use_auth_token",
    "max_client_batch_size": "batch_size max_batch_size client_batch_size encode_batch_size",
    "max_concurrent_requests": "max_concurrency max_inflight_requests max_queued_requests",
    "predict_concurrency": "container_concurrency max_ongoing_requests concurrency_limit",
    "max_batch_tokens": "max_tokens batch_tokens tokens_per_batch max_num_batched_tokens max_batch_total_tokens",
    "auto_truncate": "truncate truncation truncate_inputs truncate_prompt_tokens",
    "dtype": "precision torch_dtype data_type model_dtype compute_type float_type",
    "tokenization_workers": "workers num_workers tokenizer_workers tokenizer_threads num_threads threads",
    "served_model_name": "served_name model_alias alias",
    "extra_flags": "args flags extra_args cli_args router_args router_flags command_args",
    "env": "env_vars envs environ variables environment_variables",
    "environment": "env_name environment_name stage target_environment",
    "environments": "stages",
    "autoscaling": "autoscaling_settings autoscale autoscaler scaling scaling_config hpa",
    "autoscaling.min_replica": "min_replicas min_replica_count minimum_replicas min_instances min_instance_count "
    "min_scale min_workers min_containers min_nodes",
    "autoscaling.max_replica": "max_replicas max_replica_count maximum_replicas max_instances max_instance_count "
    "max_scale max_workers max_containers max_nodes",
    "autoscaling.concurrency_target": "concurrency target_concurrency concurrent_requests "
    "target_ongoing_requests target_requests",
    "autoscaling.autoscaling_window": "window scaling_window autoscaling_window_seconds",
    "autoscaling.scale_down_delay": "scale_down_delay_seconds scaledown_window scale_to_zero_timeout "
    "scale_to_zero_after cooldown cooldown_period idle_timeout",
    "autoscaling.target_utilization_percentage": "target_utilization utilization target_cpu_utilization_percentage",
    "promotion": "promotion_settings",
    "promotion.rolling_deploy": "rolling rolling_update canary ramp_up_while_promoting",
    "promotion.rolling_deploy_config": "rolling_deploy_settings",
    "promotion.rolling_deploy_config.max_surge_percent": "max_surge",
    "promotion.rolling_deploy_config.max_unavailable_percent": "max_unavailable",
    "promotion.promotion_cleanup_strategy": "cleanup_strategy",
    "request_backpressure": "backpressure backpressure_mode",
    "deployment": "deployment_id pin pinned pinned_deployment version_id rollback rollback_to",
    "keep_deployments": "keep keep_versions history versions_to_keep revision_history_limit",
    "adopt": "import takeover take_over allow_existing",
    "protect": "deletion_protection termination_protection prevent_destroy prevent_deletion",
    "force_delete": "force_destroy force",
    "on_removal": "deletion_policy removal_policy retain_on_delete",
    "labels": "tags annotations metadata",
    "silence": "ignore ignore_rules disable_rules skip_checks skip_rules suppress silenced",
    "deploy_timeout_minutes": "timeout timeouts timeout_minutes timeout_seconds deploy_timeout create_timeout",
    "pooling": "pooling_mode pooling_method pooling_strategy pooling_type pool",
    "default_prompt": "prompt prompts prefix instruction query_prompt query_prefix query_instruction document_prompt",
    "default_prompt_name": "prompt_name",
})  # fmt: skip
"""Another tool's word → the path of the key here."""

_GENERATED = (
    "The start command, the image, ports and routes follow from the other keys: leave it out"
)
SENTENCES = _by_word({
    "The router always listens on 7997 (8080 is Baseten's own); leave it out": "port server_port hostname host ports",
    "Baseten chooses the region, within your organization's policy. For one region ask Baseten's support for a "
    "regional environment (https://docs.baseten.co/deployment/regional-environments), and write environment: NAME":
        "region regions location zone availability_zone cloud cloud_provider",
    "TEI answers with all of the model's dimensions; a caller asks for fewer in the request (\"dimensions\": 256). "
    "Leave it out":
        "dimensions dimension dims dim embedding_dim embedding_dimension embedding_dimensions embedding_size "
        "output_dimension output_dimensions output_dimensionality truncate_dim matryoshka_dim vector_size",
    "/v1/embeddings always answers with vectors of length 1; leave it out":
        "normalize normalize_embeddings normalized normalise embd_normalize",
    "TEI reads the length from the repository, and auto_truncate says whether longer texts are cut; leave it out":
        "max_seq_length max_sequence_length max_length max_input_length max_input_tokens max_model_len context_length "
        "max_context_length",
    "TEI uses one GPU: leave it out, and scale with autoscaling: {{max_replica: {number}}}":
        "gpu_count num_gpus n_gpus n_gpu number_of_gpus accelerator_count num_gpu tensor_parallel_size "
        "tensor_parallel pipeline_parallel_size num_shard num_shards sharded",
    "TEI loads weights as they are; dtype: float16 is the smallest. Leave it out":
        "quantization quantize quantized load_in_8bit load_in_4bit bits",
    "Write autoscaling: {{min_replica: {number}, max_replica: {number}}}":
        "replica replicas replica_count num_replicas number_of_replicas instances instance_count desired_count count "
        "initial_replicas initial_instance_count",
    "Write autoscaling: {{min_replica: 0}}": "scale_to_zero scale_down_to_zero",
    "Write accelerator, cpu and memory beside task": "resources resource compute limits requests",
    "Write predict_concurrency beside task": "runtime",
    'Write extra_flags: ["--max-batch-requests={number}"]': "max_num_seqs max_batch_requests",
    'Write extra_flags: ["--payload-limit={number}"]': "payload_limit max_body_size max_request_size",
    "Write revision for another version of the weights, or tei_version for another release of TEI":
        "version model_version",
    "TEI runs no code of a repository; leave it out": "trust_remote_code code_revision custom_code",
    "TEI takes the memory that max_batch_tokens wants; leave it out":
        "gpu_memory_utilization gpu_memory_fraction swap_space",
    "The team owns the whole stack: beside the models write baseten-tei:team: NAME": "team team_id team_name org "
        "organization workspace owner",
    "The target is the whole stack's: beside the models write baseten:target: baseten":
        "target base_url endpoint api_url",
    _GENERATED: "image docker_image base_image container container_image image_uri docker_server command cmd "
        "entrypoint start_command predict_endpoint readiness_endpoint liveness_endpoint health_check health_route "
        "build_commands requirements python_version system_packages framework engine backend",
})  # fmt: skip
"""Another tool's word → what to do here; `{number}` is what was written, if it is a number."""

TASKS = _by_word({
    "embedding": "embed embeddings embedder feature_extraction sentence_similarity sentence_transformer "
    "sentence_transformers text_embedding text_embeddings bi_encoder dense retrieval splade",
    "reranker": "rerank reranking rank ranker score scoring cross_encoder text_ranking",
    "classifier": "classify classification text_classification sequence_classification sentiment "
    "sentiment_analysis predict",
})  # fmt: skip
"""Another tool's word → the task."""

TASK_KEYS = frozenset({"type", "kind", "task_type", "model_type", "pipeline", "pipeline_tag"})
"""What other tools call the task."""
