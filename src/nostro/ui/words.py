"""Finding things by the beginnings of their words, through an index: a look at every row would
make each search as slow as the firm is large. `ui_words` in the database cuts a text into words.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Func, Lookup, Q, Value

from nostro.ui.keyset import together

FEW = 2000
WORD = re.compile(r"[^\W_]+")


class Words(Func):
    """The words of a text, as the index holds them."""

    function = "ui_words"
    output_field = models.TextField()


@models.CharField.register_lookup
class Holds(Lookup):
    """`last_name__holds="lovel"`: some word of the field begins so, whatever its case."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        begins = WORD.findall(str(self.rhs).lower())
        if not begins:
            raise EmptyResultSet
        lhs, given = self.process_lhs(compiler, connection)
        asked = " & ".join(f"'{one}':*" for one in begins)
        return f"ui_words({lhs}) @@ %s::tsquery", (*given, asked)


class WordsIndex(models.Index):
    """One index over the words of some fields; each is found in it alone or beside the others."""

    suffix = "gin"

    def __init__(self, *words: Words, name: str) -> None:
        super().__init__(*words, name=name)

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **more: Any) -> Any:
        made: Any = super().create_sql(model, schema_editor, using=" USING gin", **more)
        made.parts["extra"] = " WITH (fastupdate = off)"
        return made


class Numbered(Lookup):
    """`login__numbered="90012"`: exactly this number; a word that is none finds nothing."""

    lookup_name = "numbered"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if not is_number(str(self.rhs)):
            raise EmptyResultSet
        lhs, given = self.process_lhs(compiler, connection)
        return f"{lhs} = %s", (*given, int(self.rhs))


models.IntegerField.register_lookup(Numbered)


def is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


NUMBER = re.compile(r"(?:(#)|([A-Z]{1,2})-)?(\d{1,18})", re.ASCII)
AMOUNT = re.compile(r"\d[\d,]{0,14}(?:\.\d{1,2})?", re.ASCII)


class Search:
    """Words looked for in the lists of a page; what they find once is known to the next list."""

    def __init__(self, words: str) -> None:
        self.words = words.split()[:6]
        known = NUMBER.fullmatch(words.strip().upper())
        self.sign = (known[1] or known[2] or "") if known else ""
        """What stands before the number: `#` of any thing, `C` of a client."""
        self.number = int(known[3]) if known else None
        self.names = [one for one in self.words if not AMOUNT.fullmatch(one)]
        amounts = [one.replace(",", "") for one in self.words if one not in self.names]
        self.amount = amounts[0] if len(amounts) == 1 and self.names else ""
        """The one amount beside a name: `brandt 12400`."""
        self._known: dict[tuple[Any, ...], list[int] | None] = {}

    def of_amount(self, path: str) -> Q:
        """Exactly the amount; where no cents were said, with any."""
        least = Decimal(self.amount)
        step = Decimal("0.01") if "." in self.amount else Decimal(1)
        return Q(**{f"{path}__gte": least, f"{path}__lt": least + step})

    def exact_first(self, rows: models.QuerySet[Any], found: list[Any], *, full: bool) -> list[Any]:
        """Whoever types a number means the thing that bears it; others may hold its digits."""
        if self.number is None or self.sign or not found:
            return found
        exact = [one for one in found if one.pk == self.number]
        if not exact and full:
            exact = list(rows.filter(pk=self.number))
        return [*exact, *(one for one in found if one.pk != self.number)]

    def know(self, looks: Iterable[tuple[type[models.Model], Sequence[str], list[str]]]) -> None:
        """Look everywhere in one statement, before list after list asks what was found."""
        asked = {
            (target, *lookups, *words): _holding(target, lookups, words)
            for model, paths, words in looks
            for (_, target), lookups in _by_thing(model, paths).items()
        }
        if not asked:
            return
        rows = [
            one.annotate(of=Value(at)).values_list("of", "pk")[: FEW + 1]
            for at, one in enumerate(asked.values())
        ]
        found: dict[int, list[int]] = defaultdict(list)
        for at, pk in together(rows):
            found[at].append(pk)
        for at, key in enumerate(asked):
            self._known[key] = found[at] if len(found[at]) <= FEW else None

    def ways(
        self, model: type[models.Model], paths: Sequence[str], words: list[str] | None = None
    ) -> list[Q]:
        """How the words find a thing: by its own fields, or by those of one that it points at.

        A path may end in its lookup (`client__last_name__holds`); without one, the word may stand
        anywhere. The few things that a way finds are named by id, so that the planner knows how
        few they are; what many hold is met soon enough on a walk through the list in its order.
        """
        words = self.words if words is None else words
        found = []
        for (relation, target), lookups in _by_thing(model, paths).items():
            key = (target, *lookups, *words)
            if key not in self._known:
                held = _holding(target, lookups, words).values_list("pk", flat=True)
                ids = list(held[: FEW + 1])
                self._known[key] = ids if len(ids) <= FEW else None
            few = self._known[key]
            if few == []:
                continue
            if few is None and relation:
                many = _holding(target, lookups, words).values_list("pk", flat=True)
                found.append(Q(**{f"{relation}__in": many}))
            elif few is None:
                found.append(_every(lookups, words))
            else:
                found.append(Q(**{f"{relation or 'pk'}__in": few}))
        return found


def _every(lookups: Sequence[str], words: Sequence[str]) -> Q:
    every = Q()
    for word in words:
        every &= Q.create([(one, word) for one in lookups], connector=Q.OR)
    return every


def _holding(
    target: type[models.Model], lookups: Sequence[str], words: Sequence[str]
) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = target._base_manager.filter(_every(lookups, words))
    return found


def _by_thing(
    model: type[models.Model], paths: Sequence[str]
) -> dict[tuple[str, type[models.Model]], list[str]]:
    """Paths by the thing whose fields they read, as lookups on that thing."""
    found: dict[tuple[str, type[models.Model]], list[str]] = defaultdict(list)
    for path in paths:
        target, relation, steps = model, [], path.split("__")
        while (field := target._meta.get_field(steps[0])).is_relation:
            target = field.related_model  # type: ignore[assignment]
            relation.append(steps.pop(0))
        lookup = "__".join(steps if steps[1:] else [*steps, "icontains"])
        found["__".join(relation), target].append(lookup)
    return found
