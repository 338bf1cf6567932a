"""The search of sessions: the words by which they are found, kept beside each of them."""
