"""The flows that ship with FlowPilot, as written in `library/*.yaml`."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from flowpilot.flows.text import FlowText, parse


@cache
def shipped_flows() -> Mapping[str, FlowText]:
    """Every shipped flow by its slug (the name of its file), sorted by slug."""
    library = files(__package__).joinpath("library")
    found = {file.name.removesuffix(".yaml"): file for file in library.iterdir() if file.name.endswith(".yaml")}
    return MappingProxyType({slug: parse(found[slug].read_text("utf-8")) for slug in sorted(found)})
