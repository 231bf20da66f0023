"""Names of models that one resource gives up and another takes in one operation.

A rename and a push under the old name would meet in either order, and the second model be pushed into the first.
"""


class NameSwaps:
    """The names of one operation's models, as the engine checks them one after the other."""

    def __init__(self) -> None:
        self._left: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def find_problem(self, urn: str, before: str, now: str) -> str | None:
        """Return why this resource's model cannot be called so in this operation; `before` is empty for a new one."""
        if before and before != now:
            self._left[before] = urn
        self._taken[now] = urn
        for name in (before, now):
            left, taken = self._left.get(name), self._taken.get(name)
            if left and taken and left != taken:
                one, other = (it.rpartition("::")[2] for it in (left, taken))
                return (
                    f"name {name!r} is given up by {one} and taken by {other} in one update: apply the rename first, "
                    "then give the name to the other one"
                )
        return None
