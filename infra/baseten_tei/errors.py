"""The one exception that means "the reader can mend this"."""


class UserError(Exception):
    """A mistake of the reader's, told in full: each line says which thing, which value, why, what to type.

    Shown without a traceback, and always before anything was touched.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(" ".join(problem.splitlines()) for problem in problems)
        super().__init__("\n".join(self.problems))
