"""What became of the copilot's suggestions: done with a result, or dismissed with a reason."""
