"""Schedules as people say them."""

from typing import Any

import pytest
import yaml

from baseten_tei.deployment.schedules.schedule_words import read_words
from baseten_tei.deployment.schedules.sentences import describe_schedules
from baseten_tei.deployment.schedules.spec_sentences import list_sentences
from baseten_tei.rules.settings import parse_settings
from tests.support.harness import ROOT


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"days": "mon-fri", "hours": "8-18"}, "Mon~Fri 08~18 Berlin: 2 to 6 replicas"),
        ({"hours": "08:30-18:00"}, "every day 08:30~18:00 Berlin: 2 to 6 replicas"),
        ({"days": "sat,mon", "hours": "22-7"}, "Mon, Sat 22~07 Berlin: 2 to 6 replicas"),
        ({"days": "sun", "hours": "0-24", "max_replica": 2}, "Sun 00~24 Berlin: 2 replicas"),
        (
            {"minutes": "0-15", "hours": "8-18", "concurrency_target": 16},
            "every day 08~18, minutes 0 to 15 of every hour, Berlin: 2 to 6 replicas, concurrency_target 16",
        ),
        (
            {"start": "2026-12-24T08:00", "end": "2026-12-26T20:00"},
            "24 Dec 2026 08:00 to 26 Dec 2026 20:00 Berlin: 2 to 6 replicas",
        ),
        (
            {"start": "2026-12-04T08:00", "end": "2026-12-04T20:00", "enabled": False},
            "4 Dec 2026 08:00~20:00 Berlin: 2 to 6 replicas (disabled)",
        ),
    ],
)
def test_a_schedule_is_a_sentence(words: dict[str, Any], sentence: str) -> None:
    whole = {"min_replica": 2, "max_replica": 6, **words}
    schedules = read_words({"timezone": "Europe/Berlin", "schedules": {"warm": whole}})
    assert describe_schedules(schedules) == ["warm: " + sentence.replace("~", "\N{EN DASH}")]


def test_the_example_of_the_page_is_one_that_the_rules_take() -> None:
    page = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    example = page.partition("### Schedules")[2].partition("```yaml\n")[2].partition("```")[0]
    spec = {"task": "embedding", "model_id": "a/b", **yaml.safe_load(example)["bge"]}
    said = dict(list_sentences(parse_settings({"bge": spec}).models["bge"]))
    assert len(said) == 5
    assert f"`{said['autoscaling.warm']}`" in page
