"""Where the pages of imports are, and where the reports show what one brought."""

from flowpilot.imports.days import reports_of
from flowpilot.imports.schemas import ImportRunOut

PATH = "/settings/imports"


def reports_path(run: ImportRunOut | None) -> str | None:
    """The reports of the import's days."""
    if run is None or run.window_from is None or run.window_to is None:
        return None
    return reports_of(run.window_from, run.window_to)
