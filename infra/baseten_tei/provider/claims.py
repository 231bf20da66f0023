"""Which resource of the program stands for what on Baseten.

A resource that was given another name is one that comes and one that goes, and both are the same thing on
Baseten: what goes must not take it away. Every resource of a program is checked before anything is deleted; a
`pulumi destroy` runs no program, so there nobody claims anything.
"""

Thing = tuple[str, str]
"""A resource's type, and its id."""


class Claims:
    """What the running program wants to be there, by the resource that stands for it."""

    def __init__(self) -> None:
        self._urns: dict[Thing, str] = {}

    def claim(self, thing: Thing, urn: str) -> None:
        """The resource with this URN stands for it."""
        self._urns[thing] = urn

    def other(self, thing: Thing, urn: str) -> str | None:
        """The name of another resource that stands for it now."""
        claimed = self._urns.get(thing, urn)
        return None if claimed == urn else claimed.rpartition("::")[2]
