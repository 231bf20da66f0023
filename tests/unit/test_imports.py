"""The picture of the product's layers, checked: arrows point downwards, edges know nothing of each other.

wiring      __main__ stack components resources context push generate provider
edges       lookup truss_cli slots baseten_api router embedded files
means       fetching bounded_httpx: HTTP within bounds, for every edge that calls somebody
decisions   everything else: no I/O, no clock, no environment, no pulumi
words       spec errors versions
"""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "infra" / "baseten_tei"
EMULATOR = ROOT / "emulator" / "baseten_emulator"

WORDS = {"spec", "errors", "versions", "facts"}
FILES = {"reading", "writing"}
"""How any edge reads and writes a file."""
EDGES = FILES | {
    "lookup", "truss_cli", "slots", "baseten_api", "router", "embedded", "files",
    "hub", "golden_files", "pulumi_cli", "forge_api", "git_files", "private_emulator", "throughput_files",
    "load_client", "tune_plots", "left_behind",
    "push_socket", "standing_files", "push_logs", "runtime_folder",
    "starter", "temporary", "keeping",
}  # fmt: skip
MEANS = {"fetching", "bounded_httpx"}
WIRING = {
    "__init__", "configuration", "components", "resources", "context", "stack", "push", "generate", "provider",
    "pushing", "preloaded", "push_server", "keeper", "status", "standings", "planned",
    "program_end", "push_python", "engine_project",
    "preflight", "lock", "explain", "prepare", "golden", "recorder", "adopt", "doctor", "workspace",
    "outputs", "codegen",
    "snapshot", "throwaway", "stack_files", "deployable", "comment", "pull_request", "report", "reviewed",
    "tune", "tuned", "tune_record", "scratch", "loading", "measured_url", "predictions",
    "ending",
    "rehearse", "rehearsal", "rehearsal_calls", "rehearsal_project",
}  # fmt: skip
ALLOWED = {
    # Starting the emulator takes the same lock that pushes take: several of them may find it down at once.
    ("embedded", "slots"), ("slots", "runtime_folder"),
    # What an edge starts ends with its starter.
    ("truss_cli", "starter"), ("pulumi_cli", "keeping"), ("private_emulator", "keeping"), ("keeping", "temporary"),
}  # fmt: skip
IMPURE = {
    "pulumi",
    "pulumi_command",
    "requests",
    "subprocess",
    "socket",
    "time",
    "os",
    "truss",
    "huggingface_hub",
    "httpx2",
    "baseten",
}


def layer(module: str) -> int:
    """0 for words, 1 for decisions, 2 for means, 3 for edges, 4 for wiring."""
    name = module.split(".")[0]
    named = {0: WORDS, 2: MEANS, 3: EDGES, 4: WIRING}
    return next((number for number, names in named.items() if name in names), 1)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, but for type checking only; `baseten_tei.x` in full."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in (
            "baseten_tei",
            "baseten_tei.provider",
        ):
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


IMPORTS = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): imported(path)
    for path in PACKAGE.rglob("*.py")
}
OURS = {
    module: {name.removeprefix("baseten_tei.") for name in names if name.startswith("baseten_tei.")}
    for module, names in IMPORTS.items()
}


def test_the_picture_names_only_modules_that_are_there() -> None:
    there = {module.split(".")[0] for module in IMPORTS}
    assert there >= WORDS | MEANS | EDGES | WIRING


def test_arrows_point_downwards() -> None:
    upwards = [
        f"{module} imports {other}"
        for module, others in OURS.items()
        for other in others
        if layer(other) > layer(module)
    ]
    assert upwards == []


def test_no_edge_knows_another() -> None:
    """The parts of one edge, `baseten_api`, know each other."""
    known = {
        (module, other)
        for module, others in OURS.items()
        for other in others
        if layer(module) == layer(other) == 3
        and other not in FILES
        and module.split(".")[0] != other.split(".")[0]
    }
    assert known == ALLOWED


def test_decisions_do_no_io_and_know_no_clock_and_no_environment() -> None:
    impure = {
        module: names & IMPURE
        for module, names in IMPORTS.items()
        if layer(module) < 2 and {name.split(".")[0] for name in names} & IMPURE
    }
    assert impure == {}


def test_the_emulator_and_the_product_are_two_readings_of_one_api() -> None:
    assert not [n for names in IMPORTS.values() for n in names if n.startswith("baseten_emulator")]
    emulator = [name for path in EMULATOR.rglob("*.py") for name in imported(path)]
    assert emulator
    assert not [name for name in emulator if name.startswith("baseten_tei")]


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    """truss takes 1 to 2 s to import and the baseten SDK 1.5 s: not at preview, nor before a push's question."""
    first = "import sys, baseten_tei.stack, baseten_tei.generate, baseten_tei.pushing, baseten_tei.provider.__main__"
    command = [
        sys.executable,
        "-c",
        f"{first}; print(*{{'truss', 'baseten', 'httpx'}} & {{*sys.modules}})",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
