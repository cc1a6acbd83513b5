"""The house keeps its own rules; and each rule is shown to notice what breaks it."""

from importlib import import_module
from pathlib import PurePosixPath

import pytest

from tests import house
from tests.house import RULES, Source

FOUND = house.sources()
ROOM = "src/nostro/payments/"


@pytest.mark.parametrize("name", RULES)
def test_the_house_keeps_the_rule(name: str) -> None:
    flaws = [f"{one.path}: {flaw}" for one in FOUND for flaw in RULES[name](one)]

    assert flaws == []


def test_no_two_operations_share_a_name() -> None:
    assert house.operations_named_twice(FOUND) == []


@pytest.mark.parametrize(
    "name",
    sorted(one.path.parts[2] for one in FOUND if one.path.match("nostro/*/operations/__init__.py")),
)
def test_what_a_room_says_it_offers_is_there(name: str) -> None:
    room = import_module(f"nostro.{name}.operations")
    assert [one for one in getattr(room, "__all__", ()) if not hasattr(room, one)] == []


def test_core_and_the_page_kit_stay_small() -> None:
    assert house.too_large(FOUND) == []


def test_templates_lie_under_the_name_of_their_room() -> None:
    found = (house.ROOT / "src" / "nostro").glob("*/templates/**/*.*")
    assert house.misplaced_templates([_relative(path) for path in found]) == []


def _relative(path: object) -> PurePosixPath:
    return PurePosixPath(str(path)).relative_to(house.ROOT)


LONG_FUNCTION = "def settle():\n" + "    step()\n" * 50
BREAKS = [
    ("rooms_have_the_usual_files", ROOM + "helpers.py", "", "not among the files"),
    ("rooms_have_the_usual_files", ROOM + "sums/deep.py", "", "sums is not among"),
    ("rooms_have_the_usual_files", ROOM + "tests/tricks.py", "", "no test"),
    ("rooms_have_the_usual_files", ROOM + "adapters/stripe/tricks.py", "", "not on the list"),
    ("pure_calculation_knows_no_django", "src/nostro/ledger/chart.py", "from django.db import x",
     "imports django.db"),
    ("files_are_short", ROOM + "operations.py", "x = 1\n" * 401, "401 lines"),
    ("functions_are_short", ROOM + "operations.py", LONG_FUNCTION, "settle has 51 lines"),
    ("names_say_what_things_are", ROOM + "queries.py", "class DepositHandler: ...", "handler"),
    ("names_say_what_things_are", ROOM + "queries.py", "def process_deposit(): ...", "process"),
    ("names_say_what_things_are", "simulators/psp/utils.py", "", "utils"),
    ("only_operations_write", ROOM + "queries.py", "Deposit.objects.create(amount=1)", "create"),
    ("only_operations_write", ROOM + "staff.py",
     "Deposit.objects.filter(pk=1).exclude(a=2).update(b=3)", "update"),
    ("only_operations_write", ROOM + "reactions.py", "deposit.save(update_fields=['a'])", "save"),
    ("money_is_no_float", ROOM + "routing.py", "x = float(amount)", "makes a float"),
    ("there_is_one_clock_and_no_dice", ROOM + "queries.py",
     "import datetime\ndatetime.datetime.now()", "clock"),
    ("there_is_one_clock_and_no_dice", "src/nostro/ui/pages.py", "timezone.now()", "clock"),
    ("there_is_one_clock_and_no_dice", ROOM + "queries.py", "import random\nrandom.choice(x)",
     "dice"),
    ("there_is_one_clock_and_no_dice", ROOM + "queries.py", "import random\nrandom.Random()",
     "dice"),
    ("there_is_one_clock_and_no_dice", ROOM + "queries.py", "from random import choice", "random"),
    ("operations_explain_themselves", ROOM + "operations.py",
     "@operation(title='x')\ndef settle(act): ...", "settle has no help"),
    ("events_are_in_the_past", ROOM + "events.py", "class SettleDeposit(Event, says='x'): ...",
     "SettleDeposit"),
    ("simulators_stand_alone", "simulators/psp/api.py", "from nostro.kit import Money", "nostro"),
    ("doors_ask_queries", ROOM + "staff.py", "rows = Deposit.objects.all()", "line 1"),
]  # fmt: skip

