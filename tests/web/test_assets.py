"""The themes for browsers without scripts: the rules that scripts turn on, without their attribute."""

import re

import pytest
import tinycss2

from flowpilot.web.assets import rules_of, theme_style

SHEET = """
:root, [data-bs-theme=light] { --a: 1 }
/* A comment with a { in it. */
[data-bs-theme="dark"] { --a: 2; --b: url("data:;}") }
[data-bs-theme=dark] .card, .x { color: red }
@media (min-width: 40rem) { .y { --c: 1 } [data-bs-theme=dark] .y { --c: 3 } }
@supports (color: red) { @media print { [data-bs-theme='dark'] { --d: 4 } } }
@font-face { font-family: "of [data-bs-theme=dark]" }
"""


def test_a_theme_has_its_rules_also_those_for_some_media() -> None:
    found = rules_of(tinycss2.parse_stylesheet(SHEET, skip_comments=True), "dark")
    assert [re.sub(r"\s+", " ", one) for one in found] == [
        ':root { --a: 2; --b: url("data:;}") }',
        ":root .card, .x { color: red }",
        "@media (min-width: 40rem) {:root .y { --c: 3 }}",
        "@supports (color: red) {@media print {:root { --d: 4 }}}",
    ]


def test_what_holds_without_a_theme_is_not_said_again() -> None:
    assert list(rules_of(tinycss2.parse_stylesheet(SHEET), "light")) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_product_has_rules_for_each_theme(theme: str) -> None:
    found = theme_style(theme)
    assert ":root {" in found
    assert f"[data-bs-theme={theme}]" not in found
