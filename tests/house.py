"""The rules of the house that an import graph cannot see, each a function over one file.

A rule is given a path from the checkout's root and the parsed file, and says what breaks it. The
names of files beyond the usual ones are read from the ADR that decides them.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
NAMES_ADR = ROOT / "docs" / "adr" / "0003-named-files.md"

ROOMS = {
    "people", "bulk", "ledger", "rules", "messages", "hooks", "compliance", "trading", "payments",
    "partners", "exposure", "reconciliation", "sales", "reports",
}  # fmt: skip
MONEY_ROOMS = {"kit", "ledger", "payments", "partners", "reconciliation"}
DOORS = {"staff", "trader", "partner", "api", "public"}
USUAL = DOORS | {
    "__init__", "apps", "models", "events", "operations", "queries", "decisions", "ports",
    "reactions",
}  # fmt: skip
FOLDERS = {"migrations", "templates", "static", "tests", "adapters"}
IN_TESTS = re.compile(r"^(test_\w+|conftest|make|__init__|\w+_(cases|samples)|sample_\w+)$")

LINES, FUNCTION_LINES = 400, 50
CODE_LINES = {"core": 2000, "ui": 3900}

FORBIDDEN = {
    "util", "utils", "helper", "helpers", "manager", "managers", "service", "services", "base",
    "process", "handle", "handler", "handlers",
}  # fmt: skip
DJANGOS_OWN = {"process_view", "process_exception", "process_request", "process_response"}
VENDORS_OWN = {("mt5", "manager"), ("ctrader", "manager"), ("ctrader", "services")}
"""MetaTrader and cTrader call the account with which a back office signs in a manager, and one of
cTrader's interfaces is called WebServices.
"""

IRREGULAR = {
    "Begun", "Bought", "Broken", "Cut", "Done", "Drawn", "Found", "Given", "Grew", "Held", "Kept",
    "Left", "Lost", "Made", "Met", "Paid", "Put", "Read", "Rebuilt", "Run", "Said", "Seen", "Sent",
    "Set", "Shown", "Sold", "Spent", "Split", "Stuck", "Taken", "Told", "Undone", "Withdrawn",
    "Won", "Written",
}  # fmt: skip
WRITES = {
    "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete",
}  # fmt: skip
PENS = {("rules", "deciding")}
"""Asked by operations of every room, it keeps each answer in their transaction (ADR 3)."""
KNOW_DJANGO = PENS | {("exposure", "live")}
"""Files with names of their own that are no pure calculation (ADR 3)."""
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("timezone", "now"), ("time", "time"),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One Python file: where it lies, what it says."""

    path: PurePosixPath
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def area(self) -> str:
        """`payments` of `src/nostro/payments/…`; `simulators` or `tests` of the others."""
        parts = self.path.parts
        return parts[2] if parts[:2] == ("src", "nostro") and len(parts) > 3 else parts[0]

    @property
    def inside(self) -> tuple[str, ...]:
        """The path inside its area, without `.py`."""
        return self.path.with_suffix("").parts[3:]

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.parts or self.path.name == "conftest.py"

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts


