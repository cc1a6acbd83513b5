"""Staff pages of the people room: clients, colleagues and what they may do, the firm itself."""

from nostro.people.staff import clients  # the menu opens the room at its first page

# isort: split
from nostro.people.staff import access, firm, imports, inputs, names

__all__ = ["access", "clients", "firm", "imports", "inputs", "names"]
