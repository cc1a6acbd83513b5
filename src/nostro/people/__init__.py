"""Who: clients, legal entities and licences, brands, desks, staff, notes, tags."""