Rule = Callable[[Source], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


def sources() -> list[Source]:
    """Every Python file of the product, its simulators and its tests."""
    found = [
        path
        for folder in ("src", "simulators", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    return [Source(PurePosixPath(path.relative_to(ROOT)), path.read_text()) for path in found]


def named_files(text: str) -> dict[str, set[str]]:
    """Room, or `room/adapters/vendor` → the names that the ADR allows there beside the usual."""
    rows = re.findall(r"^\| `([\w/]+)` \| (.+?) \|", text, re.MULTILINE)
    return {place: set(re.findall(r"`(\w+)`", names)) for place, names in rows}


def words(name: str) -> list[str]:
    """`PaymentHandler` and `payment_handler` have the same two words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def code_lines(text: str) -> int:
    """Lines with code on them: without blanks, comments and docstrings."""
    quiet = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENDMARKER,
    }  # fmt: skip
    said: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet:
            said |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                said -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(said)


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _last_name(node: ast.expr) -> str:
    """`operation` of `@operation`, `@operation(…)` and `@core.operation`."""
    match node:
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            return _last_name(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _operations(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in _functions(source):
        if any(_last_name(one) == "operation" for one in node.decorator_list):
            yield node


def _through_objects(node: ast.expr) -> bool:
    """Whether an expression goes through `Model.objects`, however long the chain."""
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "_base_manager"):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _imports(source: Source) -> Iterator[tuple[str, int]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", node.lineno


@rule
def rooms_have_the_usual_files(source: Source) -> Iterator[str]:
    """A closed list of names, the ADR's included; a test folder holds tests and builders."""
    if source.area not in ROOMS or source.is_migration:
        return
    named, inside = named_files(NAMES_ADR.read_text()), source.inside
    if "tests" in inside:
        place = inside.index("tests")
        known = IN_TESTS.match(inside[-1]) or inside[-1] in named.get("tests", set())
        if len(inside) == place + 2 and not known:
            yield f"{inside[-1]}.py is no test, no builder and no sample"
        return
    if inside[0] == "adapters":
        if len(inside) == 3 and inside[2] not in {"__init__"} | named.get("adapters", set()):
            yield f"adapters/{inside[1]}/{inside[2]}.py is not on the list"
        return
    if inside[0] not in USUAL | FOLDERS | named.get(source.area, set()):
        yield f"{inside[0]} is not among the files that every room has"


@rule
def pure_calculation_knows_no_django(source: Source) -> Iterator[str]:
    named = named_files(NAMES_ADR.read_text())
    knows = (source.area, *source.inside[:1]) in KNOW_DJANGO
    if source.area in ROOMS and not knows and source.inside[0] in named.get(source.area, set()):
        for name, line in _imports(source):
            if name.split(".")[0] == "django":
                yield f"line {line} imports {name}"


@rule
def files_are_short(source: Source) -> Iterator[str]:
    count = source.text.count("\n")
    if count > LINES and not source.is_migration:
        yield f"{count} lines, more than {LINES}"


@rule
def functions_are_short(source: Source) -> Iterator[str]:
    for node in _functions(source):
        count = (node.end_lineno or node.lineno) - node.lineno + 1
        if count > FUNCTION_LINES and not source.is_migration:
            yield f"{node.name} has {count} lines, more than {FUNCTION_LINES}"


@rule
def names_say_what_things_are(source: Source) -> Iterator[str]:
    """No word that fits everything. Django's hooks and a vendor's own nouns keep their names."""
    if source.is_migration:
        return
    names = [part for part in source.path.with_suffix("").parts if part not in ("src",)]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            if not any(_last_name(one).endswith("Manager") for one in node.bases):
                names.append(node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            sentence = node.name.startswith("test_") or node.name in DJANGOS_OWN
            names.append("" if sentence else node.name)
    vendors_own = {word for place, word in VENDORS_OWN if place in source.path.parts}
    for name in names:
        if bad := FORBIDDEN & set(words(name)) - vendors_own:
            yield f"{name} says “{bad.pop()}”, which says nothing"


@rule
def only_operations_write(source: Source) -> Iterator[str]:
    inside = source.inside[0] if source.inside else ""
    free = source.is_test or source.is_migration or source.area in ("core", "simulators", "tests")
    if free or inside in ("operations", "models") or (source.area, inside) in PENS:
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        verb = node.func.attr
        # A picture is saved to somewhere, a row to nowhere in particular.
        saves = verb in ("save", "asave") and not node.args
        if saves or (verb in WRITES and _through_objects(node.func.value)):
            yield f"line {node.lineno} writes by .{verb}()"


@rule
def money_is_no_float(source: Source) -> Iterator[str]:
    if source.area not in MONEY_ROOMS or source.is_test:
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Name(id="float")):
                yield f"line {node.lineno} makes a float"


@rule
def there_is_one_clock_and_no_dice(source: Source) -> Iterator[str]:
    """`core.acts.now` alone; of `random`, nothing but a generator with its seed."""
    if source.is_test or source.area in ("simulators", "tests"):
        return
    if source.area == "core" and source.inside == ("acts",):
        return
    dice = any(
        isinstance(one, ast.Import) and one.names[0].name == "random" for one in source.tree.body
    )
    for node in ast.walk(source.tree):
        match node:
            case ast.ImportFrom(module="random", names=[ast.alias(name="Random")]):
                continue
            case ast.ImportFrom(module="random"):
                yield f"line {node.lineno} takes from random"
            case ast.Call(func=ast.Name(id="Random"), args=[]):
                yield f"line {node.lineno} throws dice"
            case ast.Call(func=ast.Attribute(value=owner, attr=verb), args=given):
                if (_last_name(owner), verb) in CLOCKS:
                    yield f"line {node.lineno} looks at a clock of its own"
                elif dice and _last_name(owner) == "random" and not (verb == "Random" and given):
                    yield f"line {node.lineno} throws dice"


@rule
def operations_explain_themselves(source: Source) -> Iterator[str]:
    for node in _operations(source):
        if not ast.get_docstring(node) and not source.is_test:
            yield f"{node.name} has no help text"


@rule
def events_are_in_the_past(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and "Event" in [_last_name(one) for one in node.bases]:
            parts = re.findall(r"[A-Z][a-z]*", node.name)
            if not any(part.endswith("ed") or part in IRREGULAR for part in parts):
                yield f"{node.name} does not say that it has happened"


@rule
def simulators_stand_alone(source: Source) -> Iterator[str]:
    if source.area == "simulators":
        for name, line in _imports(source):
            if name.split(".")[0] == "nostro":
                yield f"line {line} imports {name}"


@rule
def doors_ask_queries(source: Source) -> Iterator[str]:
    """What you may not see you cannot name: a door never goes to a model's rows by itself."""
    if source.is_test or not source.inside or source.inside[0] not in DOORS:
        return
    if source.area not in ROOMS | {"site"}:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "_base_manager"):
            yield f"line {node.lineno} goes to the rows by itself"


def operations_named_twice(found: list[Source]) -> list[str]:
    """An operation's name is `room.function`: two of them would be one permission."""
    places: dict[str, set[str]] = defaultdict(set)
    for source in found:
        if source.area in ROOMS | {"core", "ui"} and not source.is_test:
            for node in _operations(source):
                places[f"{source.area}.{node.name}"].add(f"{source.path}:{node.lineno}")
    return [f"{name}: {sorted(those)}" for name, those in places.items() if len(those) > 1]


def too_large(found: list[Source], limits: dict[str, int] = CODE_LINES) -> list[str]:
    """Areas that hold more code than they may: `core` and `ui` stay small on purpose."""
    sizes = dict.fromkeys(limits, 0)
    for source in found:
        if source.area in limits and not source.is_test and not source.is_migration:
            sizes[source.area] += code_lines(source.text)
    return [
        f"{area} has {count} lines of code, more than {limits[area]}"
        for area, count in sizes.items()
        if count > limits[area]
    ]


def misplaced_templates(paths: list[PurePosixPath]) -> list[str]:
    """A room's templates lie in `templates/<room>/`, so that no two rooms share a name."""
    rooms = [path for path in paths if path.parts[2] in ROOMS]
    return [str(path) for path in rooms if path.parts[4] != path.parts[2]]
