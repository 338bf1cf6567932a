"""The dependencies of a route: each is looked through once for a request, however many others it serves."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant


def solve_each_once(dependant: Dependant) -> None:
    """Take away what a dependency needs wherever it comes again.

    FastAPI calls a dependency once for each request. But it goes through all that the dependency needs each time
    that something depends on it: 58 times for a step that depends on ten.
    """
    _take_away(dependant, set())


def _take_away(dependant: Dependant, solved: set[object]) -> None:
    for dependency in dependant.dependencies:
        # Those of one function differ by when they end, and are then called for each.
        which = dependency.call, dependency.scope
        if which in solved:
            dependency.dependencies = []
            continue
        _take_away(dependency, solved)
        # What a request may say wrongly is not called then, and has to be found wrong each time.
        if dependency.use_cache and not any(_parameters(dependency)):
            solved.add(which)


def _parameters(dependant: Dependant) -> Iterator[object]:
    yield from dependant.path_params
    yield from dependant.query_params
    yield from dependant.header_params
    yield from dependant.cookie_params
    yield from dependant.body_params
    for dependency in dependant.dependencies:
        yield from _parameters(dependency)
