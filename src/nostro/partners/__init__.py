"""Who brought them: tree, links, plans, accruals, statements, payouts."""
