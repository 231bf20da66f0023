"""Notes to search: as many as are wanted, the same each time, each found first by its own query."""

import json
from collections.abc import Iterator
from pathlib import Path

_WORDS = """
paint repair wash sharpen label pack borrow weigh measure polish heat cool bend glue sand oil rinse store hang
lift count sketch trim wrap drain tighten loosen swap test seal brush soak stack mend fold plant water carve
dust sort

old red heavy broken narrow shiny rusty quiet spare wooden folding cracked hollow striped tiny blunt crooked
damp faded greasy loose mossy noisy oval patched rough slippery square steep sticky tangled thin torn uneven
velvet warm waxed worn woven yellow

bicycle kettle lantern ladder suitcase clock guitar tent saddle mirror anchor basket bucket candle carpet
chimney compass curtain drum easel fence funnel gate hammock helmet kayak kite lamp loom mattress oven paddle
pillow piano rake scarf shovel sled stool violin

attic barn bakery balcony basement beach bridge cabin canyon castle cellar chapel creek dock farm forest
garage garden harbour hill island kitchen lake library market meadow mill museum orchard pier porch quarry
river school shed stable station tunnel valley workshop

january february march april june july august october november december monday tuesday wednesday thursday
friday saturday sunday breakfast lunch dinner dawn dusk midnight noon spring summer autumn winter christmas
easter harvest holiday monsoon frost thunder eclipse blizzard solstice carnival halloween
"""
"""What is done, to what kind of thing, to which thing, where, and when."""
_LISTS = [words.split() for words in _WORDS.split("\n\n")]
_SIZE = len(_LISTS[0])
_STEP = 48_271
"""Prime, so that no two notes have the same five words."""


def words_of(number: int) -> list[str]:
    """Return the five words of a note, one of each list."""
    rest = (number * _STEP + 11) % _SIZE ** len(_LISTS)
    words = []
    for one in _LISTS:
        rest, place = divmod(rest, _SIZE)
        words.append(one[place])
    return words


def query_of(number: int) -> str:
    """Return what finds a note first."""
    verb, kind, thing, place, time = words_of(number)
    return f"the {thing} that is {kind}: when to {verb} it, {time} in the {place}"


def make_notes(count: int) -> Iterator[dict[str, str]]:
    """Yield notes as examples/search-service reads them; `passage` is what is embedded."""
    for number in range(count):
        verb, kind, thing, place, time = words_of(number)
        title = f"{verb.capitalize()} the {kind} {thing}"
        text = f"The {place} has room to {verb} the {kind} {thing}, and {time} is the best time."
        yield {
            "id": f"note-{number}", "topic": place, "title": title, "text": text,
            "passage": f"{title}. {text}",
        }  # fmt: skip


def write_notes(path: Path, count: int) -> None:
    """Write a JSON object a line."""
    with path.open("w") as file:
        file.writelines(f"{json.dumps(note)}\n" for note in make_notes(count))
