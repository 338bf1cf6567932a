"""What the tests of the flow editor need."""

import re
from typing import Any

from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows.samples import get


def based_on(browser: TestClient, flow_id: str, node: str = "") -> str:
    """The version that the editor's forms say they were made from."""
    page = browser.get(f"/flows/{flow_id}/edit", params={"node": node})
    assert page.status_code == 200, page.text
    found = re.search(r'name="based_on" value="([0-9a-f-]+)"', page.text)
    assert found
    return found[1]


def draft(client: TestClient, company: Company, flow_id: str) -> dict[str, Any]:
    """The draft's tree as it is stored."""
    tree: dict[str, Any] = get(client, company, f"/{flow_id}")["draft"]["tree"]
    return tree
