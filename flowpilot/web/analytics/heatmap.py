"""The coverage report as a table of domains and flows."""

from dataclasses import dataclass
from typing import Any

from flowpilot.analytics.coverage import Coverage, FlowCell


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One flow's sessions in each of the domains, or those that were not matched to any flow."""

    flow: FlowCell
    cells: list[FlowCell | None]
    total: int

    @property
    def main_domain(self) -> int:
        """The index of the domain with most of its sessions."""
        counts = [0 if cell is None else cell.session_count for cell in self.cells]
        return counts.index(max(counts))


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Domains across, flows down, most sessions first."""

    domains: list[str]
    rows: list[HeatRow]
    largest: int

    def heat(self, cell: FlowCell) -> int:
        """How dark a cell is, 1 to 5."""
        return max(1, -(-5 * cell.session_count // self.largest))


def heatmap(report: Coverage) -> Heatmap:
    """The coverage report's cells as a table."""
    found: dict[Any, list[FlowCell | None]] = {}
    for place, domain in enumerate(report.domains):
        for cell in domain.flows:
            found.setdefault(cell.flow_id, [None] * len(report.domains))[place] = cell
    rows = []
    for cells in found.values():
        known = [cell for cell in cells if cell is not None]
        rows.append(HeatRow(known[0], cells, sum(cell.session_count for cell in known)))
    # By the domain that a flow serves most, so that a domain's flows are together. Sessions without a flow come
    # last: they are what the flows leave.
    rows.sort(key=lambda row: (row.flow.flow_id is None, row.main_domain, -row.total, row.flow.name or ""))
    counts = [cell.session_count for row in rows for cell in row.cells if cell is not None]
    return Heatmap([domain.domain for domain in report.domains], rows, max(counts, default=1))
