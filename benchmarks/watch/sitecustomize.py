"""Found by each Python process of a watched run through PYTHONPATH: notes which packages it imports.

A line per top-level name, appended at once: the engine ends its plugins without waiting for their exit.
"""

import os
import sys


class ImportNotes:
    """A finder that is asked first and finds nothing."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Note the name; the next finder answers. Pulumi's host asks `importlib.util.find_spec` about every package."""
        del path, target
        asked = sys._getframe(2).f_code.co_name == "find_spec"
        if "." not in name and not asked:
            with open(os.environ["BENCHMARKS_IMPORTS"], "a") as notes:  # noqa: PTH123  # pathlib would be noted itself
                notes.write(f"{name}\n")


sys.meta_path.insert(0, ImportNotes)
