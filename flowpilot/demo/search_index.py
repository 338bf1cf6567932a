"""The search columns of the demo's flows, which only PostgreSQL can compute, and their meanings."""

import psycopg
from sqlalchemy import make_url, update

from flowpilot.db.bulk import copy_rows
from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.flows.matching.index import flow_meaning, index
from flowpilot.flows.models import Flow
from flowpilot.flows.tree import Tree


def index_flows(connection: psycopg.Connection, rows: DemoRows) -> None:
    """Index every flow by its published version, as publishing does."""
    dialect = make_url("postgresql+psycopg://").get_dialect()()
    structures = {version.id: version.structure for version in rows.flow_versions}
    for flow in rows.flows:
        assert flow.published_version_id is not None
        indexed = Flow(name=flow.name, description=flow.description, keywords=flow.keywords)
        tree = Tree.model_validate(structures[flow.published_version_id])
        index(indexed, tree)
        statement = (
            update(Flow)
            .where(Flow.account_id == flow.account_id, Flow.id == flow.id)
            .values(search_text=indexed.search_text, search=indexed.search)
            .compile(dialect=dialect)
        )
        connection.execute(statement.string.encode(), statement.params)
        if (meaning := flow_meaning(flow, tree)) is not None:
            columns = ("account_id", "id", "version_id", "model", "vectors")
            copy_rows(connection, "flow_meanings", columns, [[getattr(meaning, name) for name in columns]])
