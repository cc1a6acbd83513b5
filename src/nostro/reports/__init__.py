"""How it went: projections, dashboards, report builder, regulatory files."""