KEEPS = [
    ("rooms_have_the_usual_files", ROOM + "operations/deposits.py", ""),
    ("rooms_have_the_usual_files", ROOM + "tests/test_deposits.py", ""),
    ("files_are_short", ROOM + "operations.py", "x = 1\n" * 400),
    ("names_say_what_things_are", "src/nostro/ui/live.py", "class L:\n def process_view(s): ..."),
    ("names_say_what_things_are", "src/nostro/core/models.py", "class UserManager(Manager): ..."),
    ("only_operations_write", ROOM + "operations.py", "Deposit.objects.create(amount=1)"),
    ("only_operations_write", "src/nostro/reports/drawing.py", "picture.save(buffer, 'PNG')"),
    ("money_is_no_float", "src/nostro/exposure/netting.py", "x = float(price)"),
    ("there_is_one_clock_and_no_dice", "src/nostro/core/acts.py", "datetime.now(UTC)"),
    ("there_is_one_clock_and_no_dice", ROOM + "plans.py", "import random\nrandom.Random(7)"),
    ("events_are_in_the_past", ROOM + "events.py", "class DepositSettled(Event, says='x'): ..."),
    ("there_is_one_clock_and_no_dice", ROOM + "plans.py",
     "from random import Random\ndef f(random: Random): random.choice(x)"),
    ("names_say_what_things_are", "simulators/mt5/settings.py", "class Manager: ..."),
    ("names_say_what_things_are", ROOM + "tests/test_x.py", "def test_a_manager_may(): ..."),
    ("events_are_in_the_past", ROOM + "events.py", "class MoneySent(Event, says='x'): ..."),
    ("doors_ask_queries", ROOM + "staff.py", "rows = queries.deposits"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "text", "said"), BREAKS)
def test_each_rule_notices_what_breaks_it(name: str, path: str, text: str, said: str) -> None:
    flaws = list(RULES[name](Source(PurePosixPath(path), text)))

    assert said in " ".join(flaws)


@pytest.mark.parametrize(("name", "path", "text"), KEEPS)
def test_a_rule_leaves_in_peace_what_keeps_it(name: str, path: str, text: str) -> None:
    assert list(RULES[name](Source(PurePosixPath(path), text))) == []


def test_every_rule_was_shown_to_notice_something() -> None:
    assert {name for name, *_ in BREAKS} == set(RULES)


def test_two_operations_of_one_name_are_noticed_across_files() -> None:
    text = '@operation\ndef settle(act):\n    """Settle."""\n'
    paths = ("operations/deposits.py", "operations/withdrawals.py")
    found = [Source(PurePosixPath(ROOM + path), text) for path in paths]

    assert len(house.operations_named_twice(found)) == 1
    assert house.operations_named_twice(found[:1]) == []


def test_code_is_counted_without_blanks_comments_and_docstrings() -> None:
    text = (
        '"""Says\nwhat."""\n\n# why\nx = [\n    1,\n]\n\ndef f():\n    """Help."""\n    return x\n'
    )

    assert house.code_lines(text) == 5
    source = Source(PurePosixPath("src/nostro/core/acts.py"), text)
    assert house.too_large([source], {"core": 4}) == ["core has 5 lines of code, more than 4"]
    assert house.too_large([source], {"core": 5}) == []


def test_a_template_outside_its_rooms_folder_is_noticed() -> None:
    strange = PurePosixPath(ROOM + "templates/deposit.html")
    proper = PurePosixPath(ROOM + "templates/payments/deposit.html")

    assert house.misplaced_templates([strange, proper]) == [str(strange)]
