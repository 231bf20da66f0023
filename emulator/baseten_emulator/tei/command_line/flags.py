"""The router's flags, by version; each is also read from the environment, in SCREAMING_SNAKE_CASE.

Source: `router/src/main.rs` at each tag, and `-h` of the 1.8.3 and 1.9.3 binaries.
"""

from dataclasses import dataclass

from baseten_emulator.tei.versions import (
    AUTO_TRUNCATE_TAKES_A_VALUE,
    DENSE_PATH,
    MODEL_ID_IS_REQUIRED,
    PAIRED_HF_TOKEN,
    SERVED_MODEL_NAME,
    TRUNCATES_BY_DEFAULT,
    Version,
)


@dataclass(frozen=True)
class Flag:
    """One flag: how its value is checked, its default, and the version that brought it."""

    name: str
    kind: str = "text"
    default: str | None = None
    since: Version = (1, 0, 0)
    choices: tuple[str, ...] = ()

    @property
    def environment_name(self) -> str:
        """The variable that sets it."""
        return self.name.replace("-", "_").upper()

    @property
    def usage(self) -> str:
        """How clap names the flag in an error."""
        switch = f"--{self.name}"
        return switch if self.kind == "switch" else f"{switch} <{self.environment_name}>"


FLAGS = (
    Flag("model-id", default="BAAI/bge-large-en-v1.5"),
    Flag("revision"),
    Flag("tokenization-workers", "usize"),
    Flag("dtype", "choice", choices=("float16", "float32")),
    Flag("served-model-name", since=SERVED_MODEL_NAME),
    Flag("pooling", "choice", choices=("cls", "mean", "splade", "last-token")),
    Flag("max-concurrent-requests", "usize", "512"),
    Flag("max-batch-tokens", "usize", "16384"),
    Flag("max-batch-requests", "usize"),
    Flag("max-client-batch-size", "usize", "32"),
    Flag("auto-truncate", "switch", "false"),
    Flag("default-prompt-name"),
    Flag("default-prompt"),
    Flag("dense-path", since=DENSE_PATH),
    Flag("hf-token", since=PAIRED_HF_TOKEN),
    Flag("hf-api-token"),
    Flag("hostname", default="0.0.0.0"),  # noqa: S104 - TEI's own default; nothing binds here
    Flag("port", "u16", "3000"),
    Flag("uds-path"),
    Flag("huggingface-hub-cache"),
    Flag("payload-limit", "usize", "2000000"),
    Flag("api-key"),
    Flag("json-output", "switch", "false"),
    Flag("disable-spans", "switch", "false", since=(1, 6, 1)),
    Flag("otlp-endpoint"),
    Flag("otlp-service-name"),
    Flag("prometheus-port", "u16", "9000", since=(1, 7, 1)),
    Flag("cors-allow-origin", "list"),
)
EXCLUSIVE = (("hf-token", "hf-api-token"), ("default-prompt", "default-prompt-name"))


def flags_of(version: Version) -> dict[str, Flag]:
    """Return the flags that this version knows, by name."""
    known = {flag.name: flag for flag in FLAGS if version >= flag.since}
    if version >= MODEL_ID_IS_REQUIRED:
        known["model-id"] = Flag("model-id")
    if version >= TRUNCATES_BY_DEFAULT:
        kind = "optional" if version >= AUTO_TRUNCATE_TAKES_A_VALUE else "switch"
        known["auto-truncate"] = Flag("auto-truncate", kind, "true")
    return known
