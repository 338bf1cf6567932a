"""The copilot without an AI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.copilot.checks import CHECKS, Check, mentions
from flowpilot.copilot.rules import assess, suggest
from flowpilot.copilot.schemas import MAX_SUMMARY, Assessment, Case, CaseStep, NextStep, Suggestion
from flowpilot.text import tidy

WHO = "Ask who is affected: one person, one device, a team, a site, or everybody."
WHEN = "Ask when it started, and what changed shortly before: an update, a password, a move, a new device."
ERROR = "Ask for the exact error text or code, or for a screenshot of it."
EVERY_CHECK = [*CHECKS.question, *(check for topic in CHECKS.topic for check in topic.check)]


def _actions(case: Case) -> list[str]:
    return [step.action for step in suggest(case).steps]


def _step(kind: str, text: str, result: str = "", note: str = "") -> CaseStep:
    return CaseStep(kind=kind, text=text, result=result, note=note)


def test_a_problem_of_no_known_kind_is_asked_about_in_general() -> None:
    assert _actions(Case(problem="Badge does not open the door")) == [WHO, WHEN, ERROR]


def test_two_questions_come_before_what_fits_the_problem() -> None:
    assert _actions(Case(problem="Printer prints blank pages")) == [
        WHO,
        WHEN,
        "Ask what the printer's own display says, and print its test page from there.",
    ]


def test_a_step_says_what_why_and_what_it_would_tell() -> None:
    assert suggest(Case(problem="Badge does not open the door")).steps[0] == NextStep(
        action=WHO,
        why="It distinguishes a fault of one device or profile from one of a server, a service or the line.",
        expected="One: look at that device and profile. Several: look at what they share.",
        source="rules",
    )


def test_answers_in_the_problem_are_not_asked_for() -> None:
    case = Case(problem="Since Monday everybody gets error code 5 in the time recording")
    assert not {WHO, WHEN, ERROR} & set(_actions(case))


def test_done_steps_are_not_suggested_and_the_next_moves_up() -> None:
    steps = [
        _step("answer", "How many are affected?", "Everybody"),
        _step("note", "Began yesterday"),
        _step("outcome", "Printed a test page at the printer", "Blank"),
    ]
    assert _actions(Case(problem="Printer prints blank pages", steps=steps)) == [
        ERROR,
        "Ask whether it happens elsewhere too: on another device, in another network, or in the browser.",
        "Ask whether others print on it, and whether this user can print on another printer.",
    ]


@pytest.mark.parametrize("result", ["Unknown", "Not tried", ""])
def test_a_question_that_nobody_could_answer_is_asked_again(result: str) -> None:
    steps = [_step("answer", "How many are affected?", result)]
    assert _actions(Case(problem="Badge does not open the door", steps=steps))[0] == WHO


def test_the_domain_counts_if_the_words_say_nothing() -> None:
    assert _actions(Case(problem="It does not work", domain="Backup"))[2].startswith("Read the job's own report")


def test_problems_that_get_worse_by_waiting_come_first() -> None:
    assert _actions(Case(problem="One user clicked a link in a parcel notice"))[0] == (
        "Take the device off the network, but leave it switched on."
    )


def test_when_all_is_done_it_is_time_to_hand_over() -> None:
    steps = [_step("note", check.action) for check in EVERY_CHECK]
    assert _actions(Case(problem="Printer prints blank pages", steps=steps)) == [CHECKS.last.action]


def test_a_session_that_has_ended_needs_nothing() -> None:
    assert suggest(Case(problem="Badge does not open the door", ended=True)) == Suggestion(steps=[])


def test_an_assessment_reads_like_a_paragraph() -> None:
    case = Case(
        problem="Outlook keeps asking for the password since Monday",
        domain="email",
        flow_name="Outlook password prompts",
        steps=[
            _step("answer", "Does webmail work?", "Yes"),
            _step("outcome", "Clear the stored credentials.", "Did not help", "came back after ten minutes"),
            _step("note", "There is a second laptop with an old password"),
        ],
        steps_left=["Rebuild the profile.", "Check the licence."],
        engineer_note="I think the old laptop locks it",
        missing=["the exact error text"],
    )
    assert assess(case) == Assessment(
        summary=(
            "Outlook keeps asking for the password since Monday. "
            "The flow “Outlook password prompts” was followed. "
            "Found: Does webmail work? Yes; There is a second laptop with an old password. "
            "Tried: Clear the stored credentials: Did not help (came back after ten minutes). "
            "The engineer says: I think the old laptop locks it. "
            "Not known yet: the exact error text."
        ),
        likely_cause=None,
        next_steps=["Rebuild the profile.", "Check the licence."],
        missing=["the exact error text"],
        source="rules",
    )


def test_without_a_step_the_assessment_says_so_and_suggests() -> None:
    found = assess(Case(problem="Badge does not open the door"))
    assert found.summary == "Badge does not open the door. No step was recorded."
    assert found.next_steps == [WHO, WHEN, ERROR]


def test_if_not_everything_fits_the_newest_stays_and_it_says_so() -> None:
    steps = [_step("outcome", f"Step {number} {'of many words ' * 4}", "Did not help") for number in range(30)]
    summary = assess(Case(problem="Badge does not open the door", steps=steps)).summary
    assert "Tried (last 6 of 30): Step 24 " in summary
    assert summary.endswith("words: Did not help.")


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("one two", 7, "one two"),
        ("one two three", 8, "one two…"),
        ("seven words", 9, "seven…"),
        ("C:\\a\\path\\without\\spaces", 10, "C:\\a\\path…"),
        (" one\n\ttwo\x00 ", 10, "one two"),
    ],
)
def test_text_is_kept_on_one_line_and_cut_at_a_word(text: str, limit: int, kept: str) -> None:
    assert tidy(text, limit) == kept


# Words that matter to the rules, among others that do not.
WORDS = st.sampled_from(
    [word for topic in CHECKS.topic for word in topic.words]
    + [word for check in EVERY_CHECK for word in check.known]
    + [check.action for check in EVERY_CHECK]
)
TEXTS = st.one_of(st.text(max_size=400), st.lists(WORDS, max_size=8).map(", ".join))
STEPS = st.builds(
    CaseStep,
    kind=st.sampled_from(["answer", "outcome", "note", "resolution"]),
    text=TEXTS,
    result=st.one_of(st.sampled_from(["", "Yes", "Not tried"]), TEXTS),
    note=TEXTS,
)
CASES = st.builds(
    Case,
    problem=TEXTS,
    domain=st.one_of(st.none(), st.sampled_from(["email", "Network", "printing"]), TEXTS),
    client=st.none(),
    ticket=st.none(),
    flow_name=st.one_of(st.none(), TEXTS),
    steps=st.lists(STEPS, max_size=12),
    steps_left=st.lists(TEXTS, max_size=5),
    engineer_note=TEXTS,
    missing=st.lists(TEXTS, max_size=5),
    ended=st.just(False),
)


@given(CASES)
def test_there_are_always_one_to_three_different_steps(case: Case) -> None:
    actions = _actions(case)
    assert 1 <= len(actions) <= 3
    assert len(set(actions)) == len(actions)


@given(CASES, st.sampled_from(EVERY_CHECK), st.data())
def test_known_steps_are_never_suggested(case: Case, check: Check, data: st.DataObject) -> None:
    hint = data.draw(st.sampled_from([check.action, *check.known]))
    step = data.draw(
        st.sampled_from([_step("note", hint), _step("outcome", hint, "Done"), _step("answer", "Well?", hint)])
    )
    known = case.model_copy(update={"steps": [*case.steps, step]})
    assert check.action not in _actions(known)


@given(CASES)
def test_an_assessment_always_fits_and_always_says_what_to_do(case: Case) -> None:
    found = assess(case)
    assert 1 <= len(found.summary) <= MAX_SUMMARY
    assert 1 <= len(found.next_steps) <= 3
    assert found == assess(case)


@pytest.mark.parametrize("check", EVERY_CHECK, ids=lambda check: check.action[:40])
def test_every_check_knows_itself_by_words_of_its_own(check: Check) -> None:
    assert check.known
    assert len(check.action) <= 300
    assert not mentions("a quite ordinary problem", check.known)


@pytest.mark.parametrize(
    ("said", "is_known"),
    [
        ("It drops.\n\nThe window says: Error 628, the connection was closed.", True),
        ("Fehler: IM002 beim Start", True),
        ("Browser shows ERR_CERT_DATE_INVALID", True),
        ("Blue screen with stop code 0x1A", True),
        ("It gives an error 20 times a day", False),
        ("It ends with an error since 2024", False),
        ("It shows some error", False),
    ],
)
def test_a_code_that_the_problem_quotes_is_not_asked_for(said: str, is_known: bool) -> None:
    [check] = [one for one in CHECKS.question if one.code_is_known]
    steps = suggest(
        Case(problem=said, dismissed=[one.action for one in CHECKS.question if one is not check])
    ).steps
    assert (check.action not in [step.action for step in steps]) is is_known
