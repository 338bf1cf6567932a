"""What the routes of clients take and give."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.clients.queries import MappedCompany, WholeClient
from flowpilot.http.fields import Body, Line, Remark, Trimmed


class ClientIn(Body):
    """A client to create."""

    name: Line
    notes: Remark = Field(default="", description="What everybody who works for the client should know.")


class ClientChangeIn(Body):
    """What to change of a client. Fields that are not sent stay as they are."""

    name: Line | None = Field(default=None, description="The old name stays as an alias.")
    notes: Remark | None = None


class AliasIn(Body):
    """Another name by which a client is found."""

    name: Line


class MergeIn(Body):
    """The client to merge into. It gets the sessions, names and companies."""

    into: uuid.UUID


class CompanyIn(Body):
    """A company of a ticket system, by its id there."""

    connection_id: uuid.UUID
    external_id: Line
    name: Trimmed = Field(default="", description="What it is called in the ticket system.")


class CompanyClientIn(CompanyIn):
    """A company of a ticket system, and the name of the client that it is; null for none."""

    client_name: Line | None = Field(description="A name or an alias. A new name is a new client.")


class ClientRef(BaseModel):
    """Which client, and what it is called."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str


class ClientRow(ClientRef):
    """A client in a list."""

    notes: str
    created_at: datetime


class AliasOut(BaseModel):
    """A name by which a client is found, besides its own."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str


class CompanyOut(BaseModel):
    """A company of a ticket system that is this client."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    connection_id: uuid.UUID
    external_id: str
    name: str


class MappedCompanyOut(CompanyOut):
    """A company of a ticket system, and the client that it is here."""

    client: ClientRef


class MergeOut(BaseModel):
    """A merge that was not undone, with the client that was merged, and how many sessions that moved."""

    id: uuid.UUID
    client: ClientRow
    merged_at: datetime
    session_count: int


class ClientOut(ClientRow):
    """A client with all that belongs to it. `merged_into` is null unless it was merged into another."""

    aliases: list[AliasOut]
    companies: list[CompanyOut]
    merges: list[MergeOut]
    merged_into: ClientRef | None
    session_count: int


class UndoneOut(BaseModel):
    """The client that is back, and how many sessions went back to it. Those that came later stay."""

    client: ClientOut
    session_count: int


def mapped_company_out(mapped: MappedCompany) -> MappedCompanyOut:
    """A mapped company as the API shows it."""
    company = CompanyOut.model_validate(mapped.company).model_dump()
    return MappedCompanyOut(**company, client=ClientRef.model_validate(mapped.client))


def client_out(whole: WholeClient) -> ClientOut:
    """The whole of a client."""
    return ClientOut(
        **ClientRow.model_validate(whole.client).model_dump(),
        aliases=[AliasOut.model_validate(alias) for alias in whole.aliases],
        companies=[CompanyOut.model_validate(company) for company in whole.companies],
        merges=[
            MergeOut(
                id=one.merge.id,
                client=ClientRow.model_validate(one.client),
                merged_at=one.merge.merged_at,
                session_count=one.merge.session_count,
            )
            for one in whole.merges
        ],
        merged_into=None if whole.into is None else ClientRef.model_validate(whole.into),
        session_count=whole.session_count,
    )
