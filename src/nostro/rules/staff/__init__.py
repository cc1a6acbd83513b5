"""Staff pages of rules: all of them, one with its table, the editor, decisions and their reason."""

from nostro.rules.staff import points  # the menu opens the room at its first page

# isort: split
from nostro.rules.staff import decisions, editor, rule

__all__ = ["decisions", "editor", "points", "rule"]
