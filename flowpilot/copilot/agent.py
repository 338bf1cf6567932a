"""pydantic-ai, which is an extra: only `ask` imports this module, and only once an AI is configured."""

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

# An answer that does not fit its type is sent back once, with what is wrong with it.
ATTEMPTS = 2
MAX_ANSWER_TOKENS = 1500

_ANTHROPIC = "https://api.anthropic.com"
_OPENAI = "https://api.openai.com/v1"

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The answer, or why there is none, in words that hold nothing of what was sent; and the tokens it took."""

    answer: T | None
    failure: str
    tokens: int


def model_for(settings: Settings) -> Model:
    """The model that is configured. Key and address come from our settings alone, not from other variables."""
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
            # Servers that speak OpenAI's language speak its chat, and seldom more.
            return OpenAIChatModel(name, provider=OpenAIProvider(api_key=key, base_url=url))
        case _:
            return TestModel()


def most_tokens(text: str, answer: type[BaseModel]) -> int:
    """More tokens than one request with this text may take, with an earlier answer and its faults in it."""
    return len(f"{text}{answer.model_json_schema()}".encode()) // 2 + 3 * MAX_ANSWER_TOKENS


async def converse(
    settings: Settings, model: Model | None, *, instructions: str, prompt: str, answer: type[T], most: int
) -> Reply[T]:
    """Ask the model, or the configured one, for one answer of a type; a request that is cut off counts `most`."""
    usage = RunUsage()
    found, failure, unmeasured = None, "", 0
    try:
        async with asyncio.timeout(settings.ai_timeout_seconds):
            agent = Agent(
                # In a thread, since a provider's client reads its certificates first.
                model or await asyncio.to_thread(model_for, settings),
                name="flowpilot",
                output_type=answer,
                instructions=instructions,
                retries=ATTEMPTS - 1,
                model_settings=ModelSettings(max_tokens=MAX_ANSWER_TOKENS, thinking=False),
            )
            async with agent:
                limits = UsageLimits(request_limit=ATTEMPTS)
                found = (await agent.run(prompt, usage=usage, usage_limits=limits)).output
    except TimeoutError:
        failure, unmeasured = f"it took longer than {settings.ai_timeout_seconds} s", 1
    except ModelHTTPError as error:
        failure = f"{type(error).__name__}, status {error.status_code}"
    except Exception as error:
        # Whatever it is, the rules answer instead. Its message may quote what was sent, or a part of the key.
        failure = type(error).__name__
    return Reply(found, failure, usage.total_tokens + most * (unmeasured + usage.unmeasured_requests))
