"""How it went: figures that follow the log and can be rebuilt from it, dashboards, evidence packs.

Nothing here is a source. Every figure names the events it counts, so that anybody can count again.
"""
