"""JSON routes of the mappings that an account keeps."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from flowpilot.clock import Now
from flowpilot.http.fields import Line
from flowpilot.identity.access import CanManageAccount
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.imports.mapping.loading import mapping_of, shipped_mappings
from flowpilot.imports.mapping.toml import as_toml
from flowpilot.imports.saved import service
from flowpilot.imports.schemas import PATH, ImportMappingsOut, SavedImportMappingOut, SaveImportMappingIn

router = APIRouter(prefix=f"{PATH}/mappings", tags=["imports"])

# A name may have a "/" in it.
Name = Annotated[Line, Path()]


@router.get("")
async def list_mappings(actor: CanManageAccount, db: ReadSession) -> ImportMappingsOut:
    """The mappings that come with FlowPilot, and those that the account has saved."""
    saved = await service.saved_mappings(db, actor.account_id)
    return ImportMappingsOut(
        shipped=shipped_mappings(), saved=[SavedImportMappingOut.model_validate(one) for one in saved]
    )


@router.get("/{name:path}.toml", response_class=Response)
async def download_mapping(name: Name, actor: CanManageAccount, db: ReadSession) -> Response:
    """A saved mapping as a TOML file, which the command line takes, too."""
    found = await service.read_mapping(db, actor.account_id, name)
    headers = {"Content-Disposition": 'attachment; filename="mapping.toml"'}
    return Response(as_toml(found.content), media_type="application/toml", headers=headers)


@router.get("/{name:path}")
async def read_mapping(name: Name, actor: CanManageAccount, db: ReadSession) -> SavedImportMappingOut:
    """A saved mapping."""
    return SavedImportMappingOut.model_validate(await service.read_mapping(db, actor.account_id, name))


@router.put("/{name:path}")
async def save_mapping(
    name: Name, body: SaveImportMappingIn, actor: CanManageAccount, db: WriteSession, now: Now
) -> SavedImportMappingOut:
    """Save a mapping, in place of the one of that name."""
    await service.save_mapping(db, actor, name, mapping_of(body.mapping), now)
    return SavedImportMappingOut.model_validate(await service.read_mapping(db, actor.account_id, name))


@router.delete("/{name:path}", status_code=204)
async def forget_mapping(name: Name, actor: CanManageAccount, db: WriteSession) -> None:
    """Remove a saved mapping. What was imported with it stays."""
    await service.forget_mapping(db, actor.account_id, name)
