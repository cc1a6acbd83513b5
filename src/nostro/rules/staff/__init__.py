"""Staff pages of rules: all of them, one with its table, the editor, decisions and their reason."""

from nostro.rules.staff import decisions, drawn, editor, points

__all__ = ["decisions", "drawn", "editor", "points"]
