"""Words are found as they may stand in a copy, and nothing else is touched."""

from typing import Any

import pytest

from flowpilot.sessions.notes.sections import Section, as_markdown, as_text
from flowpilot.sessions.removal.words import Place, Words, is_distinctive
from flowpilot.text import tidy

TEXT = "The password is *hunter2*,\nfor the admin."


@pytest.mark.parametrize(
    ("words", "copy", "clean"),
    [
        (TEXT, TEXT, "[removed]."),
        (TEXT, "Found: The password is *hunter2*, for the admin (Ann)", "Found: [removed] (Ann)"),
        (TEXT, as_text([Section("Notes", [], [TEXT])]), "NOTES\n- [removed].\n"),
        (TEXT, as_markdown([Section("Notes", [], [TEXT])]), "## Notes\n\n- [removed].\n"),
        (TEXT, tidy(TEXT, 25), "[removed]…"),
        (TEXT, "THE PASSWORD IS *HUNTER2*, FOR THE ADMIN", "[removed]"),
        (TEXT, "The passwords are safe.", "The passwords are safe."),
    ],
)
def test_all_that_somebody_wrote(words: str, copy: str, clean: str) -> None:
    assert Words([words], is_whole=True).clean(copy) == clean


@pytest.mark.parametrize(
    ("copy", "clean"),
    [
        ("ftp://kim:hunter2@host", "ftp://kim:[removed]@host"),
        ("It is xhunter2x", "It is x[removed]x"),
        ("It is hunt…", "It is [removed]…"),
        ("He hunts…", "He hunts…"),
    ],
)
def test_a_phrase_is_found_within_words(copy: str, clean: str) -> None:
    assert Words(["hunter2"], is_whole=False).clean(copy) == clean


@pytest.mark.parametrize(
    ("phrase", "copy", "clean"),
    [
        ("work", "The network works. It did not work.", "The network works. It did not [removed]."),
        ("open sesame", "Said _open  sesame_, and opened.", "Said _[removed]_, and opened."),
        ("Maple", "maple: Maplewood", "[removed]: Maplewood"),
        ("sesam", "It is sesa… or sesame", "It is [removed]… or sesame"),
    ],
)
def test_a_phrase_of_letters_is_found_as_whole_words(phrase: str, copy: str, clean: str) -> None:
    assert Words([phrase], is_whole=False).clean(copy) == clean


@pytest.mark.parametrize("name", ["domain", "problem_domain", "client", "client_name", "ticket", "psa_ticket_id"])
def test_domain_client_and_ticket_go_only_if_they_are_the_words(name: str) -> None:
    value = {name: "Maple Dental 4711", "text": "Maple Dental 4711 rang"}
    assert Words(["Maple"], is_whole=False).clean(value) == value | {"text": "[removed] Dental 4711 rang"}
    assert Words(["4711"], is_whole=False).clean(value)[name] == value[name]
    whole = {name: "[removed]", "text": "[removed] rang"}
    assert Words(["maple dental 4711"], is_whole=False).clean(value) == whole


def test_an_everyday_sentence_of_somebody_else_is_not_cut() -> None:
    words = Words(["Turned it off and on", "Cannot print from Word."], is_whole=True)
    assert not words.are_in(["Turned it off and on twice, then it worked", "Cannot print from Word"])


@pytest.mark.parametrize("phrase", ["Sommer2026!!!", "?!.;:,"])
def test_a_phrase_goes_with_its_end(phrase: str) -> None:
    words = Words([phrase], is_whole=False)
    assert words.clean(f"It is {phrase} for now") == "It is [removed] for now"
    assert Words(["Sommer2026."], is_whole=False).clean("It is Sommer2026") == "It is [removed]"


def test_a_whole_text_is_not_found_within_another_word() -> None:
    assert Words(["Reset"], is_whole=True).clean("Resetting it") == "Resetting it"


def test_fewer_than_four_characters_stand_everywhere() -> None:
    assert not Words(["No"], is_whole=True).are_in("No, it does not.")


def test_ids_kinds_and_places_stay() -> None:
    value: dict[str, Any] = {"kind": "work", "node": "work", "text": "At work", "tags": ["work", 4], "n": None}
    expected = {"kind": "work", "node": "work", "text": "At [removed]", "tags": ["[removed]", 4], "n": None}
    assert Words(["work"], is_whole=False).clean(value) == expected


ID = "01a227a7-d162-7ec3-8813-852d8b095b46"


