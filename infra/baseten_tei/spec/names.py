"""Names: what Baseten and truss take, and when two of them are one.

A model's name on Baseten is any text that is shown ("My Truss"). truss 0.18.35 puts it into its GraphQL text
unescaped (`remote/baseten/api.py`), so a quote in a name would rewrite the call. A key of a stack is a folder's name,
an output's and a resource's too, and holds what never needs escaping.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baseten_tei.spec.args import ModelArgs

MAX_LENGTH = 64
MAX_ON_BASETEN = 255
"""Of a model's name on Baseten; its API says it of other names (`maxLength`), and nothing of this one."""
_NEVER_IN_NAMES = '"\\/'
RESERVED_STACKS = ("drift", "preview")
"""Environments of the workflows' own. A stack is deployed in the environment of its name, and case does not matter."""
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9_-]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_PLACE = re.compile(
    r"(?P<host>(?:https?://)?(?:[\w-]+\.)*(?:huggingface\.co|hf\.co)/|hf://)?"
    r"(?P<repository>[^/?#@:\s]+/[^/?#@:\s]+)(?:/(?:tree|blob|resolve)/(?P<revision>\w[\w.-]*))?(?=[/?#@:]|\Z)"
)
"""What people copy: a page's address, a file's path, a name with its revision."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REVISION = re.compile(r"\w[\w./-]*", re.ASCII)


def model_name_problem(name: str, what: str = "model_name") -> str | None:
    """Return why Baseten or truss could not take this model name; `what` is what the reader calls it."""
    if len(name) > MAX_LENGTH:
        return f"{what} has {len(name)} characters, at most {MAX_LENGTH} are allowed: shorten it"
    if not _MODEL.fullmatch(name):
        return (
            f"{what} {name!r} must start with a letter or digit and hold only letters, digits, "
            f"'-', '_' and '.': write e.g. {suggest_name(name)}"
        )
    return None


def baseten_name_problem(name: str) -> str | None:
    """Return why this `model_name` cannot be a model's name on Baseten, which may be any text that is shown."""
    if len(name) > MAX_ON_BASETEN:
        return f"model_name has {len(name)} characters, at most {MAX_ON_BASETEN} are allowed: shorten it"
    example = f"write e.g. model_name: {suggest_name(name)}"
    if found := next((it for it in name if it in _NEVER_IN_NAMES), None):
        return f"model_name {name!r} holds {found!r}, which ends a name in truss's calls or Pulumi's ids: {example}"
    if not name.strip() or name != name.strip() or not name.isprintable():
        return f"model_name {name!r} is empty, or holds a space at an end or a character that is not shown: {example}"
    return None


def environment_problem(name: str) -> str | None:
    """Return why this environment name cannot be used in Baseten's URLs."""
    if _ENVIRONMENT.fullmatch(name) and len(name) <= MAX_LENGTH and name != "development":
        return None
    return (
        f"environment {name!r} must be lower-case letters, digits, '-' and '_' (and not 'development', "
        "which is Baseten's own slot): write e.g. environment: staging"
    )


def repository_problem(model_id: str) -> str | None:
    """Return why this is not a Hugging Face repository, with the one that is meant; `None` where it is."""
    if _REPOSITORY.fullmatch(model_id):
        return None
    example = "write owner/name, e.g. model_id: BAAI/bge-base-en-v1.5"
    found = _PLACE.match(model_id)
    if found and _REPOSITORY.fullmatch(found["repository"]):
        of_commit = f", and revision: {found['revision']}" if found["revision"] else ""
        example = f"write model_id: {found['repository']}{of_commit}"
    what = "a Hugging Face repository"
    if "://" in model_id or (found and found["host"]):
        what += ", but a URL"
    elif model_id.startswith(("/", "./", "../", "~")):
        what += ", but a path of this machine, which Baseten does not have"
    elif found and _REPOSITORY.fullmatch(found["repository"]):
        what += ", but something in one"
    return f"model_id {model_id!r} is not {what}: {example}"


def revision_problem(revision: str) -> str | None:
    """Return why this is not a revision of a repository; `None` where it is."""
    if _REVISION.fullmatch(revision):
        return None
    return f"revision {revision!r} is not a branch, tag or commit: write e.g. revision: main, or a commit"


def stack_name_problem(stack: str) -> str | None:
    """Return why a stack must not have this name; `None` where it may."""
    if stack.casefold() not in RESERVED_STACKS:
        return None
    return (
        f"stack {stack!r} has the name of an environment of the workflows, which holds every secret and asks no "
        f"reviewer: run `pulumi stack rename {stack.casefold()}-stack`, or choose another name"
    )


def is_commit(revision: str) -> bool:
    """Return whether a revision is a commit, which never moves."""
    return _COMMIT.fullmatch(revision) is not None


def suggest_name(name: str) -> str:
    """Return a legal model name close to this one."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:MAX_LENGTH] or "my-model"


def environment_variable(name: str) -> str:
    """Return a name as scripts use it: `bge-base.en` is `BGE_BASE_EN`."""
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def fold_name(name: str) -> str:
    """Return what is the same for two names on Baseten that nobody should have to tell apart."""
    return re.sub(r"[\W_]", "_", name).casefold()


def same_secret(one: str, other: str) -> bool:
    """Return whether Baseten sees one secret: it normalises non-alphanumerics (docs: organization/secrets)."""
    return re.sub(r"[^A-Za-z0-9]", "_", one) == re.sub(r"[^A-Za-z0-9]", "_", other)


def baseten_name(name: str, args: "ModelArgs") -> str:
    """Return the model's name on Baseten."""
    return name if args.model_name is None else args.model_name
