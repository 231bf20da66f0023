"""Decides where the texts of a call are sent, so that as few as possible have to be counted.

A router that must not cut a text refuses it if it is too long: so an answer proves that nothing was cut.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from baseten_tei_client._call.batched_run import Batch
from baseten_tei_client._call.batches import Room, plan
from baseten_tei_client._call.prepare import Text
from baseten_tei_client._router.lengths import Lengths
from baseten_tei_client._router.wire import Route


class Routes(NamedTuple):
    """Where texts are sent: short ones, those that must be cut if they are too long, those that must not."""

    usual: Route
    cutting: Route
    refusing: Route


def group(
    texts: Sequence[Text], short: Sequence[int], long: Sequence[int], room: Room, routes: Routes,
    lengths: Lengths,
) -> Iterator[Batch]:  # fmt: skip
    """Group the texts: those that are short for certain, and those that may be too long, by place.

    The short ones go first: their answers show how many tokens the others probably have. Each of the others goes
    where it is proven not to be cut if it is probably not; the longest first, so that those that are cut are counted
    while others are computed. If nothing is known yet the shortest go first, since they show it.
    """
    for places in plan(texts, short, room):
        yield Batch(places, routes.usual)
    for places in plan(texts, long, room, shortest_first=not lengths.has_learnt):
        probably = [place for place in places if room.reads_all_of(texts[place])]
        if probably:
            yield Batch(probably, routes.refusing, routes.cutting)
        if len(probably) < len(places):
            yield Batch([place for place in places if place not in probably], routes.cutting)
