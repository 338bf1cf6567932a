"""Messages in the formats of Slack and Teams."""

from typing import Any

from flowpilot.notifications.messages import Message

_CARD = "application/vnd.microsoft.card.adaptive"
_CARD_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def slack(message: Message, link: str | None) -> dict[str, Any]:
    """The body for a Slack incoming webhook: blocks, and a text for clients that cannot show blocks."""
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": _mrkdwn(f"*{_escape(message.subject)}*\n{_escape(message.text)}")}
    ]
    if message.fields:
        fields = [_mrkdwn(f"*{_escape(label)}*\n{_escape(value)}") for label, value in message.fields]
        blocks.append({"type": "section", "fields": fields})
    if link is not None:
        blocks.append({"type": "section", "text": _mrkdwn(f"<{_escape(link)}|Open in FlowPilot>")})
    return {"text": f"{_escape(message.subject)}\n{_escape(message.text)}", "blocks": blocks}


def teams(message: Message, link: str | None) -> dict[str, Any]:
    """The body for a webhook of Teams Workflows: a message with one Adaptive Card."""
    card: dict[str, Any] = {
        "$schema": _CARD_SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _runs(_run(message.subject, size="Medium", weight="Bolder")),
            _runs(_run(message.text)),
            *(_runs(_run(f"{label}: ", weight="Bolder"), _run(value)) for label, value in message.fields),
        ],
    }
    if link is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in FlowPilot", "url": link}]
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card}]}


def _escape(text: str) -> str:
    # Once these three are escaped, Slack's own tags such as <!channel> or <@somebody> are only text.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _runs(*runs: dict[str, Any]) -> dict[str, Any]:
    # This is the only block of a card in which text is not Markdown, so nothing has to be escaped.
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}
