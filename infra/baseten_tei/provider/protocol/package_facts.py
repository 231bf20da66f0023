"""What both packages say of themselves: where they come from, and how each language names them."""

import json
from typing import Any

from baseten_tei import __version__

REPOSITORY = "https://github.com/<owner>/baseten-tei"
"""The one place that knows the public address of this repository; it is not public yet."""


def package_facts(name: str, kind: str) -> dict[str, Any]:
    """Return the part of a package's schema that is about the package; `kind` is `native` or `component`."""
    return {
        "name": name,
        "version": __version__,
        "keywords": ["pulumi", "baseten", "embeddings", f"kind/{kind}", "category/infrastructure"],
        "homepage": REPOSITORY,
        "repository": REPOSITORY,
        "license": "MIT",
        "publisher": "baseten-tei",
        "logoUrl": f"{_raw()}/v{__version__}/docs/images/logo.png",
        "pluginDownloadURL": f"github://api.{_address()}",
        "language": _languages(name),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as a provider serves it."""
    return json.dumps(schema, ensure_ascii=False)


def _address() -> str:
    return REPOSITORY.removeprefix("https://")


def _raw() -> str:
    return REPOSITORY.replace("https://github.com", "https://raw.githubusercontent.com")


def _languages(name: str) -> dict[str, Any]:
    """How the SDKs are called. Until the address is known, Go's has one that nobody can own (RFC 2606)."""
    module = "example.com/baseten-tei" if "<" in REPOSITORY else _address()
    identifier = name.replace("-", "")
    return {
        "nodejs": {"packageName": f"pulumi-{name}", "respectSchemaVersion": True},
        "python": {
            "packageName": f"pulumi_{name.replace('-', '_')}",
            "pyproject": {"enabled": True},
            "respectSchemaVersion": True,
        },
        "go": {
            "importBasePath": f"{module}/sdk/go/{identifier}",
            "respectSchemaVersion": True,
        },
        "csharp": {"respectSchemaVersion": True},
    }
