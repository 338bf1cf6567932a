"""Which suggestions are questions: what comes of one is known then, and solves nothing by itself."""

import re

# Also for statements, whose word boundary is another sign.
ASKS = r"^Ask\b.*\b(for|whether|if|what|which|when|since|where|who|whom|how|why)\b|\?\s*$"
ASKS_IN_SQL = ASKS.replace(r"\b", r"\y")

_ASKS = re.compile(ASKS, re.IGNORECASE)


def asks(action: str) -> bool:
    """Whether a suggestion is a question: the answer to one solves nothing by itself. To ask for an act does."""
    return _ASKS.search(action) is not None
