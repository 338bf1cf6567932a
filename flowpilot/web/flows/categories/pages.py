"""The page of a category of the library, where it is renamed."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.flows.categories import api
from flowpilot.flows.categories.api import CategoryIn
from flowpilot.flows.schemas import CategoryOut
from flowpilot.identity.access import CanManageFlows, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows/categories/{category_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(Page):
    """One category."""

    template: ClassVar[str] = "flows/category.html"
    category: CategoryOut


@router.get("")
async def show(
    request: Request, category_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    found = await api.read_category(category_id, actor, db)
    return render(request, Category(title="Category", category=found), frame)


@router.post("")
async def rename(
    category_id: uuid.UUID,
    body: Annotated[CategoryIn, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    await api.rename_category(category_id, body, actor, db, now)
    return go_to(f"/flows/categories/{category_id}", "Saved.")
