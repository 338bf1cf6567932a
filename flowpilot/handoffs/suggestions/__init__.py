"""The next steps of a handoff's assessment: done with a result, or dismissed with a reason."""
