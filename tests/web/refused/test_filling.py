"""A refused form in the text of its page: which form it is, what its fields say, and what is wrong at them."""

import re
from pathlib import Path

import pytest

import flowpilot.web
from flowpilot.web.refused.filling import Sent, filled_in, is_secret
from tests.web.forms import forms_of

PAGE = """<main>
<form method="post" action="/a"><input name="note"></form>
<details class="card"><summary>More</summary>
<form method="post" action="/b"><input type="hidden" name="key" value="1">
  <input name="why" required autofocus> <input type="password" name="password"> <input name="api_token" value="">
  <div class="d-flex"><input name="ticket" class="form-control"><button type="submit">Save</button></div>
  <details><summary>Text</summary><textarea name="text" rows="2">
before</textarea></details>
  <details id="shut"><summary>Other</summary><textarea name="other"></textarea></details>
  <select name="who"><option value="">Anyone</option><option value="kim" selected>Kim</option></select>
  <label><input type="checkbox" name="tags" value="x" checked></label>
  <input type="checkbox" name="tags" value="y">
  <input type="radio" name="at" value="1" checked> <input type="radio" name="at" value="">
  <input type="file" name="files"></form></details>
<form method="post" action="/b"><input type="hidden" name="key" value="2"><input name="why" value="mine"></form>
</main>"""


def filled(*said: tuple[str, str], **wrong: str) -> str:
    html = filled_in(PAGE, Sent("/b", said, "/page?at=1"), wrong)
    assert html is not None
    return html


def test_each_field_says_what_was_sent() -> None:
    said = [("key", "1"), ("why", 'a "b" <c>'), ("ticket", "42"), ("text", "\none\n<two>"), ("other", "")]
    html = filled(*said, ("who", ""), ("tags", "y"), ("at", ""))
    form = forms_of(html)[1]
    assert form.holds == {
        "key": ["1"],
        "why": ['a "b" <c>'],
        "password": [""],
        "api_token": [""],
        "ticket": ["42"],
        # A browser drops the first line break of a field, and this reader does not.
        "text": ["\n\none\n<two>"],
        "other": ["\n"],
        "who": [""],
        "tags": ["y"],
        "at": [""],
    }


def test_what_is_around_the_form_stays_as_it_is() -> None:
    html = filled(("key", "1"), ("why", "x"))
    assert [form.holds for form in forms_of(html)][::2] == [form.holds for form in forms_of(PAGE)][::2]
    assert html.startswith(PAGE[: PAGE.index("<details")])
    assert html.endswith(PAGE[PAGE.rindex('<form method="post" action="/b">') :])


@pytest.mark.parametrize(("key", "place"), [("1", 1), ("2", 2)])
def test_of_forms_to_the_same_address_it_is_the_one_that_was_sent(key: str, place: int) -> None:
    forms = forms_of(filled(("key", key), ("why", "typed")))
    assert [form.holds.get("why") == ["typed"] for form in forms] == [n == place for n in range(3)]


def test_folds_are_open_around_the_form_and_what_was_written() -> None:
    html = filled(("key", "1"), ("text", "x"), ("other", ""))
    assert '<details class="card" open>' in html
    assert "<details open><summary>Text" in html
    assert '<details id="shut"><summary>Other' in html


def test_what_is_wrong_is_below_its_field_which_has_the_focus() -> None:
    html = filled(("key", "1"), ("why", "x"), ("ticket", "?"), ticket="Not a <number>.")
    message = '<div class="invalid-feedback d-block" id="wrong-ticket" role="alert">Not a &lt;number&gt;.</div>'
    assert f"</button></div>{message}" in html
    assert html.count('class="form-control is-invalid"') == 1
    assert 'aria-invalid="true" aria-errormessage="wrong-ticket" autofocus' in html
    assert html.count("autofocus") == 1


def test_secrets_are_not_filled_in() -> None:
    html = filled(("key", "1"), ("password", "hunter2"), ("api_token", "hunter2"))
    assert "hunter2" not in html


def test_files_that_were_kept_go_along() -> None:
    html = filled(("key", "1"), ("attachments", "7"), ("attachments", "8"))
    assert forms_of(html)[1].holds["attachments"] == ["7", "8"]


def test_a_page_without_the_form_is_not_its_page() -> None:
    assert filled_in(PAGE, Sent("/c", [("why", "x")], "/page"), {}) is None


def test_what_comes_back_leads_to_the_page_that_it_was_on() -> None:
    assert forms_of(filled(("key", "1")))[1].action == "/b?came_from=/page%3Fat%3D1"
    other = '<form method="post" action="/b/save"><input name="why"><button formaction="/b">Send</button></form>'
    html = filled_in(other, Sent("/b", [("why", "x")], "/page"), {})
    assert html is not None
    assert ('action="/b/save"' in html, 'formaction="/b?came_from=/page"' in html) == (True, True)


def test_what_is_typed_unseen_is_never_shown() -> None:
    templates = Path(flowpilot.web.__file__).parent / "templates"
    fields = re.compile(r"field\('(\w+)'[^{}]*type='password'")
    names = {name for path in templates.rglob("*.html") for name in fields.findall(path.read_text())}
    assert {"password", "repeated"} <= names
    assert {name for name in names if not is_secret(name)} == set()
