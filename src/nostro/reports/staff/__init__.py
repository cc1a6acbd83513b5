"""Staff pages of reports: the dashboard, the charts of the home page, the file of one client."""

from nostro.reports.staff import clients, dashboard, home

__all__ = ["clients", "dashboard", "home"]
