"""What was said: templates, the outbox of e-mails, and what stands in the client's own inbox."""
