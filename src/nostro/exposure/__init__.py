"""What we carry: books, net positions, limits, hedges, alerts."""
