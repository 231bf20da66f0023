"""The TEI releases that an image tag can name, and the release in which each behaviour changed.

Source: tag diffs of text-embeddings-inference, v1.6.0 to v1.9.3; behaviours measured on 1.8.3 and 1.9.3 unless the
comment says otherwise.
"""

Version = tuple[int, int, int]

LATEST: Version = (1, 9, 4)  # in public use since 2026-09; its source was not to be had

# What a tag without patch number points at. Upstream moves it; Baseten's mirror of `1.6` dates from
# 1.6.0 (guessed: the mirror's tags do not say).
NEWEST_PATCH = {(1, 6): 0, (1, 7): 4, (1, 8): 3, (1, 9): 4}

PAIRED_HF_TOKEN: Version = (1, 6, 1)  # `--hf-token` beside the deprecated `--hf-api-token`
GTE_EXCEPTION: Version = (1, 6, 1)  # `NewForTokenClassification` without labels is passed over
HUB_REDIRECTS: Version = (1, 7, 0)  # #672: before, no download from today's Hub
PADDED_MODELS_WARM_UP: Version = (1, 7, 1)  # before, only flash models did
DENSE_PATH: Version = (1, 8, 0)  # `2_Dense`, from a directory as well
DENSE_FROM_MODULES: Version = (1, 8, 1)  # modules.json, but only of a model from the Hub
DENSE_IN_DIRECTORIES: Version = (1, 8, 3)  # #738: from a directory as well
DIMENSIONS: Version = (1, 8, 0)  # before, an unknown field and ignored
BATCH_TOKENS_ARE_CHECKED: Version = (1, 8, 3)  # #725: before, a long request hung for ever
BLACKWELL: Version = (1, 9, 0)
MODEL_ID_IS_REQUIRED: Version = (1, 9, 0)
SERVED_MODEL_NAME: Version = (1, 9, 0)
BATCHES_TRY_FOR_PERMITS: Version = (1, 9, 0)  # #726: before, each item of a batch waits
VALIDATION_IS_422: Version = (1, 9, 0)  # #818: before, 413
PADDED_MODELS_WARM_UP_ONE_INPUT: Version = (1, 9, 0)  # #792: before, a full batch
SORTS_THE_CONFIG: Version = (
    1,
    9,
    0,
)  # candle reads config.json as a Value first (serde_json sorts)
LOWER_CASE_DIRECTIONS: Version = (1, 9, 0)
TRUNCATES_BY_DEFAULT: Version = (1, 9, 0)
ENTRYPOINT_IN_EVERY_CUDA_IMAGE: Version = (1, 9, 1)  # before, only in the all-in-one image
AUTO_TRUNCATE_TAKES_A_VALUE: Version = (1, 9, 2)  # #836


def parse_version(text: str) -> Version:
    """Return the version of `1.8.3`, `1.8` (its newest patch) or `latest`. Raises ValueError for another text."""
    if text == "latest":
        return LATEST
    numbers = [int(part) for part in text.split(".")]
    if len(numbers) == 2:
        numbers.append(NEWEST_PATCH.get((numbers[0], numbers[1]), 0))
    major, minor, patch = numbers
    return (major, minor, patch)


def format_version(version: Version) -> str:
    """Return `(1, 8, 3)` as `1.8.3`."""
    return ".".join(map(str, version))
