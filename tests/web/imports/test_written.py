"""A file whose letters or columns are not as they look is read as a person says."""

from flowpilot.identity.actor import Role
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import PATH, fields_of, text_of

HEADER = "Ticket,Opened,Closed,Assignee\n"
ROWS = "".join(
    f"T-{n},2026-06-0{n} 09:00,2026-06-0{n} 11:00,{name}\n" for n, name in enumerate(("Иван", "Мария"), 1)
)


def test_the_letters_of_a_file_are_chosen(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = browser.post(PATH, files={"file": ("tickets.csv", (HEADER + ROWS).encode("cp1251"))})
    assert "Иван" in page.text
    page = browser.post(page.url.path, data=fields_of(page.text) | {"encoding": ["cp1252"]})
    assert "Èâàí" in page.text
    page = browser.post(page.url.path, data=fields_of(page.text) | {"encoding": ["cp1251"]})
    assert "Иван" in page.text
    assert "Èâàí" not in page.text
    fields = fields_of(page.text)
    assert (fields["encoding"], fields["shown_encoding"]) == (["cp1251"], ["cp1251"])
    assert "Import 2 cases" in text_of(page.text)


def test_what_stands_between_columns_is_chosen(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    text = (HEADER + ROWS).replace(",", "~")
    page = browser.post(PATH, files={"file": ("tickets.csv", text.encode())})
    page = browser.post(page.url.path, data=fields_of(page.text) | {"delimiter": ["~"]})
    assert "Import 2 cases" in text_of(page.text)


def test_a_file_that_cannot_be_read_at_all_has_a_way_out(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    text = HEADER + ROWS.replace("Иван", "山田太郎の表").replace("Мария", "サーバー管理")
    page = browser.post(PATH, files={"file": ("tickets.csv", text.encode("shift_jis"))})
    assert "It cannot be imported like this." in page.text
    page = browser.post(page.url.path, data=fields_of(page.text) | {"encoding": ["shift_jis"]})
    assert "山田太郎の表" in page.text
    assert "Import 2 cases" in text_of(page.text)


def test_an_encoding_that_nobody_knows_is_no_form_of_the_page(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = browser.post(PATH, files={"file": ("tickets.csv", HEADER + ROWS)})
    assert browser.post(page.url.path, data={"encoding": "rot13"}).status_code == 422
    assert browser.post(page.url.path, data={"delimiter": "<>"}).status_code == 422
