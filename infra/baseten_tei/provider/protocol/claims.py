"""Which resource of the program stands for what on Baseten.

A resource that was given another name is one that comes and one that goes, and one that is replaced (`pulumi up
--replace`, `pulumi state taint`) is made again and then deleted: both are the same thing on Baseten, and what goes
must not take it away. Every resource of a program is checked before anything is deleted; a `pulumi destroy` checks
none, with or without `--run-program` (measured on 3.259.0), so there nobody claims anything.
"""

from baseten_tei.provider.protocol.resource import Values

Thing = tuple[str, str]
"""A resource's type, and its id."""


class Claims:
    """What the running program wants to be there, by the resource that stands for it."""

    def __init__(self) -> None:
        self._urns: dict[Thing, str] = {}
        self._inputs: dict[Thing, Values] = {}

    def claim(self, thing: Thing, urn: str, inputs: Values) -> None:
        """Record that the resource with this URN stands for it, with these inputs."""
        self._urns[thing] = urn
        self._inputs[thing] = inputs

    def heir(self, thing: Thing) -> str | None:
        """Return the URN of the resource that stands for it now."""
        return self._urns.get(thing)

    def others(self, thing: Thing) -> list[tuple[str, Values]]:
        """Return every other claim of this type: the URN, and the inputs that name the thing in some other way."""
        of_type = [it for it in self._urns if it[0] == thing[0] and it != thing]
        return [(self._urns[it], self._inputs[it]) for it in of_type]
