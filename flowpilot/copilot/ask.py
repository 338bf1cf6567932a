"""The only way to a model: if one is configured, within the account's budget, and with a time limit."""

import asyncio
import importlib.util
import logging
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from flowpilot.copilot import budget
from flowpilot.copilot.redact import redact
from flowpilot.jobs import Tools
from flowpilot.settings import Settings

if TYPE_CHECKING:
    from pydantic_ai.models import Model

MAX_PROMPT = 14_000
ANSWER_TOKENS = 1500
_EXTRA = ("pydantic_ai", "anthropic", "openai")

T = TypeVar("T", bound=BaseModel)

_log = logging.getLogger(__name__)


def problem(settings: Settings) -> str | None:
    """Why the configured AI cannot be used, and what to do; None if it can, or if none is configured."""
    if settings.ai_model is None:
        return None
    if any(importlib.util.find_spec(package) is None for package in _EXTRA):
        return "FLOWPILOT_AI_MODEL is set, but the AI extra is not installed. Run: pip install flowpilot[ai]"
    own_server = settings.ai_model.startswith("openai:") and settings.ai_base_url is not None
    if settings.ai_api_key is None and not own_server and settings.ai_model != "test":
        return f"FLOWPILOT_AI_MODEL is {settings.ai_model}, which needs a key. Set FLOWPILOT_AI_API_KEY."
    return None


async def ask(
    tools: Tools,
    account_id: uuid.UUID,
    *,
    instructions: str,
    prompt: str,
    answer: type[T],
    now: datetime,
    model: "Model | None" = None,
    answer_tokens: int = ANSWER_TOKENS,
) -> T | None:
    """The model's answer to a prompt; None if the AI is off, over budget, too slow or fails. The log says which.

    The prompt is redacted. No database connection is held in the meantime. `model` replaces the configured one.
    """
    settings = tools.settings
    if settings.ai_model is None:
        return None
    if (fault := problem(settings)) is not None:
        _log.warning("the AI was not asked: %s", fault)
        return None
    # In a thread: the first import takes a second or more, which would block all requests.
    await asyncio.to_thread(importlib.import_module, "flowpilot.copilot.agent")
    from flowpilot.copilot import agent  # noqa: PLC0415 - only if an AI is configured

    prompt, day = redact(prompt)[:MAX_PROMPT], now.astimezone(UTC).date()
    most = agent.most_tokens(instructions + prompt, answer, answer_tokens)
    reserved = most * agent.ATTEMPTS
    async with tools.database.write(account_id) as db:
        granted = await budget.reserve(db, account_id, day, reserved, budget=settings.ai_daily_tokens)
    if not granted:
        _log.warning("the AI was not asked for account %s: the budget of %s is spent", account_id, day)
        return None
    reply = await agent.converse(
        settings,
        model,
        instructions=instructions,
        prompt=prompt,
        answer=answer,
        most=most,
        answer_tokens=answer_tokens,
    )
    async with tools.database.write(account_id) as db:
        await budget.settle(db, account_id, day, reserved=reserved, spent=reply.tokens)
    if reply.failure:
        _log.warning("the AI gave no answer for account %s: %s", account_id, reply.failure)
    return reply.answer
