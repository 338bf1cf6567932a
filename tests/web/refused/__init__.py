"""Forms that were refused, without scripts."""
