"""What people write to a help desk that no flow is about: requests, thanks, the building, the business.

`elsewhere.txt` has such texts, one a line. The more like one of them a text is, the more a flow needs to fit.
"""

from functools import cache
from importlib.resources import files

from flowpilot.flows.matching.meaning import Vectors, embed


def elsewhere(text: Vectors) -> float:
    """How like what no flow is about a text is, up to 1."""
    return float((_known() @ text).max())


@cache
def _known() -> Vectors:
    return embed(files(__package__).joinpath("elsewhere.txt").read_text("utf-8").splitlines())
