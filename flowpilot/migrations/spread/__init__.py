"""Accounts on several machines, by Citus: what is spread, whether it can be, and whether it is sound."""
