"""May they? Onboarding, documents, screening, risk and the decision on each application.

What needs no database stands in its own files here (`mrz`, `reading`, `uploads`, `lists`, `names`,
`matching`, `checks`) and imports no Django.
"""
