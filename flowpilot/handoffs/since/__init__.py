"""What the session of a handoff brought after that was sent: read, and never copied into the snapshot."""
