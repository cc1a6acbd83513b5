"""Staff pages of rules: all of them, one with its table, the editor, decisions and their reason."""

from nostro.rules.staff import decisions, editor, points, rule

__all__ = ["decisions", "editor", "points", "rule"]
