"""The types of what a config.yaml holds, where the emulator reads it: those of truss 0.18.35's `TrussConfig`.

A value of another type is refused by name at the push, as Baseten does, before something fails on it later.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[str, Any], Iterator[str]]


def _of(kind: type | tuple[type, ...], words: str) -> Check:
    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            yield f"{place}: must be {words}"

    return check


def _list_of(inner: Check) -> Check:
    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place}: must be a list"
            return
        for index, entry in enumerate(value):
            yield from inner(f"{place}[{index}]", entry)

    return check


def _mapping(**fields: Check) -> Check:
    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            yield f"{place}: must be a mapping"
            return
        for name, inner in fields.items():
            if value.get(name) is not None:
                yield from inner(f"{place}.{name}" if place else name, value[name])

    return check


def _mapping_to(inner: Check) -> Check:
    def check(place: str, value: Any) -> Iterator[str]:
        fields = {str(name): inner for name in value} if isinstance(value, Mapping) else {}
        yield from _mapping(**fields)(place, value)

    return check


_text, _flag, _whole = _of(str, "text"), _of(bool, "true or false"), _of(int, "a whole number")
_texts = _list_of(_text)
_patterns = {"allow_patterns": _texts, "ignore_patterns": _texts}
_auth = _mapping(auth_secret_name=_text)
_config = _mapping(
    **dict.fromkeys(("model_name", "description", "python_version", "requirements_file"), _text),
    **dict.fromkeys(("requirements", "system_packages", "external_package_dirs", "build_commands"), _texts),
    **dict.fromkeys(("environment_variables", "secrets", "runtime", "model_metadata"), _mapping()),
    base_image=_mapping(image=_text, python_executable_path=_text, docker_auth=_mapping()),
    docker_server=_mapping(start_command=_text, run_as_user_id=_whole, no_build=_flag),
    resources=_mapping(
        accelerator=_text, instance_type=_text,
        use_gpu=_flag, node_count=_whole,
    ),
    build=_mapping(arguments=_mapping(), secret_to_path_mapping=_mapping_to(_text)),
    weights=_list_of(
        _mapping(source=_text, mount_location=_text, auth_secret_name=_text, auth=_auth, **_patterns)
    ),
    model_cache=_list_of(
        _mapping(
            **dict.fromkeys(("repo_id", "revision", "volume_folder", "runtime_secret_name"), _text),
            use_volume=_flag, **_patterns,
        )
    ),
)  # fmt: skip


def shape_errors(config: Mapping[str, Any]) -> list[str]:
    """Return every value of a type that its key does not have, each by its place; null is always allowed."""
    return list(_config("", config))
