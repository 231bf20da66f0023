"""A job on its way into the push's process and out again."""

from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.push_job import Job, read_job, write_job
from tests.support.specs import texts

names = st.sampled_from(["bge", "a-b", "x1"])
jobs = st.builds(
    Job,
    model=names,
    digest=names,
    labels=st.dictionaries(names, texts, max_size=3),
    deploy_timeout_minutes=st.integers(10, 1440),
    team=st.none() | names,
    target=st.sampled_from(["baseten", "emulator"]),
    config=texts,
)


@given(jobs, names)
def test_a_job_survives_the_way_into_its_process(job: Job, generation: str) -> None:
    environment = write_job(job, generation)
    assert read_job(environment, job.config) == job


@given(jobs, names)
def test_each_input_of_the_command_is_named_after_us(job: Job, generation: str) -> None:
    assert all(key.startswith("BASETEN_TEI_") for key in write_job(job, generation))


@given(jobs)
def test_another_generation_changes_one_input_and_nothing_of_the_job(job: Job) -> None:
    one, two = write_job(job, "1"), write_job(job, "2")
    assert [key for key in one if one[key] != two[key]] == ["BASETEN_TEI_GENERATION"]
    assert read_job(one, "") == read_job(two, "")
