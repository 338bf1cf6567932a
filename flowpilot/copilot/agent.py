"""Asking a model through pydantic-ai, an extra: `ask` alone imports this module, if an AI is configured."""

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage, UsageLimits

from flowpilot.settings import Settings

# An answer that does not fit its type is sent back once, with the errors.
ATTEMPTS = 2

_ANTHROPIC = "https://api.anthropic.com"
_OPENAI = "https://api.openai.com/v1"

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The answer, or why there is none in words that quote nothing of the prompt; and the tokens it took."""

    answer: T | None
    failure: str
    tokens: int


def model_for(settings: Settings) -> Model:
    """The configured model. Key and address come only from FlowPilot's settings, not from other variables."""
    assert settings.ai_model is not None
    provider, _, name = settings.ai_model.partition(":")
    key = "unset" if settings.ai_api_key is None else settings.ai_api_key.get_secret_value()
    url = settings.ai_base_url
    match provider:
        case "anthropic":
            return AnthropicModel(name, provider=AnthropicProvider(api_key=key, base_url=url or _ANTHROPIC))
        case "openai" if url is None:
            return OpenAIResponsesModel(name, provider=OpenAIProvider(api_key=key, base_url=_OPENAI))
        case "openai":
            # Servers compatible with OpenAI support its chat API, and seldom more.
            return OpenAIChatModel(name, provider=OpenAIProvider(api_key=key, base_url=url))
        case _:
            return TestModel()


def most_tokens(text: str, answer: type[BaseModel], answer_tokens: int) -> int:
    """An upper bound for the tokens of one request with this text, including an earlier answer and its errors."""
    return len(f"{text}{answer.model_json_schema()}".encode()) // 2 + 3 * answer_tokens


async def converse(
    settings: Settings,
    model: Model | None,
    *,
    instructions: str,
    prompt: str,
    answer: type[T],
    most: int,
    answer_tokens: int,
) -> Reply[T]:
    """Ask a model, or the configured one, for an answer of a type. A request that times out counts `most`."""
    usage = RunUsage()
    found, failure, unmeasured = None, "", 0
    try:
        async with asyncio.timeout(settings.ai_timeout_seconds):
            agent = Agent(
                # In a thread, because a provider's client reads its certificates first.
                model or await asyncio.to_thread(model_for, settings),
                name="flowpilot",
                output_type=answer,
                instructions=instructions,
                retries=ATTEMPTS - 1,
                model_settings=ModelSettings(max_tokens=answer_tokens, thinking=False),
            )
            async with agent:
                limits = UsageLimits(request_limit=ATTEMPTS)
                found = (await agent.run(prompt, usage=usage, usage_limits=limits)).output
    except TimeoutError:
        failure, unmeasured = f"it took longer than {settings.ai_timeout_seconds} s", 1
    except ModelHTTPError as error:
        failure = f"{type(error).__name__}, status {error.status_code}"
    except Exception as error:
        # The rules answer instead. The error's message may quote the prompt, or a part of the key.
        failure = type(error).__name__
    return Reply(found, failure, usage.total_tokens + most * (unmeasured + usage.unmeasured_requests))
