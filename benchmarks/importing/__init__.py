"""What an import costs: into an empty installation, into one with data, and of a long log."""
