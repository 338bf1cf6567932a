"""The reference pages say what the code says."""

import pytest

from docs.generate import COMMAND, REFERENCE, pages

NAMES = sorted(path.name for path in REFERENCE.iterdir())


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """What the generator writes. It takes seconds, so not every worker that collects the tests should do it."""
    return pages()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_what_the_generator_writes(generated: dict[str, str], name: str) -> None:
    written = (REFERENCE / name).read_text("utf-8")
    assert written == generated.get(name), f"docs/reference/{name} is out of date. Run: {COMMAND}"


def test_no_page_is_missing_or_left_over(generated: dict[str, str]) -> None:
    assert set(NAMES) == set(generated), f"Run {COMMAND}, and remove what it no longer writes."


def test_the_generator_writes_the_same_again(generated: dict[str, str]) -> None:
    assert pages() == generated


def test_the_api_page_has_the_limits(generated: dict[str, str]) -> None:
    # They are found by the name of the dependency that counts, which a rename would silently lose.
    page = generated["api.md"]
    section = page.split("## GET /api/v1/analytics/flowpilot/knowledge-gaps\n")[1].split("\n## ")[0]
    assert "- **Limit:** 10 requests a minute for each caller\n" in section
