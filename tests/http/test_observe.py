"""What an operator can see about requests."""

import tempfile
from pathlib import Path

from fastapi.testclient import TestClient
from pydantic import SecretStr

from flowpilot.settings import Settings
from tests.company import Company


def test_requests_are_counted_by_route_not_by_path(client: TestClient, company: Company) -> None:
    client.delete("/api/v1/members/01980000-0000-7000-8000-000000000000", headers=company.headers())
    text = client.get("/metrics").text
    assert 'route="/api/v1/members/{user_id}",status="404"' in text
    assert "01980000-0000" not in text


def test_every_answer_has_a_request_id(client: TestClient) -> None:
    answers = [client.get(path) for path in ("/healthz", "/api/v1/nowhere", "/api/v1/members")]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == 3
    assert [answer.json()["request_id"] for answer in answers[1:]] == ids[1:]


def test_errors_are_problem_json(client: TestClient) -> None:
    for path, status in (("/api/v1/nowhere", 404), ("/api/v1/members", 401)):
        answer = client.get(path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail", "request_id"}
        assert answer.json()["status"] == answer.status_code == status


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "swagger-ui-bundle.js" in page
    assert "//" not in page.replace("window.location.origin", "").replace("://", "").replace("// ", "")
    assert client.get("/static/vendor/swagger-ui-bundle.js").status_code == 200


def test_the_secret_key_is_made_once_and_for_us_alone() -> None:
    with tempfile.TemporaryDirectory() as parent:
        settings = Settings(data_dir=Path(parent) / "new", secret_key=None)
        key = settings.signing_key()
        assert len(key) >= 32
        assert Settings(data_dir=Path(parent) / "new").signing_key() == key
        assert [path.name for path in settings.data_dir.iterdir()] == ["secret_key"]
        assert (settings.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
        assert Settings(data_dir=settings.data_dir, secret_key=SecretStr("k" * 32)).signing_key() == "k" * 32


def test_a_body_too_large_for_anything_of_ours_is_refused_unread(client: TestClient) -> None:
    large = client.post("/api/v1/auth/token", data={"username": "x" * 1_000_000, "password": "y"})
    unmeasured = client.post("/api/v1/auth/token", content=iter([b"username=x"]))
    assert (large.status_code, unmeasured.status_code) == (413, 411)
    assert large.headers["content-type"] == unmeasured.headers["content-type"] == "application/problem+json"
    assert large.json()["request_id"] == large.headers["X-Request-ID"]
