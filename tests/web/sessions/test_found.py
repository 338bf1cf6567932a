"""What a caller said on Home, in German or French, leads to its flow: begun, or first or among three to choose."""

import html
import re

import pytest

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.meaning import model
from flowpilot.flows.shipped import shipped_flows
from tests.company import Company, found_company, run
from tests.web.conftest import SignedIn

FIRST = {
    "Der Drucker im zweiten Stock druckt nicht mehr": "printer",
    "druckt nur noch Hieroglyphen": "printer",
    "Passwort vergessen, kann mich nicht anmelden": "password-and-mfa",
    "VPN verbindet nicht vom Homeoffice aus": "vpn",
    "Rechner ist furchtbar langsam geworden": "slow-pc",
    "ordi très lent": "slow-pc",
    "l'imprimante du deuxième étage n'imprime plus": "printer",
    "mot de passe oublié": "password-and-mfa",
}
AMONG_THREE = {
    "WLAN im Sitzungszimmer bricht dauernd ab, am Kabel alles gut": "wifi",
    "Konto gesperrt nach zu vielen Versuchen": "account-lockout",
    "Outlook fragt ständig nach dem Kennwort": "outlook-password-prompts",
    "le wifi coupe sans arrêt dans la salle de réunion": "wifi",
    "compte verrouillé ce matin": "account-lockout",
    "le VPN ne se connecte pas depuis la maison": "vpn",
}


@pytest.fixture(scope="module")
def library(urls: DatabaseUrls) -> Company:
    """An account with the shipped flows."""
    company = found_company(urls)

    async def install(database: Database) -> None:
        async with database.write(company.id) as db:
            await install_shipped(db, company.id, None, now())

    run(urls, install)
    return company


# The keyword that the reason names.
MEANT = {
    "Papierstau am Kopierer": "paper jam",
    "Mein Konto ist gesperrt": "account locked",
    "Kennwort vergessen": "forgot my password",
    "bourrage papier": "paper jam",
    "le disque est plein": "disk full",
    "mot de passe oublié": "forgot my password",
}


def _offered(signed_in: SignedIn, library: Company, said: str) -> list[str]:
    """The flows that the session's page begins or offers, the likeliest first."""
    browser = signed_in(to=library)
    assert 'action="/sessions"' in browser.get("/").text
    page = html.unescape(browser.post("/sessions", data={"problem_summary": said}).text)
    begun = re.findall(r"<span>([^<]+), version 1 \(", page)
    names = begun or re.findall(r'<strong class="flex-fill">([^<]+)</strong>', page)
    slugs = {flow.name: slug for slug, flow in shipped_flows().items()}
    return [slugs[name] for name in names]


@pytest.mark.parametrize("said", FIRST)
def test_the_right_flow_comes_first(signed_in: SignedIn, library: Company, said: str) -> None:
    assert model() is not None
    assert _offered(signed_in, library, said)[:1] == [FIRST[said]]


@pytest.mark.parametrize("said", AMONG_THREE)
def test_the_right_flow_is_among_three(signed_in: SignedIn, library: Company, said: str) -> None:
    assert AMONG_THREE[said] in _offered(signed_in, library, said)[:3]


@pytest.mark.parametrize("said", MEANT)
def test_the_reason_names_the_keyword_that_was_meant(signed_in: SignedIn, library: Company, said: str) -> None:
    # So sure that it begins by itself is none.
    form = {"problem_summary": said, "follow_from": "1"}
    page = html.unescape(signed_in(to=library).post("/sessions", data=form).text)
    reasons = re.findall(r'<small class="text-secondary">([^<]*)</small></button>', page)
    assert f'means about "{MEANT[said]}"' in reasons[0]
