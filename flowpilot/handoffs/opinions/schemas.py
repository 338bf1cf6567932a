"""What the route of opinions takes."""

from flowpilot.http.fields import Body, Words


class OpinionIn(Body):
    """What the engineer thinks it is."""

    opinion: Words
