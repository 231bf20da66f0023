"""Each part as it is here and upstream: asked at once, and one that does not answer hides no other."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.deployment.instances import AS_OF, SKUS, find_sku
from baseten_tei.errors import UserError
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.tei import releases
from baseten_tei.operations.upstream import index_process
from baseten_tei.operations.upstream.parts import (
    Part,
    compare_prices,
    compare_tei,
    compare_version,
    newest_release,
)
from baseten_tei.operations.upstream.registry_client import REGISTRY, find_address, list_tags

PRICES = "BASETEN_TEI_PRICES"
"""Names another Baseten to read prices from: the loopback address of an emulator."""
_NO_INDEX = "the package index has no version of it for this Python, or did not answer: look with `pip index versions"
_UPGRADE = "run `pip install --upgrade {}`, or wait for a baseten-tei that takes it"
_PACKAGES = {"truss": "truss", "baseten": "Baseten's SDK"}
"""Distribution → what it is called here."""


def find_parts(used: Mapping[str, Sequence[str]]) -> list[Part]:
    """Return every part; `used` has the stacks' models by their TEI release. Raises `UserError` for a wrong address."""
    address = find_address(releases.UPSTREAM, os.environ)
    asks: list[Callable[[], list[Part]]] = [
        partial(_find_tei, used, *address),
        *(partial(_find_package, it) for it in _PACKAGES),
        _find_pulumi,
        _find_prices,
    ]
    with ThreadPoolExecutor(len(asks)) as pool:
        return [part for found in pool.map(lambda ask: ask(), asks) for part in found]


def _find_tei(used: Mapping[str, Sequence[str]], address: str, name: str) -> list[Part]:
    newest, why = None, f"the image registry {address} lists no release: see {REGISTRY}"
    try:
        newest = newest_release(list_tags(address, name))
    except UserError as error:
        why = f"{error}: see {REGISTRY}"
    except NoAnswerError as error:
        why = f"{address}: {error.why.what}: {error.why.todo}"
    return [compare_tei(used, newest, releases.NEWEST, why)]


def _find_package(name: str) -> list[Part]:
    here = version(name)
    newest = index_process.find_newest(name, here)
    return [compare_version(_PACKAGES[name], here, newest, _UPGRADE.format(name), _no_index(name))]


def _find_pulumi() -> list[Part]:
    """Pulumi publishes its command line, its engine and its SDKs together, under one number."""
    from pulumi_engine.versions import BUILT, BUNDLE  # which the package brings, and only this asks

    newest, why = index_process.find_newest("pulumi", version("pulumi")), _no_index("pulumi")
    setup = "`python -m pulumi_engine setup`"
    cli = index_process.find_pulumi_version()
    engines = [
        compare_version(f"engine that {setup} {does}", str(it), newest, "upgrade baseten-tei", why)
        for does, it in (("downloads", BUNDLE), ("builds", BUILT))
    ]
    sdk = compare_version("Pulumi's SDK", version("pulumi"), newest, _UPGRADE.format("pulumi"), why)
    todo = "install it (https://www.pulumi.com/docs/install)"
    return [
        compare_version("Pulumi's command line", cli, newest, todo, why)
        if cli
        else Part("Pulumi's command line", "not on PATH", newest or "", "unknown", f"run {setup}"),
        sdk,
        *engines,
    ]


def _find_prices() -> list[Part]:
    target = parse_target(os.environ.get(PRICES, "").strip() or None)
    try:
        found = BasetenApi(target, lambda: find_api_key(target, os.environ)).prices()
        account: Mapping[str, float] | str = {_listed_name(it): found[it] for it in found}
    except UserError as error:
        account = str(error)
    listed = {it.name: it.price for it in SKUS}
    return [compare_prices(listed, AS_OF, account, f"{datetime.now(UTC):%Y-%m-%d}")]


def _listed_name(instance_type: str) -> str:
    """The name that the list has; an account may have an older one."""
    listed = find_sku(instance_type)
    return listed.name if listed else instance_type


def _no_index(name: str) -> str:
    return f"{_NO_INDEX} {name}`" if index_process.has_installer() else index_process.NO_INSTALLER
