"""Rules of earlier releases that are gone: a silence of one is a warning that names what to write now.

An id is never used twice.
"""

from collections.abc import Mapping
from types import MappingProxyType

RETIRED: Mapping[str, str] = MappingProxyType(
    {
        "TEI-MODEL-004": "TEI-MODEL-021",  # Dense layers of a folder, before 1.8.3
        "TEI-MODEL-006": "TEI-MODEL-003",  # DistilBERT's classifier without flash attention
    }
)
"""Id → the rule that finds the same today."""