@pytest.mark.parametrize(
    "structural",
    [
        ID,
        "2026-11-29",
        "2026-11-29T15:23:49.356957+00:00",
        "2026-11-29T15:23:49Z",
        f"/sessions/{ID}#step-{ID}",
        f"/api/v1/attachments/{ID}/thumbnail",
        "America/New_York",
        "sent_back",
    ],
)
@pytest.mark.parametrize("phrase", ["2026", "2026-11-29", "d162", ID, "sessions", "step", "York", "sent_back"])
def test_what_has_the_form_of_what_the_product_wrote_stays_wherever_it_stands(
    structural: str, phrase: str
) -> None:
    value = {"new": structural, "many": [structural, [structural]], "deeper": {"one": {"more": [structural]}}}
    assert Words([phrase], is_whole=False).clean(value) == value


def test_a_list_of_what_the_product_wrote_stays() -> None:
    value = {"also": ["n-2026"], "left": ["y2026", {"text": "In 2026"}]}
    clean = {"also": ["n-2026"], "left": ["y2026", {"text": "In [removed]"}]}
    assert Words(["2026"], is_whole=False).clean(value) == clean


@pytest.mark.parametrize("secret", [ID, "1985-03-12", "resolved"])
def test_what_a_person_wrote_goes_whatever_its_form(secret: str) -> None:
    words = Words([secret], is_whole=False, places={"7": Place(said=frozenset({"outcome"}))})
    assert words.clean(secret) == "[removed]"
    assert words.clean({"text": secret, "notes": [{"value": secret}]}) == {
        "text": "[removed]",
        "notes": [{"value": "[removed]"}],
    }
    assert words.clean({"outcome": secret}, "7") == {"outcome": "[removed]"}


def test_the_name_by_which_texts_use_a_field_stays() -> None:
    fields = [{"name": "mail", "label": "The mail", "kind": "text"}, {"name": "mail"}]
    clean = [{"name": "mail", "label": "The [removed]", "kind": "text"}, {"name": "[removed]"}]
    assert Words(["mail"], is_whole=False).clean(fields) == clean


COLUMNS = ("state", "source", "type", "status", "priority", "mode", "item", "step", "kind", "id")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_a_log_holds_words_whatever_it_is_called(column: str) -> None:
    place = Place(said=frozenset({column}))
    words = Words(["hunter2"], is_whole=False, places={"7": place, "2026-06-15 ann": place})
    content, clean = {column: "It is hunter2"}, {column: "It is [removed]"}
    taken = {"at": "2026-06-15", "by": "ann"}
    assert words.clean(content, "7") == clean
    assert words.clean(content | taken) == clean | taken
    answer = {"id": "7", "kind": "hunter2", "content": content, "attachments": [{column: "hunter2"}]}
    assert words.clean(answer) == answer | {"content": clean}


def test_the_name_of_a_file_goes_with_it() -> None:
    files = [{"id": "1", "name": "hunter2.png"}, {"id": "2", "name": "other.png"}]
    clean = Words([], is_whole=True, files=["1"]).clean(files)
    assert [one["name"] for one in clean] == ["removed file", "other.png"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rebooted", False),
        ("Network", False),
        ("123", False),
        ("Windows 10", False),
        ("re-installed it", False),
        ("It is on now", False),
        ("Turned it off and on", False),
        ("Signed in with hunter2", True),
        ("hunter2", False),
        ("0x80070005.", False),
        ("It is Tr0ub4dor&3.", True),
        ("with correct-horse_battery", True),
        ("is 4711471147", True),
    ],
)
def test_a_text_with_a_word_that_is_none_is_not_written_by_chance(text: str, *, expected: bool) -> None:
    assert is_distinctive(text) is expected


def test_a_short_text_is_overwritten_in_copies_of_its_step_alone() -> None:
    of_step = {"at": "2026-06-15", "by": "ann", "text": "123", "files": [{"name": "123.png"}]}
    of_another = {"at": "2026-06-16", "by": "ann", "text": "123"}
    places = {"2026-06-15 ann": Place(goes=True), "7": Place(goes=True)}
    value = [of_step, of_another, {"id": "7", "text": "123"}]
    assert Words(["123"], is_whole=True, places=places).clean(value) == [
        of_step | {"text": "[removed]", "files": [{"name": "[removed].png"}]},
        of_another,
        {"id": "7", "text": "[removed]"},
    ]


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_a_flow_says_stays(*, is_whole: bool) -> None:
    text = "LED-07 is on and lit"
    content = {"question": f"{text}?", "choice": text, "note": text}
    places = {"7": Place(flows=frozenset({"question", "choice"}))}
    words = Words([text], is_whole=is_whole, places=places)
    assert words.clean(content, "7") == content | {"note": "[removed]"}


