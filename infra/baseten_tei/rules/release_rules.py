"""TEI's releases: what is not known of the one that a spec names, and what is known to be wrong with it."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import releases
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import on_cpu


def _unknown_patch(subject: Subject) -> Finding | None:
    version = subject.args.tei_version
    if version in releases.KNOWN or not releases.is_known_minor(version):
        return None
    return Finding(
        f"TEI {version} came after this release of baseten-tei, or is older than what it knows: it is checked as "
        f"{releases.known_release(version)}, and whether its image exists shows at the push",
        f"write tei_version: {releases.ADVISED}, or run `baseten-tei check --upstream` for a newer release",
    )


def _falls_back_to_cpu(subject: Subject) -> Finding | None:
    version = subject.args.tei_version
    change = releases.find_change("driver-6xx", version)
    if change is None or on_cpu(subject):
        return None
    return Finding(
        f"TEI {version} {change['what']}",
        "write tei_version: 1.9.4, or silence this once a release served from the GPU",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-REL-001", "warning", "The release is one that this project knows",
         "this project: facts/tei/releases.json", _unknown_patch),
    Rule("TEI-REL-002", "warning", "The release finds a GPU whose NVIDIA driver is 6xx",
         "TEI #870, #871; fixed in 1.9.4 by its date", _falls_back_to_cpu),
)  # fmt: skip
