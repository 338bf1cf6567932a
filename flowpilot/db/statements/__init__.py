"""Statements that are built once."""
