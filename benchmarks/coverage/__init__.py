"""Whether the 95 % intervals of the reports cover what they are about as often as they say."""
