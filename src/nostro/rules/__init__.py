"""Why it was decided: decision points, tables, versions, decisions, back-tests."""
