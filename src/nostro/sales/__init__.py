"""Who we want to keep: what is to be done about a client, until when, and what came of it."""
