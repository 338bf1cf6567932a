"""What is sent to a real server; and that nothing is sent or loaded while the AI is off."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_ai.models import override_allow_model_requests

from flowpilot.copilot import propose, rules
from flowpilot.copilot.ask import problem
from flowpilot.copilot.propose import suggest_next
from flowpilot.jobs import Tools
from flowpilot.settings import Settings
from tests.company import Company, at
from tests.copilot.conftest import CASE, KEY, STEPS, configured

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
WITH_SECRETS = CASE.model_copy(update={"problem": "Mail to jo@client.example fails. Password: Summer2024"})


class Server(ThreadingHTTPServer):
    """Speaks as much of a provider's protocol as one question needs, and keeps the requests."""

    daemon_threads = True

    def __init__(self, answer: dict[str, Any], status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.status = answer, status
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Log nothing in the tests' output."""


@contextmanager
def serving(answer: dict[str, Any], status: int = 200) -> Iterator[Server]:
    """A provider on this machine, with permission to call it."""
    with Server(answer, status) as server, override_allow_model_requests(True):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _chat() -> dict[str, Any]:
    function = {"name": "final_result", "arguments": json.dumps(STEPS)}
    message = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    usage = {"prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": "a-model"}
    return {**head, "choices": [choice], "usage": usage}


def _message() -> dict[str, Any]:
    content = {"type": "tool_use", "id": "1", "name": "final_result", "input": STEPS}
    usage = {"input_tokens": 300, "output_tokens": 33}
    head = {"id": "1", "type": "message", "role": "assistant", "model": "a-model", "stop_reason": "tool_use"}
    return {**head, "content": [content], "stop_sequence": None, "usage": usage}


async def test_a_server_of_ones_own_is_asked_in_openais_language(
    tools: Tools, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-somebody-else")
    with serving(_chat()) as server:
        own = configured(tools.settings, ai_base_url=f"{server.url}/v1", ai_api_key=None)
        found = await suggest_next(Tools(tools.database, own), company.id, WITH_SECRETS, NOW)
    assert [step.source for step in found.steps] == ["ai"]
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == "Bearer unset"
    [body] = server.bodies
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][0]["content"] == propose._NEXT_STEPS
    assert body["messages"][1]["content"].startswith("Problem: Mail to [e-mail] fails. Password: [secret]\n")
    assert company.query("SELECT requests, tokens FROM ai_usage") == [(1, 450)]


async def test_anthropic_is_asked_in_its_language(tools: Tools, company: Company) -> None:
    with serving(_message()) as server:
        there = configured(tools.settings, ai_model="anthropic:a-model", ai_base_url=server.url)
        found = await suggest_next(Tools(tools.database, there), company.id, WITH_SECRETS, NOW)
    assert [step.source for step in found.steps] == ["ai"]
    assert [path.partition("?")[0] for path in server.paths] == ["/v1/messages"]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "Summer2024" not in json.dumps(server.bodies)
    assert company.query("SELECT requests, tokens FROM ai_usage") == [(1, 333)]


async def test_a_providers_refusal_gives_the_rules_and_is_logged_without_its_words(
    tools: Tools, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    with serving({"error": {"message": f"Incorrect API key provided: {KEY}"}}, status=401) as server:
        there = configured(tools.settings, ai_base_url=server.url)
        with caplog.at_level(logging.WARNING):
            found = await suggest_next(Tools(tools.database, there), company.id, WITH_SECRETS, NOW)
    assert found == rules.suggest(WITH_SECRETS)
    assert caplog.messages == [
        f"the AI gave no answer for account {company.id}: ModelAuthenticationError, status 401"
    ]
    assert company.query("SELECT requests, tokens FROM ai_usage") == [(1, 0)]


async def test_a_server_that_is_not_there_gives_the_rules(tools: Tools, company: Company) -> None:
    with serving({}) as server:
        gone = configured(tools.settings, ai_base_url=server.url, ai_timeout_seconds=5)
        server.server_close()
        assert await suggest_next(Tools(tools.database, gone), company.id, WITH_SECRETS, NOW) == rules.suggest(
            WITH_SECRETS
        )


OFF = """
import asyncio, sys, uuid
import flowpilot.app, flowpilot.cli, flowpilot.worker
from flowpilot.clock import now
from flowpilot.copilot.propose import assess_case, suggest_next
from flowpilot.copilot.schemas import Case
from flowpilot.db.session import Database
from flowpilot.jobs import Tools
from flowpilot.settings import Settings

async def work() -> None:
    tools = Tools(Database("postgresql://nobody@127.0.0.1:1/nothing"), Settings())
    for verb in (suggest_next, assess_case):
        print((await verb(tools, uuid.uuid4(), Case(problem="No internet"), now())).model_dump_json())

asyncio.run(work())
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"pydantic_ai", "openai", "anthropic"}))
"""


def test_while_it_is_off_nothing_of_it_is_loaded_and_no_database_asked() -> None:
    done = subprocess.run([sys.executable, "-c", OFF], capture_output=True, text=True, check=True, env={})
    suggested, assessed, loaded = done.stdout.splitlines()
    assert json.loads(suggested)["steps"][0]["source"] == "rules"
    assert json.loads(assessed)["source"] == "rules"
    assert loaded == "[]"


@pytest.mark.parametrize(
    ("ai", "fault"),
    [
        ({}, None),
        ({"ai_model": "test"}, None),
        ({"ai_model": "openai:a-model", "ai_api_key": SecretStr("key")}, None),
        ({"ai_model": "openai:a-model", "ai_base_url": "http://localhost:11434/v1"}, None),
        (
            {"ai_model": "openai:a-model"},
            "FLOWPILOT_AI_MODEL is openai:a-model, which needs a key. Set FLOWPILOT_AI_API_KEY.",
        ),
        (
            {"ai_model": "anthropic:a-model", "ai_base_url": "http://localhost:9"},
            "FLOWPILOT_AI_MODEL is anthropic:a-model, which needs a key. Set FLOWPILOT_AI_API_KEY.",
        ),
    ],
)
def test_mistakes_in_the_settings_are_named(ai: dict[str, Any], fault: str | None) -> None:
    assert problem(Settings(**ai)) == fault


@pytest.mark.parametrize("package", ["pydantic_ai", "openai", "anthropic"])
async def test_without_the_extra_it_says_how_to_install_it_and_the_rules_answer(
    tools: Tools,
    company: Company,
    package: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    fault = "FLOWPILOT_AI_MODEL is set, but the AI extra is not installed. Run: pip install flowpilot[ai]"
    assert problem(tools.settings) == fault
    assert await suggest_next(tools, company.id, CASE, NOW) == rules.suggest(CASE)
    assert caplog.messages == [f"the AI was not asked: {fault}"]
    assert company.query("SELECT FROM ai_usage") == []
