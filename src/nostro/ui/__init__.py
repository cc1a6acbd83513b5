"""The page kit: lists, details, forms, charts; three shells, templates, static files."""
