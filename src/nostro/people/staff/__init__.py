"""Staff pages of the people room: clients, colleagues and what they may do, the firm itself."""

from nostro.people.staff import access, clients, firm, names

__all__ = ["access", "clients", "firm", "names"]
