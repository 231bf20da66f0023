"""`python -m benchmarks.worlds.searchers`: searches an index all the time, as a consumer does, and judges every answer.

A search is sent at its time, whether those before it are answered or not. Its vector must be the one that the space
of the index gives (asked of that model directly beforehand), and the nearest note must be the one that was meant. The
outputs are read again when their file changes. SIGTERM ends it after the searches that are under way; each is a line
of JSON: when it was sent, its milliseconds, and what was wrong, if anything.
"""

import argparse
import asyncio
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from baseten_tei_client import AsyncModel, TeiClientError, aconnect
from benchmarks.worlds.filled_index import LoadedIndex
from benchmarks.worlds.truth import Truth

SAME_COSINE = 0.999
JUDGE_EVERY_SECONDS = 1.0
"""So that the index is read once for many searches."""


@dataclass
class Consumer:
    """An index and the model of its space, as the outputs tell it."""

    name: str
    outputs: Path
    index: LoadedIndex
    _seen: bytes = b""
    _models: list[AsyncModel] = field(default_factory=list)

    async def model(self) -> AsyncModel:
        """Return the model, connected again if the outputs have changed; searches under way keep the one before."""
        told = self.outputs.read_bytes()
        if told != self._seen:
            self._seen = told
            found = json.loads(told)
            self._models.append(
                await aconnect(self.name, outputs=found, expect_space=self.index.space)
            )
        return self._models[-1]

    async def close(self) -> None:
        """Close all of them."""
        for model in self._models:
            await model.aclose()


@dataclass
class Load:
    """Searches at a rate, and their verdicts."""

    consumer: Consumer
    truth: Truth
    rate: float
    into: Path
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _all_answered: bool = False
    _answers: list[tuple[float, float, int, Any]] = field(default_factory=list)

    async def run(self) -> None:
        """Search until it is ended."""
        judging = asyncio.create_task(self._judge_all())
        async with asyncio.TaskGroup() as searches:
            began, number = time.monotonic(), 0
            while not self.ended.is_set():
                await asyncio.sleep(max(0, began + number / self.rate - time.monotonic()))
                model = await self.consumer.model()
                place = number % len(self.truth.queries)
                searches.create_task(self._search(model, place, began + number / self.rate))
                number += 1
        self._all_answered = True
        await judging

    async def _search(self, model: AsyncModel, place: int, due: float) -> None:
        sent = time.time()
        try:
            query = self.truth.queries[place]
            [answer] = (await model.embed_query(query)).vectors
        except TeiClientError as error:
            answer = f"{type(error).__name__}: {error}"
        self._answers.append((sent, 1000 * (time.monotonic() - due), place, answer))

    async def _judge_all(self) -> None:
        with self.into.open("w") as file:
            while not self._all_answered or self._answers:
                await asyncio.sleep(JUDGE_EVERY_SECONDS)
                some, self._answers = self._answers, []
                verdicts = await asyncio.to_thread(self._judge, some)
                for (sent, took, _, _), verdict in zip(some, verdicts, strict=True):
                    file.write(f"{json.dumps([sent, took, verdict])}\n")
                file.flush()

    def _judge(self, answers: list[tuple[float, float, int, Any]]) -> list[str | None]:
        """Return what is wrong with each answer: how it failed, or that it is of another space."""
        good = [it for it in answers if not isinstance(it[3], str)]
        found = iter(
            self.consumer.index.find_nearest(np.array([it[3] for it in good])) if good else ()
        )
        return [
            f"failed: {answer}"
            if isinstance(answer, str)
            else self._compare(place, answer, next(found))
            for _, _, place, answer in answers
        ]

    def _compare(self, place: int, vector: Any, nearest: str) -> str | None:
        right = self.truth.vectors[place]
        cosine = float(right @ vector) if right.shape == vector.shape else 0.0
        if cosine < SAME_COSINE:
            return f"wrong space: cosine {cosine:.3f}"
        if nearest != self.truth.ids[place]:
            return f"wrong note: {nearest}, not {self.truth.ids[place]}"
        return None


async def main() -> None:
    """Search as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--rate", type=float, required=True)
    for name in ("outputs", "index", "truth", "into"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    consumer = Consumer(arguments.name, arguments.outputs, LoadedIndex(arguments.index))
    load = Load(consumer, Truth.read(arguments.truth), arguments.rate, arguments.into)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, load.ended.set)
    await (await consumer.model()).ready()
    print("searching", flush=True)
    await load.run()
    await consumer.close()


if __name__ == "__main__":
    asyncio.run(main())
