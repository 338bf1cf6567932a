"""A refused form on its page again: filled in as it was sent, with what is wrong at its fields.

It is done to the page's text, so that no form, field or template needs anything of its own for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from markupsafe import escape

from flowpilot.web.refused.reading import Element, Form, forms_in

# What a browser, and not the person, says or chooses in a field of these kinds.
_UNTOUCHED = frozenset({"file", "submit", "button", "reset", "image"})
_CHOICES = frozenset({"checkbox", "radio"})
_SECRETS = ("password", "repeated", "credentials", "token")

# Put in place of a part of the page, from and to these positions.
_Edit = tuple[int, int, str]


# In the address of a form that has come back: the page that it was on.
CAME_FROM = "came_from"


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as a browser sent it to a path: what its fields said, by their names, and the page that it was on."""

    path: str
    said: Sequence[tuple[str, str]]
    came_from: str


def is_secret(name: str) -> bool:
    """Whether a field's value is never shown again."""
    return any(word in name for word in _SECRETS)


def filled_in(html: str, sent: Sent, wrong: Mapping[str, str]) -> str | None:
    """The page with that form as it was sent, its folds open; None if it has no such form."""
    forms = [form for form in forms_in(html) if _is_of(form, sent.path)]
    if not forms:
        return None
    form = max(forms, key=lambda one: _likeness(one, sent))
    for start, end, text in sorted(_edits(form, sent, wrong), reverse=True):
        html = html[:start] + text + html[end:]
    return html


def _is_of(form: Form, path: str) -> bool:
    leads_there = any(urlsplit(address).path == path for address in form.addresses)
    return leads_there and form.element.says("method") == "post"


def _likeness(form: Form, sent: Sent) -> int:
    """How much of what was sent is from this form, of those that lead to the same place."""
    names = {one.says("name") for one in form.fields if not one.is_hidden}
    values = {(one.says("name"), one.says("value")) for one in (*form.fields, *form.buttons)}
    return sum((name in names) + ((name, value) in values) for name, value in sent.said)


def _edits(form: Form, sent: Sent, wrong: Mapping[str, str]) -> Iterator[_Edit]:
    said: dict[str, list[str]] = defaultdict(list)
    for name, value in sent.said:
        said[name].append(value)
    yield form.element.start, form.element.start, '<span id="again"></span>'
    yield form.element.stop, form.element.stop, "".join(_files_kept(form, said))
    yield from _leading_back(form, sent)
    opened = set(form.element.around("details"))
    to_say = dict(wrong)
    for one in form.fields:
        name, attributes = one.says("name"), dict(one.attributes)
        attributes.pop("autofocus", None)
        is_wrong = name in to_say and not one.is_hidden
        if is_wrong or (any(said[name]) and not one.is_hidden):
            opened.update(one.around("details"))
        if not is_secret(name) and one.says("type") not in {*_UNTOUCHED, "password"}:
            yield from _fill(form, one, attributes, said[name])
        if is_wrong:
            attributes |= _marked(name, attributes, is_first=len(to_say) == len(wrong))
            yield _below(one).end, _below(one).end, _message(name, to_say.pop(name))
        if attributes != one.attributes:
            yield one.start, one.stop, _tag(one.tag, attributes)
    for fold in opened:
        yield fold.start, fold.stop, _tag(fold.tag, {**fold.attributes, "open": None})


def _leading_back(form: Form, sent: Sent) -> Iterator[_Edit]:
    """Refused once more, the form leads back to its page: for the browser, that is now the form's own address."""
    for one, name in ((form.element, "action"), *((button, "formaction") for button in form.buttons)):
        if urlsplit(one.says(name)).path == sent.path:
            address = f"{sent.path}?{CAME_FROM}={quote(sent.came_from)}"
            yield one.start, one.stop, _tag(one.tag, {**one.attributes, name: address})


def _files_kept(form: Form, said: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Files that were kept on the way to here go along, though the page does not know of them."""
    if all(one.says("name") != "attachments" for one in form.fields):
        for value in said["attachments"]:
            yield f'<input type="hidden" name="attachments" value="{escape(value)}">'


def _fill(form: Form, one: Element, attributes: dict[str, str | None], said: list[str]) -> Iterator[_Edit]:
    """Change the field's own attributes, or what is in it, to what it said; each value is used once."""
    if one.says("type") in _CHOICES:
        attributes.pop("checked", None)
        if (one.attributes.get("value", "on") or "") in said:
            attributes["checked"] = None
    elif not said:
        return
    elif one.tag == "textarea":
        # A browser drops the first line break.
        yield one.stop, one.inner_end, f"\n{escape(said.pop(0))}"
    elif one.tag == "select":
        value = said.pop(0)
        options = form.options.get(one, [])
        if any(option.says("value") == value for option in options):
            for option in options:
                chosen = {name: text for name, text in option.attributes.items() if name != "selected"}
                chosen |= {"selected": None} if option.says("value") == value else {}
                yield option.start, option.stop, _tag(option.tag, chosen)
    else:
        attributes["value"] = said.pop(0)


def _marked(name: str, attributes: Mapping[str, str | None], *, is_first: bool) -> dict[str, str | None]:
    kinds = f"{attributes.get('class') or ''} is-invalid".strip()
    focus: dict[str, str | None] = {"autofocus": None} if is_first else {}
    return {"class": kinds, "aria-invalid": "true", "aria-errormessage": f"wrong-{name}", **focus}


def _below(one: Element) -> Element:
    """Below what a message is: below the row in which the field is, if it is in one."""
    rows = [row for row in one.parents if {"d-flex", "form-check"} & set(row.says("class").split())]
    return rows[-1] if rows else one


def _message(name: str, text: str) -> str:
    return f'<div class="invalid-feedback d-block" id="wrong-{escape(name)}" role="alert">{escape(text)}</div>'


def _tag(tag: str, attributes: Mapping[str, str | None]) -> str:
    said = (f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{''.join(said)}>"
