"""The settings of a router that does not run as it was configured, by fault.

`/info` shows another pooling, precision or `--revision`, as TEI's does; a prompt, and the revision of a directory, show
in the numbers alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from baseten_emulator.tei.settings import Settings

_OTHER_REVISION = "0" * 40
_OTHER_PROMPT = "query: "


def wrong_settings(settings: Settings, wrongs: Mapping[str, str | None], number: int) -> Settings:
    """Return the settings after every fault; `number` is the request's."""
    for kind, value in wrongs.items():
        settings = _WRONGS[kind](settings, value)
    return replace(settings, noise=number) if "batch_noise" in wrongs else settings


def _pooling(settings: Settings, value: str | None) -> Settings:
    if settings.facts.task != "embedding":
        return settings
    return replace(settings, pooling=value or ("cls" if settings.pooling == "mean" else "mean"))


def _dtype(settings: Settings, value: str | None) -> Settings:
    other = "float16" if settings.model_dtype == "float32" else "float32"
    return replace(settings, model_dtype=value or other)


def _prompt(settings: Settings, value: str | None) -> Settings:
    return replace(
        settings, default_prompt=value or (None if settings.default_prompt else _OTHER_PROMPT)
    )


def _revision(settings: Settings, value: str | None) -> Settings:
    revision = value or _OTHER_REVISION
    return replace(settings, revision=revision, model_sha=settings.model_sha and revision)


_WRONGS: dict[str, Callable[[Settings, str | None], Settings]] = {
    "wrong_pooling": _pooling,
    "wrong_dtype": _dtype,
    "wrong_prompt": _prompt,
    "wrong_revision": _revision,
    "batch_noise": lambda settings, _: settings,
}
