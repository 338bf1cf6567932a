"""A standby of the database, which reports and lists may read (docs/decisions/0079)."""
