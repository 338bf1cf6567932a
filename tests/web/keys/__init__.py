"""The keys of pages, and what they do."""
