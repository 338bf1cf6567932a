"""The API's documentation page under the policy that all pages have."""

import base64
import hashlib
import re

from fastapi.testclient import TestClient


def test_the_page_may_run_its_own_starting_script_and_no_other(client: TestClient) -> None:
    answer = client.get("/docs")
    [script] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    directives = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert directives["script-src"] == f"'self' 'sha256-{digest}'"


def test_static_files_are_kept_where_their_address_names_their_content(client: TestClient) -> None:
    page = client.get("/sign-in").text
    [style] = re.findall(r'href="(/static/app\.css\?v=[0-9a-f]+)"', page)
    assert client.get(style).headers["cache-control"] == "public, max-age=31536000, immutable"
    # A script that another imports has no digest in its address.
    assert client.get("/static/canvas/model/tree.js").headers["cache-control"] == "no-cache"
