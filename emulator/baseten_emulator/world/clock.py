"""The emulator's time as text; the time itself is an argument of a world."""

from datetime import UTC, datetime


def iso(at: float) -> str:
    """Return an instant as ISO 8601 in UTC, as the management API writes `created_at`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
