"""Which requests read the replica."""
