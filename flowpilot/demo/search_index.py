"""The search columns of the demo's flows, which are expressions that only PostgreSQL can compute."""

import psycopg
from sqlalchemy import make_url, update

from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.flows.matching.index import index
from flowpilot.flows.models import Flow
from flowpilot.flows.tree import Tree


def index_flows(connection: psycopg.Connection, rows: DemoRows) -> None:
    """Index every flow by its published version, as publishing does."""
    dialect = make_url("postgresql+psycopg://").get_dialect()()
    structures = {version.id: version.structure for version in rows.flow_versions}
    for flow in rows.flows:
        assert flow.published_version_id is not None
        indexed = Flow(name=flow.name, description=flow.description, keywords=flow.keywords)
        index(indexed, Tree.model_validate(structures[flow.published_version_id]))
        statement = (
            update(Flow)
            .where(Flow.account_id == flow.account_id, Flow.id == flow.id)
            .values(search_text=indexed.search_text, search=indexed.search)
            .compile(dialect=dialect)
        )
        connection.execute(statement.string.encode(), statement.params)
