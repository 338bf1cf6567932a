"""A configured copilot, and models in place of a real one, which may not be reached."""

from collections.abc import Callable
from typing import Any

import pydantic_ai.models
import pytest
from pydantic import SecretStr
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from flowpilot.copilot.schemas import Case, CaseStep
from flowpilot.db.session import Database
from flowpilot.jobs import Tools
from flowpilot.settings import Settings

pydantic_ai.models.ALLOW_MODEL_REQUESTS = False

KEY = "the-key-of-this-installation"
STEP = {"action": "Ping the gateway.", "why": "It is near.", "expected": "No answer: the cable."}
STEPS = {"steps": [STEP]}
ASSESSMENT = {
    "summary": "Nobody has internet.",
    "likely_cause": "The router.",
    "next_steps": ["Restart the router."],
}
CASE = Case(
    problem="No internet in the main office since the power cut",
    domain="network",
    client="Example Client Ltd",
    ticket="T-4711",
    steps=[CaseStep(kind="answer", text="Is it wired or wireless?", result="Both")],
    missing=["the exact error text"],
)


@pytest.fixture
def tools(database: Database, settings: Settings) -> Tools:
    """The tools of a worker whose copilot is configured."""
    return Tools(database, configured(settings))


def configured(settings: Settings, **more: Any) -> Settings:
    """Settings with an AI, for which only a test's own model ever answers."""
    ai = {"ai_model": "openai:a-model", "ai_api_key": SecretStr(KEY), **more}
    return settings.model_copy(update=ai)


class ScriptedModel:
    """A model that gives prepared answers, and remembers the questions."""

    def __init__(self, *answers: dict[str, Any] | Callable[[], Any]) -> None:
        self.answers = list(answers)
        self.messages: list[list[ModelMessage]] = []
        self.instructions: list[str | None] = []
        self.model = FunctionModel(self._answer)

    @property
    def prompt(self) -> str:
        """What the first request said. Before what looks like a program's tag, pydantic-ai warns."""
        [request] = self.messages[0]
        assert isinstance(request, ModelRequest)
        part = request.parts[-1]
        assert isinstance(part, UserPromptPart)
        assert isinstance(part.content, str)
        return part.content

    async def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.messages.append(list(messages))
        self.instructions.append(info.instructions)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = await answer()
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, answer)])
