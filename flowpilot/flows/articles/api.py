"""The route that makes a draft of an article."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import Field

from flowpilot.clock import Now
from flowpilot.flows import api
from flowpilot.flows.articles.draft import draft_flow
from flowpilot.flows.articles.outline import Article, ArticleError, as_text
from flowpilot.flows.articles.reading import ArticleFormat, read_file, read_text
from flowpilot.flows.drafts.service import create_flow
from flowpilot.flows.queries import find_draft
from flowpilot.flows.schemas import FlowDetailOut
from flowpilot.http.fields import Body
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])


class ArticleIn(Body):
    """An article as a file, or as pasted text with its format."""

    file: UploadFile | None = Field(default=None, description="Markdown (.md), HTML (.html) or Word (.docx).")
    text: str = Field(default="", description="The article, if there is no file.")
    format: ArticleFormat = Field(
        default=ArticleFormat.MARKDOWN, description="What the pasted text is written in."
    )


@router.post("/from-article", status_code=201)
async def create_from_article(
    body: Annotated[ArticleIn, File()], actor: CanManageFlows, db: WriteSession, now: Now, once: CreateOnce
) -> FlowDetailOut:
    """Make a draft flow of an article, without AI. Its text is beside the draft until that is published."""
    article = await _read(body)
    text = draft_flow(article)

    async def create() -> FlowDetailOut:
        flow = await create_flow(db, actor, text, now)
        (await find_draft(db, actor.account_id, flow.id)).source = as_text(article)
        await db.flush()
        return await api.read_flow(flow.id, actor, db)

    return await once.create(FlowDetailOut, text, create)


async def _read(body: ArticleIn) -> Article:
    """The article, read in a thread: a long one takes a while.

    Raises:
        ArticleError: there is none, or it cannot be read.
    """
    if body.file is not None and body.file.filename:
        return await asyncio.to_thread(read_file, await body.file.read(), body.file.filename)
    if not body.text.strip():
        raise ArticleError("Choose a file, or paste the article.")
    return await asyncio.to_thread(read_text, body.text, body.format)
