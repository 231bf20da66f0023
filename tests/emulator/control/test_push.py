"""A push: credentials, upload, create; what is kept of it and what is refused."""

from __future__ import annotations

import json

import pytest

from tests.support.control_client import (
    CONFIG,
    Baseten,
    config_with,
    encode_config,
    in_process,
    new_world,
    tar_of,
    text_of,
)


def test_the_first_published_deployment_is_production_before_it_is_ready(baseten: Baseten) -> None:
    ids = baseten.pushed()
    assert baseten.deployment(ids)["is_production"] is True
    assert baseten.status(ids) == "BUILDING"
    assert baseten.environment(ids[0])["current_deployment"]["id"] == ids[1]


def test_a_second_push_is_a_second_deployment_that_serves_nothing(baseten: Baseten) -> None:
    first = baseten.deployed()
    second = baseten.deployed()
    assert first[0] == second[0]
    assert baseten.deployment(second)["environment"] is None
    assert baseten.environment(first[0])["current_deployment"]["id"] == first[1]
    assert baseten.get(f"/v1/models/{first[0]}")["deployments_count"] == 2


def test_what_a_push_carries_is_kept(baseten: Baseten) -> None:
    labels = {"digest": "abc", "count": 3}
    ids = baseten.pushed(version_name="v1.0", labels=labels, deploy_timeout_minutes=30)
    shown = baseten.deployment(ids)
    assert (shown["name"], shown["labels"], shown["instance_type_name"]) == (
        "v1.0",
        labels,
        "L4:4x16",
    )
    config = baseten.get(f"/v1/models/{ids[0]}/deployments/{ids[1]}/config")
    assert config["config"]["docker_server"].items() >= CONFIG["docker_server"].items()
    assert config["raw_config"] == text_of(CONFIG)


def test_the_answer_to_a_push_holds_a_hostname_that_can_be_called(baseten: Baseten) -> None:
    (created,) = baseten.push()["data"].values()
    oracle = created["model_version"]["oracle"]
    assert oracle["hostname"] == f"{baseten.world.base_url}/hosts/model-{oracle['id']}"


def test_credentials_come_with_the_endpoint_that_boto3_must_use(baseten: Baseten) -> None:
    answer = baseten.graphql("{ model_s3_upload_credentials { s3_bucket s3_key } }")
    granted = answer["data"]["model_s3_upload_credentials"]
    assert granted["endpoint_url"] == baseten.world.base_url
    assert granted["region_name"] == "us-east-1"


def test_an_environment_named_by_a_push_takes_over_when_the_deployment_is_active(
    local: Baseten,
) -> None:
    model_id, first = local.deployed()
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    ids = local.pushed(environment_name="staging")
    before = local.environment(model_id, "staging")
    assert before["current_deployment"] is None
    assert before["candidate_deployment"]["id"] == ids[1]
    local.advance(10)
    after = local.environment(model_id, "staging")
    assert after["current_deployment"]["id"] == ids[1]
    assert after["in_progress_promotion"] is None
    assert local.environment(model_id)["current_deployment"]["id"] == first


