"""A startup in a sentence: what it waits for, for how long, and what came before."""

import pytest

from baseten_tei.baseten.startups import Phase, Startup, describe_startup

DONE = "COMPLETED"
SCHEDULED = Phase("SCHEDULING", DONE, 0.0, 12.0)
PULLED = Phase("IMAGE_PULL", DONE, 12.0, 0.0)


@pytest.mark.parametrize(
    ("startup", "instance", "said"),
    [
        (
            Startup("STALLED", 1080.0, (Phase("SCHEDULING", "FAILED", 0.0, None),)),
            "L4:4x16",
            "no free L4 for 18 min (scheduling)",
        ),
        (Startup("STALLED", 30.0, ()), "", "no free instance of its type for 30 s (scheduling)"),
        (
            Startup("IN_PROGRESS", 20.0, (Phase("SCHEDULING", "IN_PROGRESS", 0.0, None),)),
            "A10G:4x16",
            "waits for a free A10G for 20 s",
        ),
        (
            Startup(
                "IN_PROGRESS", 72.0, (SCHEDULED, PULLED, Phase("WEIGHT_DOWNLOAD", "?", 12.0, None))
            ),
            "L4:4x16",
            "weights for 60 s (scheduling 12 s)",
        ),
        (
            Startup("FAILED", 112.0, (SCHEDULED, Phase("CONTAINER_START", "FAILED", 12.0, 100.0))),
            "L4:4x16",
            "starting the container failed after 2 min (scheduling 12 s)",
        ),
        (
            Startup("SUCCESS", 14.0, (SCHEDULED, Phase("READINESS", DONE, 12.0, 2.0))),
            "L4:4x16",
            "readiness 2 s (scheduling 12 s)",
        ),
        (
            Startup("?", 5.0, (SCHEDULED, Phase("WARMING", "?", 3.0, None))),
            "L4:4x16",
            "WARMING for 2 s (scheduling 12 s)",
        ),
        (Startup("IN_PROGRESS", 5.0, ()), "L4:4x16", "started 5 s ago"),
    ],
)
def test_a_startup_says_what_it_waits_for_and_how_long(
    startup: Startup, instance: str, said: str
) -> None:
    assert describe_startup(startup, instance) == said


@pytest.mark.parametrize(
    ("startup", "lacks"),
    [
        (Startup("STALLED", 1.0, ()), True),
        (Startup("FAILED", 1.0, ()), False),
        (Startup("FAILED", 1.0, (Phase("SCHEDULING", "FAILED", 0.0, 1.0),)), True),
        (Startup("STALLED", 9.0, (SCHEDULED, Phase("IMAGE_PULL", "?", 1.0, None))), False),
        (Startup("STALLED", 9.0, (SCHEDULED,)), False),
        (Startup("SUCCESS", 9.0, ()), False),
    ],
)
def test_there_was_no_machine_where_it_never_came_beyond_scheduling(
    startup: Startup, lacks: bool
) -> None:
    assert startup.lacks_machine is lacks
