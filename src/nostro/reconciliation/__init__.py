"""Does it agree: statements, matching, breaks, client money."""
