"""All rules, and the check of a model by them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import did_you_mean
from baseten_tei.rules import flag_rules, release_rules, token_rules
from baseten_tei.rules.gpu import image_rules
from baseten_tei.rules.gpu.account_rule import LACKING
from baseten_tei.rules.gpu.subject_hardware import accelerator_of
from baseten_tei.rules.memory import gpu_memory_rules
from baseten_tei.rules.model import start_rules
from baseten_tei.rules.retired_rules import RETIRED
from baseten_tei.rules.rule import Finding, Reported, Rule
from baseten_tei.rules.secrets import access_rules
from baseten_tei.rules.secrets.access_rules import SECRETS
from baseten_tei.rules.secrets.download_rules import MOVING_REVISION
from baseten_tei.rules.secrets.stack_file import STACK_SECRETS
from baseten_tei.rules.task import task_rules
from baseten_tei.rules.value import name_rules
from baseten_tei.rules.value.name_rules import NO_REPOSITORY
from baseten_tei.spec.names import is_commit

FAMILIES = (
    name_rules, image_rules, release_rules, task_rules, start_rules, token_rules, flag_rules, access_rules,
    gpu_memory_rules,
)  # fmt: skip

UNLOCKED = Rule(
    "TEI-LOCK-001",
    "warning",
    "A model that is not locked is checked without its facts",
    "this project: locks/<stack>.yaml",
    lambda subject: _check_lock(subject),
)
UNKNOWN_SILENCE = Rule(
    "TEI-SILENCE-001",
    "error",
    "A silence names a rule that there is, with a reason",
    "this project: a silence is reviewed by its reason",
    lambda subject: _check_silence_names(subject),
)
UNUSED_SILENCE = Rule(
    "TEI-SILENCE-002",
    "error",
    "A silence silences something",
    "this project: a silence nobody needs would hide the next finding",
    lambda subject: _check_silence_use(subject),
)

RETIRED_SILENCE = Rule(
    "TEI-SILENCE-003",
    "warning",
    "No silence names a rule that is retired",
    "this project: an upgrade does not stop a preview for a rule that went",
    lambda subject: _check_retired_silences(subject),
)

RULES: tuple[Rule, ...] = (
    *(rule for family in FAMILIES for rule in family.RULES),
    UNLOCKED,
    UNKNOWN_SILENCE,
    UNUSED_SILENCE,
    RETIRED_SILENCE,
)
_FIRM = tuple(rule for rule in RULES if rule.is_firm and rule is not SECRETS)
DESCRIBED = (*RULES, STACK_SECRETS, LACKING)
"""All that a report may name."""
BY_ID = {rule.id: rule for rule in RULES}
ABOUT_SILENCES = frozenset({UNKNOWN_SILENCE.id, UNUSED_SILENCE.id, RETIRED_SILENCE.id})


def check_model(subject: Subject) -> list[Reported]:
    """Return what every rule finds that the spec does not silence, errors first; of one with a secret, only that."""
    if secrets := _report(SECRETS, subject):
        return secrets
    rules = [
        rule
        for rule in RULES
        if rule is not SECRETS
        if rule.is_firm or rule.id not in subject.args.silence or rule.id in ABOUT_SILENCES
    ]
    found = [reported for rule in rules for reported in _report(rule, subject)]
    found += _check_others(subject, rules, found)
    hidden = _hidden_by({it.rule.id for it in found})
    found = [it for it in found if it.rule.id not in hidden]
    return sorted(found, key=lambda reported: reported.rule.severity != "error")


def find_firm(subject: Subject) -> list[Reported]:
    """Return what the rules find without which nothing can be generated from the spec."""
    found = _report(SECRETS, subject)
    if found:
        return found
    found = [it for rule in _FIRM for it in _report(rule, subject)]
    return found + _check_others(subject, _FIRM, found)


def _check_others(
    subject: Subject, rules: Iterable[Rule], found: Iterable[Reported]
) -> list[Reported]:
    """Return what these rules find on the further GPUs of a list, and not on the first."""
    known, more = {it.line for it in found}, []
    for other in subject.others:
        gpu = accelerator_of(other)
        for reported in (
            it for rule in rules if rule.id not in ABOUT_SILENCES for it in _report(rule, other)
        ):
            if reported.line not in known:
                known.add(reported.line)
                more.append(_on_gpu(reported, str(gpu)))
    return more


def _on_gpu(reported: Reported, gpu: str) -> Reported:
    said = reported.finding
    told = Finding(
        f"on {gpu}, one of accelerators: {said.message}", f"{said.fix}, or leave {gpu} out"
    )
    return replace(reported, finding=told)


def _report(rule: Rule, subject: Subject) -> list[Reported]:
    return [Reported(subject.name, rule, finding) for finding in rule.find(subject)]


def _hidden_by(found: set[str]) -> set[str]:
    """Return the rules that would say the same again: one cause is one finding."""
    if found & NO_REPOSITORY:
        return {UNLOCKED.id, MOVING_REVISION}
    return {MOVING_REVISION} if UNLOCKED.id in found else set()


def error_lines(reported: list[Reported]) -> list[str]:
    """Return one line for each finding that stops a preview."""
    return [it.line for it in reported if it.rule.severity == "error"]


def warning_lines(reported: list[Reported]) -> list[str]:
    """Return one line for each finding that a preview shows and goes on."""
    return [it.line for it in reported if it.rule.severity == "warning"]


def _check_lock(subject: Subject) -> Finding | None:
    if subject.facts is not None:
        return None
    moving = MOVING_REVISION not in subject.args.silence and not is_commit(subject.args.revision)
    return Finding(
        f"{subject.args.model_id} is not locked, so only its spec was checked"
        + (f", and revision {subject.args.revision!r} can move" if moving else ""),
        "run `baseten-tei lock`",
    )


def _check_silence_names(subject: Subject) -> Iterator[Finding]:
    for rule_id, reason in subject.args.silence.items():
        if rule_id in RETIRED:
            continue
        if rule_id not in BY_ID:
            hint = did_you_mean(rule_id, BY_ID).strip()
            yield Finding(
                f"silence names {rule_id!r}, which is not a rule",
                hint or "write an id that `baseten-tei check` prints",
            )
        elif BY_ID[rule_id].is_firm:
            yield Finding(
                f"silence names {rule_id}, without which no model can be deployed",
                f"remove {rule_id} from silence",
            )
        elif not reason.strip():
            yield Finding(
                f"silence of {rule_id} has no reason", f"write {rule_id}: <why it does not apply>"
            )


def _check_retired_silences(subject: Subject) -> Iterator[Finding]:
    for rule_id in subject.args.silence:
        if replacement := RETIRED.get(rule_id):
            yield Finding(
                f"silence of {rule_id} does nothing: that rule is retired, and {replacement} finds what it found",
                f"remove {rule_id} from silence, or write {replacement}: <why it does not apply>",
            )


def _check_silence_use(subject: Subject) -> Iterator[Finding]:
    for rule_id in subject.args.silence:
        rule = BY_ID.get(rule_id)
        if rule is None or rule.id in ABOUT_SILENCES or (rule.needs_facts and not subject.facts):
            continue
        if not rule.is_firm and not any(rule.find(it) for it in subject.turns):
            yield Finding(
                f"silence of {rule_id} silences nothing", f"remove {rule_id} from silence"
            )
