"""Staff pages of compliance: the KYC queue and its review, documents, hits and lists."""

from nostro.compliance.staff import clients, lists, review, reviews

__all__ = ["clients", "lists", "review", "reviews"]
