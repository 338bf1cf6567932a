"""Sessions in every state that a page can show, made by the product's own routes."""

from collections.abc import Callable

from tests.flows.nested import PROBLEM, RESET, publish, sign_in
from tests.sessions.runs.procedure import do_all
from tests.web.sessions.desk import NODES, Desk


def make_states(desk: Desk) -> dict[str, str]:
    """The id of a session in each state, by the words for it."""
    made = {name: tell(desk) for name, tell in _STORIES.items()}
    for node in NODES:
        made[f"at work at {node}"] = desk.begin(node)
        made[f"held at {node}"] = session = desk.begin(node)
        desk.hold(session)
    return {name: session.rpartition("/")[2] for name, session in made.items()}


def _paused(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{session}/pause")
    return session


def _waiting_at_the_end(desk: Desk) -> str:
    session = desk.begin("escalation")
    desk.escalate(session, note="The driver.", tried="Turned it off and on.")
    return session


def _resolved(desk: Desk) -> str:
    session = desk.begin("resolution")
    desk.send(f"{session}/resolve", summary="It prints again.")
    return session


def _abandoned(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{session}/abandon")
    return session


def _unassigned(desk: Desk) -> str:
    session = desk.begin()
    desk.company.query(
        "UPDATE ai_sessions SET owner_id = NULL WHERE id = %s RETURNING id", session.rpartition("/")[2]
    )
    return session


def _with_a_fix(desk: Desk) -> str:
    session = desk.begin("no flow")
    desk.fix(session)
    return session


def _with_a_fix_of_a_senior(desk: Desk) -> str:
    session = desk.begin()
    desk.hold(session)
    desk.fix(session, desk.senior.headers)
    return session


def _escalated_with_a_fix(desk: Desk) -> str:
    session = _failed(desk)
    desk.escalate(session)
    return session


def _failed_of_a_senior(desk: Desk) -> str:
    session = _with_a_fix_of_a_senior(desk)
    desk.send(f"{session}/verify/fail", desk.senior.headers, note="It fell over.")
    return session


def _failed(desk: Desk) -> str:
    session = _with_a_fix(desk)
    desk.send(f"{session}/verify/fail", note="It fell over.")
    return session


def _asked_in_the_queue(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{desk.escalate(session)}/questions", desk.senior.headers, question="Which printer?")
    return session


def _asked(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{desk.hold(session)}/questions", desk.senior.headers, question="Which printer?")
    return session


def _answered(desk: Desk) -> str:
    session = desk.begin()
    questions = f"{desk.hold(session)}/questions"
    asked = desk.send(questions, desk.senior.headers, question="Which printer?")
    desk.send(f"{questions}/{asked['questions'][0]['id']}/answer", answer="The small one.")
    return session


def _dismissed(desk: Desk) -> str:
    session = desk.begin("no flow")
    action = desk.client.get(f"/api/v1/{session}", headers=desk.people["a viewer"]).json()["suggestion"]["steps"][
        0
    ]
    desk.send(f"{session}/suggestions/dismiss", action=action["action"], reason="wrong")
    return session


def _dismissed_next_step(desk: Desk) -> str:
    session = desk.begin("no flow")
    handoff = desk.hold(session)
    steps = desk.client.get(f"/api/v1/{handoff}", headers=desk.senior.headers).json()["next_steps"]
    desk.send(f"{handoff}/suggestions/dismiss", desk.senior.headers, action=steps[0]["action"], reason="wrong")
    return session


def _given_back(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{desk.hold(session)}/close", desk.senior.headers, outcome="returned", note="Try the other one.")
    return session


def _given_back_at_the_end(desk: Desk) -> str:
    session = desk.begin("escalation")
    desk.send(f"{desk.hold(session)}/close", desk.senior.headers, outcome="returned", note="Try the other one.")
    return session


def _reopened(desk: Desk) -> str:
    session = _resolved(desk)
    desk.send(f"{session}/reopen", reason="It jams again.")
    return session


def _sent_back(desk: Desk) -> str:
    session = desk.begin()
    desk.send(f"{desk.escalate(session)}/send-back", desk.senior.headers, reason="Which printer?")
    return session


def _held_again(desk: Desk) -> str:
    session = _given_back(desk)
    desk.hold(session)
    return session


def _run(desk: Desk) -> str:
    return desk.begin(problem_summary="A new PC for Anna", flow_id=desk.procedure)


def _half_done_run(desk: Desk) -> str:
    session = _run(desk)
    desk.send(f"{session}/marks", do="fill", field="name", value="PC-12")
    desk.send(f"{session}/marks", do="tick", item="unpack")
    desk.send(f"{session}/marks", do="waive", item="label", reason="No labels left.")
    return session


def _fix_of_a_run(desk: Desk) -> str:
    session = _run(desk)
    do_all(desk.client, desk.company, session.rpartition("/")[2])
    desk.send(f"{session}/steps", outcome="Done")
    desk.fix(session)
    return session


def _held_run(desk: Desk) -> str:
    session = _half_done_run(desk)
    desk.hold(session)
    return session


def _edited(desk: Desk) -> str:
    session = desk.begin("instruction")
    answer, note = (step["id"] for step in desk.send(f"{session}/steps", free_text="It hums.")["steps"])
    desk.send(f"{session}/steps/{note}/correct", text="It rattles.")
    desk.send(f"{session}/steps/{note}/strike")
    desk.send(f"{session}/steps/{answer}/take-back")
    return session


def _left_a_sub_flow(desk: Desk) -> str:
    reset = publish(desk.client, desk.company, "Password reset", RESET)
    outer = publish(desk.client, desk.company, "Cannot sign in", sign_in(reset))
    session = desk.begin(problem_summary=PROBLEM, flow_id=str(outer))
    entry = desk.send(f"{session}/steps", choice="No")["steps"][-1]["id"]
    desk.send(f"{session}/steps/{entry}/take-back")
    return session


def _with_words_removed(desk: Desk) -> str:
    session = desk.begin()
    note = desk.send(f"{session}/steps", free_text="The password is Winter2026!")["steps"][-1]["id"]
    desk.send(f"{session}/steps/{note}/remove")
    return session


_STORIES: dict[str, Callable[[Desk], str]] = {
    "paused": _paused,
    "waiting for a senior at the end of its flow": _waiting_at_the_end,
    "resolved": _resolved,
    "abandoned": _abandoned,
    "nobody works on it": _unassigned,
    "a fix has to prove itself": _with_a_fix,
    "the fix of a senior has to prove itself": _with_a_fix_of_a_senior,
    "escalated after a fix that did not help": _escalated_with_a_fix,
    "a fix did not help": _failed,
    "the fix of a senior did not help": _failed_of_a_senior,
    "asked in the queue": _asked_in_the_queue,
    "asked": _asked,
    "answered": _answered,
    "a suggestion is dismissed": _dismissed,
    "a next step is dismissed": _dismissed_next_step,
    "given back": _given_back,
    "given back at the end of its flow": _given_back_at_the_end,
    "reopened": _reopened,
    "sent back": _sent_back,
    "given back, and held again": _held_again,
    "at a checklist": _run,
    "at a checklist that is half done": _half_done_run,
    "the fix of a checklist has to prove itself": _fix_of_a_run,
    "a senior holds a checklist": _held_run,
    "edited": _edited,
    "left a sub-flow": _left_a_sub_flow,
    "words were removed": _with_words_removed,
}
