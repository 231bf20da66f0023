"""Other GPUs that hold a model."""

from collections.abc import Iterable

from baseten_tei.deployment.capacity.offers import Offer
from baseten_tei.deployment.gpu_choice import holds
from baseten_tei.deployment.instances import ON_REQUEST
from baseten_tei.deployment.money import prices
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.spec.args import ModelArgs


def find_offers(args: ModelArgs, facts: ModelFacts, but: Iterable[str]) -> list[Offer]:
    """Return the GPUs that hold this model, cheapest first, without those in `but` and those given on request."""
    left_out = {*but, *ON_REQUEST}
    return [
        Offer(it.gpu, it.price)
        for it in prices.by_price(args)
        if it.gpu not in left_out and holds(args, facts, it.gpu)
    ]
