"""The reference pages say what the code says."""

import pytest

from docs.generate import COMMAND, REFERENCE, pages

PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_generator_writes(name: str) -> None:
    path = REFERENCE / name
    written = path.read_text("utf-8") if path.exists() else ""
    assert written == PAGES[name], f"docs/reference/{name} is out of date. Run: {COMMAND}"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(PAGES), f"Remove what {COMMAND} no longer writes."


def test_the_generator_writes_the_same_again() -> None:
    assert pages() == PAGES


def test_the_api_page_has_the_limits() -> None:
    # They are found by the name of the dependency that counts, which a rename would silently lose.
    section = PAGES["api.md"].split("## GET /api/v1/analytics/flowpilot/knowledge-gaps\n")[1].split("\n## ")[0]
    assert "- **Limit:** 10 requests a minute for each caller\n" in section