def test_an_unknown_environment_is_named_in_the_error(baseten: Baseten) -> None:
    baseten.deployed()
    error = baseten.push(environment_name="nope")["errors"][0]
    assert error["message"] == 'Environment "nope" does not exist'
    assert error["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_a_refused_push_leaves_no_trace(baseten: Baseten) -> None:
    assert "errors" in baseten.push(environment_name="nope")
    assert baseten.get("/v1/models") == {"models": []}


def test_a_model_name_is_taken_once_in_a_team(local: Baseten) -> None:
    local.pushed()
    s3_key, _ = local.upload(tar_of(CONFIG))
    config = encode_config(CONFIG)
    create = f'create_model_from_truss(name: "bge" s3_key: "{s3_key}" config: "{config}")'
    answer = local.graphql(f"mutation {{ {create} {{ model_version {{ id }} }} }}")
    assert 'A model named "bge" already exists' in answer["errors"][0]["message"]


def test_a_promoting_push_keeps_the_environments_instance_type_unless_told_otherwise(
    local: Baseten,
) -> None:
    model_id, _ = local.deployed()
    larger = config_with(resources={"memory": "20Gi"})
    kept = local.deployed(larger, environment_name="production")
    assert local.deployment(kept)["instance_type_name"] == "L4:4x16"
    changed = local.deployed(
        larger, environment_name="production", preserve_env_instance_type=False
    )
    assert local.deployment(changed)["instance_type_name"] == "L4:2x24x96"
    assert local.environment(model_id)["instance_type"]["name"] == "L4:2x24x96"


def test_of_two_promoting_pushes_the_last_one_wins(local: Baseten) -> None:
    model_id, _ = local.deployed()
    local.pushed(environment_name="production")
    last = local.deployed(environment_name="production")
    assert local.environment(model_id)["current_deployment"]["id"] == last[1]


def test_a_draft_has_one_slot_that_is_overwritten(local: Baseten) -> None:
    config = encode_config(CONFIG)
    ids = []
    for _ in range(2):
        s3_key, _answer = local.upload(tar_of(CONFIG))
        draft = f'deploy_draft_truss(name: "bge" s3_key: "{s3_key}" config: "{config}")'
        answer = local.graphql(
            f"mutation {{ {draft} {{ model_version {{ id oracle {{ id }} }} }} }}"
        )
        ids.append(answer["data"]["deploy_draft_truss"]["model_version"]["id"])
    (model,) = local.get("/v1/models")["models"]
    assert ids == [model["development_deployment_id"]] * 2
    assert model["production_deployment_id"] is None


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("docker_server", {"server_port": 8080}, "server_port 8080 is reserved"),
        ("docker_server", {"start_command": None}, "start_command: field required"),
        ("docker_server", {"predict_endpoint": "rerank"}, "predict_endpoint: 'rerank'"),
        ("resources", {"memory": "8GB"}, "resources.memory '8GB'"),
        ("resources", {"cpu": 2}, "resources.cpu 2"),
        ("resources", {"accelerator": "L5"}, "'L5' is not an accelerator"),
        ("runtime", {"predict_concurrency": 0}, "predict_concurrency: 0"),
        ("runtime", {"predict_concurency": 3}, 'perhaps you meant "predict_concurrency"'),
        ("autoscaling", {"min_replica": 1}, "autoscaling: unknown key"),
        ("environment_variables", {"A": ["x"]}, "environment_variables.A"),
        ("secrets", {"hf_access_key": "hf_x"}, "secrets.hf_access_key: must be null"),
        ("weights", [{"source": "BAAI/bge", "mount_location": "/m"}], "weights[0].source"),
    ],
)
def test_a_config_that_the_server_would_refuse_names_its_field(
    local: Baseten, section: str, value: object, said: str
) -> None:
    config = config_with(**{section: value})
    sent = encode_config(config)
    validation = local.graphql(f'{{ truss_validation(config: "{sent}") {{ success details }} }}')
    answer = validation["data"]["truss_validation"]
    assert answer["success"] is False
    assert said in json.loads(answer["details"])["errors"][0]
    assert said in local.push(config)["errors"][0]["message"]


def test_the_archive_is_opened_and_its_config_is_validated_too(local: Baseten) -> None:
    s3_key, _ = local.upload(tar_of(config_with(docker_server={"server_port": 8080})))
    config = encode_config(CONFIG)
    create = f'create_model_from_truss(name: "bge" s3_key: "{s3_key}" config: "{config}")'
    answer = local.graphql(f"mutation {{ {create} {{ model_version {{ id }} }} }}")
    assert (
        "config.yaml in the archive: docker_server.server_port 8080"
        in answer["errors"][0]["message"]
    )


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"not a tar", "not an uncompressed tar file"),
        (tar_of(CONFIG, name="other.yaml"), "has no config.yaml"),
        (tar_of(CONFIG, name="../config.yaml"), "unsafe member"),
        (tar_of("a: [", name="config.yaml"), "not YAML"),
        (tar_of("- a", name="config.yaml"), "not a mapping"),
    ],
)
def test_an_upload_that_is_no_truss_is_refused(local: Baseten, archive: bytes, said: str) -> None:
    s3_key, _ = local.upload(archive)
    config = encode_config(CONFIG)
    create = f'create_model_from_truss(name: "bge" s3_key: "{s3_key}" config: "{config}")'
    answer = local.graphql(f"mutation {{ {create} {{ model_version {{ id }} }} }}")
    assert said in answer["errors"][0]["message"]