def test_an_erased_file_is_no_picture_any_more() -> None:
    picture = {"id": "1", "name": "error.png", "type": "image/png", "bytes": 9, "width": 2, "height": 2}
    erased = {"id": "1", "name": "removed file", "type": "application/x-removed", "bytes": 0}
    words = Words([], is_whole=True, files=["1"])
    assert words.clean(picture) == erased
    assert words.clean(picture | {"thumbnail_url": "/1/thumbnail"}) == erased | {"thumbnail_url": None}


@pytest.mark.parametrize(
    ("phrase", "copy"),
    [
        ("straße9", "STRASSE9"),
        ("STRASSE", "Straße"),
        ("Zürich9x", "Zu\u0308rich9x"),
        ("Zu\u0308rich9x", "ZÜRICH9X"),
        ("hunter2", "hun\u200bter\u00ad2"),
        ("hun\u200bter2", "hunter2"),
        ("hunter2", "".join(chr(ord(one) + 0xFEE0) for one in "hunter2")),
        ("한국어9", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165" + "9"),
        ("Việt9", "Vi\u00ea\u0323t9"),
        ("İstanbul1", "istanbul1"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
    ],
)
def test_words_are_found_in_each_form_of_their_letters(phrase: str, copy: str) -> None:
    assert Words([phrase], is_whole=False).clean(f"Ä: {copy}, ü") == "Ä: [removed], ü"
    assert Words([phrase], is_whole=False).clean(f"Ä: {copy[:-1]}…").startswith("Ä: [removed]")


def test_a_word_is_not_cut_out_of_one_with_an_accent() -> None:
    assert Words(["cafe"], is_whole=False).clean("café, cafe\u0301, cafe") == "café, cafe\u0301, [removed]"


@pytest.mark.parametrize(
    ("phrase", "copy"),
    [("über", "Gegenüber"), ("fung", "Prüfung"), ("cole", "École"), ("naïve", "naïveté"), ("किताब", "किताबें")],
)
def test_a_phrase_of_letters_with_accents_is_found_as_whole_words(phrase: str, copy: str) -> None:
    words = Words([phrase], is_whole=False)
    assert words.clean(f"{copy}, {phrase}, {copy}…") == f"{copy}, [removed], {copy}…"


def test_marks_that_keyboards_do_not_have_are_those_that_they_have() -> None:
    said = "O\u2019Brien\u2013\u201c9\u201d"
    assert Words(['o\'brien-"9"'], is_whole=False).clean(f"It is {said}.") == "It is [removed]."


@pytest.mark.parametrize(
    "code", ["KB5034441", "0x80070005", "PC-0412", "Office365", "Windows-11", "v2.4.1", "hunter2"]
)
def test_a_single_word_is_found_by_its_place_alone_whatever_it_is(code: str) -> None:
    words = Words([code], is_whole=True, places={"7": Place(goes=True)})
    said = {"text": f"Error {code} again"}
    assert words.clean(said) == said
    assert words.clean(said, "7") == {"text": "Error [removed] again"}


def test_a_sentence_that_goes_on_within_a_word_is_another_one() -> None:
    words = Words(["Restarted PC-0412", "The PIN is 123456"], is_whole=True)
    assert words.clean("Restarted PC-0412, not PC-04123") == "[removed], not PC-04123"
    assert not words.are_in(["I restarted PC-04123", "The PIN is 1234567"])


@pytest.mark.parametrize(
    ("phrase", "copy", "clean"),
    [
        (
            "Zq7 p@ss%w/rd?9",
            "http://x.example/?pw=Zq7%20p%40ss%25w/rd%3F9&a=1",
            "http://x.example/?pw=[removed]&a=1",
        ),
        ("Zq7 p@ss", "?pw=Zq7+p%40ss", "?pw=[removed]"),
        ("Zürich 9x", "?q=Z%C3%BCrich%209x", "?q=[removed]"),
        ("open sesame", "?q=open+sesame", "?q=[removed]"),
        ("über", "Gegen%C3%BCber, %C3%BCber", "Gegen%C3%BCber, [removed]"),
        ("a%41b+c", "It is a%41b+c", "It is [removed]"),
        ("p@ss", "%FF%FEp%40ss %zz 100% +", "%FF%FE[removed] %zz 100% +"),
        ("p@ss", "100%25 p@ss", "100%25 [removed]"),
    ],
)
def test_words_in_an_address_are_found(phrase: str, copy: str, clean: str) -> None:
    words = Words([phrase], is_whole=False)
    assert words.clean(copy) == clean
    assert words.are_said_in(copy)
    assert not words.are_said_in(clean)
