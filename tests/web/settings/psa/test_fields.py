"""The form of a connection, made from what each ticket system says that it needs."""

import pytest
from starlette.datastructures import FormData

from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.web.settings.psa.fields import FormField, fields_of, values_of


def field(kind: ProviderKind, name: str) -> FormField:
    schema = PROVIDERS[kind].settings.model_json_schema()
    return next(one for one in fields_of("settings", schema, {}) if one.name == f"settings.{name}")


def test_a_choice_is_made_from_a_list() -> None:
    hosting = field(ProviderKind.CONNECTWISE, "hosting")
    assert (hosting.label, hosting.kind, hosting.value) == ("Hosting", "choice", "by_address")
    assert hosting.options == [
        ("by_address", "By address"),
        ("cloud", "Cloud"),
        ("own_server", "Own server"),
    ]


def test_a_choice_that_may_be_left_out_has_none_first() -> None:
    billing = field(ProviderKind.CONNECTWISE, "billable_option")
    assert (billing.kind, billing.value, billing.options[0]) == ("choice", None, ("", "No choice"))


@pytest.mark.parametrize(
    ("kind", "name", "theirs"),
    [
        (ProviderKind.CONNECTWISE, "billable_option", "DoNotBill"),
        (ProviderKind.HALOPSA, "agent_field", "who_agentid"),
    ],
)
def test_names_of_the_ticket_system_keep_their_spelling(kind: ProviderKind, name: str, theirs: str) -> None:
    assert (theirs, theirs) in field(kind, name).options


def test_a_choice_that_is_left_out_is_not_sent() -> None:
    schema = PROVIDERS[ProviderKind.CONNECTWISE].settings.model_json_schema()
    given = values_of("settings", schema, FormData({"settings.hosting": "cloud", "settings.billable_option": ""}))
    assert (given["hosting"], "billable_option" in given) == ("cloud", False)


def test_a_secret_is_never_filled_in_and_never_a_choice() -> None:
    schema = PROVIDERS[ProviderKind.CONNECTWISE].credentials.model_json_schema()
    assert {(one.kind, one.value) for one in fields_of("credentials", schema)} == {("password", "")}
