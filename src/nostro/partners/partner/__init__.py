"""The partner portal: earnings, the network, trades with their arithmetic, statements, links."""

from nostro.partners.partner import home, legal, links, statements, trades

__all__ = ["home", "legal", "links", "statements", "trades"]
