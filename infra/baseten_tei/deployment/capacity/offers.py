"""A GPU with its price, as an error offers it."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 3
"""Offers that an error names."""


@dataclass(frozen=True)
class Offer:
    """A GPU, and US dollars a minute of the instance that a spec gets with it."""

    accelerator: str
    usd_per_minute: float


def describe_offers(offers: Iterable[Offer]) -> str:
    """Return `T4 ($0.01052 a minute), A10G ($0.02012 a minute)`."""
    found = list(offers)
    return ", ".join(f"{it.accelerator} (${it.usd_per_minute:.5f} a minute)" for it in found[:MOST])
