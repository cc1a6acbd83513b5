"""May they? Levels, documents, screening, risk and monitoring of clients.

What needs no database stands in its own files here (`mrz`, `reading`, `uploads`, `lists`, `names`,
`matching`, `checks`) and imports no Django.
"""