def test_an_upload_needs_the_credentials_it_was_announced_with(baseten: Baseten) -> None:
    foreign = "AWS4-HMAC-SHA256 Credential=AKIASOMEONE/20260101/us-east-1/s3/aws4_request"
    _, answer = baseten.upload(tar_of(CONFIG), Authorization=foreign)
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body


def test_an_upload_that_was_damaged_on_the_way_is_refused(baseten: Baseten) -> None:
    _, answer = baseten.upload(tar_of(CONFIG), **{"x-amz-checksum-crc32": "AAAAAA=="})
    assert answer.status == 400
    assert b"BadDigest" in answer.body


def test_a_multipart_upload_is_put_together_in_order_of_its_parts(local: Baseten) -> None:
    fields = "s3_bucket s3_key aws_access_key_id"
    granted = local.graphql(f"{{ model_s3_upload_credentials {{ {fields} }} }}")
    granted = granted["data"]["model_s3_upload_credentials"]
    path = f"/{granted['s3_bucket']}/{granted['s3_key']}"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={granted['aws_access_key_id']}/x"}
    archive = tar_of(CONFIG)
    assert b"<UploadId>1</UploadId>" in local.call("POST", path + "?uploads", b"", **signed).body
    for number, part in ((2, archive[5000:]), (1, archive[:5000])):
        put = local.call("PUT", f"{path}?partNumber={number}&uploadId=1", part, **signed)
        assert put.status == 200
    assert local.call("POST", path + "?uploadId=1", b"<x/>", **signed).status == 200
    assert local.world.store.blob(granted["s3_key"]) == archive


def test_an_operation_that_truss_does_not_use_is_refused_by_name(baseten: Baseten) -> None:
    error = baseten.graphql("{ delete_everything }")["errors"][0]
    assert "delete_everything" in error["message"]
    assert isinstance(error["extensions"], dict)


def test_a_deployment_name_is_taken_once_in_a_model(local: Baseten) -> None:
    local.pushed(version_name="v1")
    assert 'named "v1" already exists' in local.push(name="v1")["errors"][0]["message"]


def test_the_archive_can_be_downloaded_from_its_presigned_url(baseten: Baseten) -> None:
    ids = baseten.pushed()
    url = baseten.get(f"/v1/models/{ids[0]}/deployments/{ids[1]}/download")["download_url"]
    path = url.removeprefix(baseten.world.base_url)
    assert baseten.call("GET", path, Authorization="").body == tar_of(CONFIG)
    assert baseten.call("GET", path.partition("?")[0]).status == 403


def test_a_push_by_rest_makes_the_same_deployment(baseten: Baseten) -> None:
    payload = {"config": CONFIG, "labels": {"a": "b"}, "autoscaling_settings": {"min_replica": 1}}
    granted = baseten.post("/v1/prepare_model_upload", name="bge", deployment=payload)
    signed = {"Authorization": f"AWS4 Credential={granted['creds']['aws_access_key_id']}/x"}
    path = f"/{granted['s3_bucket']}/{granted['s3_key']}"
    assert baseten.call("PUT", path, tar_of(CONFIG), **signed).status == 200
    source = {
        "kind": "model_archive",
        "name": "bge",
        "s3_key": granted["s3_key"],
        "deployment": payload,
    }
    created = baseten.post("/v1/models", source=source)
    assert created["model"]["name"] == "bge"
    assert created["deployment"]["labels"] == {"a": "b"}
    environment = baseten.environment(created["model"]["id"])
    assert environment["autoscaling_settings"]["min_replica"] == 1


def test_a_dry_run_validates_and_hands_out_nothing(baseten: Baseten) -> None:
    body = {"name": "bge", "deployment": {"config": CONFIG}, "dry_run": True}
    assert set(baseten.post("/v1/prepare_model_upload", **body).values()) == {None}
    body["deployment"] = {"config": config_with(docker_server={"server_port": 8080})}
    answer = baseten.call("POST", "/v1/prepare_model_upload", body)
    assert answer.status == 400
    assert "8080" in answer.json["message"]


def test_a_variable_without_a_value_is_taken_as_truss_takes_it() -> None:
    world = new_world(boot=None)
    baseten = Baseten(world, in_process(world))
    ids = baseten.deployed(config_with(environment_variables={"hf_access_key": None}))
    assert baseten.status(ids) == "ACTIVE"
