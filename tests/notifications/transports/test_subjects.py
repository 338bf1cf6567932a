"""Subjects arrive as they were written, in any language."""

# ruff: noqa: RUF001 - Letters of other languages are meant.

import asyncio
from collections.abc import Iterator
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.notifications.messages import Message
from flowpilot.notifications.transports import email as mail
from flowpilot.settings import Settings
from flowpilot.text import tidy
from tests.outgoing.servers import Mailbox, mail_server

PROBLEMS = (
    "L'imprimante de l'accueil est hors ligne depuis la mise à jour de février",
    "Impossible d'accéder à la boîte partagée de la comptabilité depuis ce matin",
    "Le poste de l'infirmière ne démarre plus après la coupure d'électricité d'hier",
    "Messagerie bloquée : « mot de passe expiré », et le téléphone n'affiche rien",
    "Connexion au réseau privé très lente à l'agence de Besançon, même câblé",
    "Écran noir à l'ouverture de la session, où que l'employé se connecte",
    "Не работает принтер в бухгалтерии на втором этаже после обновления Windows",
    "Почта не приходит с утра у всего отдела продаж, в том числе на телефоны",
    "Нет доступа к общей папке «Договоры» после смены пароля в понедельник",
    "Учётная запись заблокирована, пользователь не может войти в систему",
    "VPN отключается каждый час, переподключение помогает на несколько минут",
    "Größe des Postfachs überschritten: Frau Müller kann keine Anhänge verschicken",
    "Drucker im Büro des Geschäftsführers druckt nur noch Hieroglyphen",
    "Nie można się zalogować do zdalnego pulpitu po zmianie hasła w piątek",
    "La contraseña caducó y el usuario no recibe el código en el móvil",
    "会議室のプロジェクターが朝から映らず、ケーブルを交換しても直りません",
    "الطابعة في مكتب الاستقبال لا تعمل منذ تحديث النظام صباح اليوم",
    "Teams: nobody hears me 🎧 since this morning — “device not found”, café Wi-Fi",
    "The printer at reception prints nothing but blank pages since the update of this morning",
    "Short",
    "What does =?utf-8?q?Bo=C3=AEte?= mean in a subject?",
    "C:\\Users\\Public\\Documents\\A_path_of_more_characters_than_a_line_of_a_header_ought_to_have.accdb",
)
TITLES = ("Help needed", "Claimed by Zoë Łukasiewicz", "Reassigned to Jörg", "Back in the queue", "Ça coince")
SUBJECTS = [f"{title}: {problem}" for title in TITLES for problem in PROBLEMS]


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as running:
        yield running


def _arrive(mailbox: Mailbox, subjects: list[str]) -> list[bytes]:
    """Send an e-mail with each subject, and return the headers that the mail server was given."""
    desk = Settings(
        smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_sender="desk@flowpilot.example"
    )
    del mailbox.raw[:]

    async def send() -> None:
        for subject in subjects:
            message = Message(subject, "It does not matter.")
            letter = mail.compose_email(
                desk, "jo@x.example", message, None, message_id=new_id(), thread=None, at=now()
            )
            await mail.send(desk, letter)

    asyncio.run(send())
    return [raw.partition(b"\r\n\r\n")[0] + b"\r\n" for raw in mailbox.raw]


def _subject(head: bytes) -> bytes:
    """The received subject, with its lines unfolded."""
    [found] = [line for line in head.replace(b"\r\n ", b" ").split(b"\r\n") if line.startswith(b"Subject: ")]
    return found.removeprefix(b"Subject: ")


def _holds(mailbox: Mailbox, subjects: list[str]) -> None:
    heads = _arrive(mailbox, subjects)
    by_the_old_reader = [str(make_header(decode_header(_subject(head).decode("ascii")))) for head in heads]
    assert by_the_old_reader == subjects
    assert [letter["Subject"] for letter in mailbox.letters[-len(subjects) :]] == subjects
    for head in heads:
        assert max(map(len, head.split(b"\r\n"))) <= 78, head
        assert all(len(word) <= 75 for word in _subject(head).split(b" ") if word.startswith(b"=?")), head


def test_natural_subjects_arrive_as_they_were_written(mailbox: Mailbox) -> None:
    _holds(mailbox, SUBJECTS)


# A line holds what `tidy` makes of any text, as all subjects are made.
LINES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(lambda text: tidy(text, 240))
WORDS = st.lists(st.text("aéж日 =?_-:,\"'", min_size=1, max_size=20), max_size=20).map(
    lambda words: tidy(" ".join(words), 240)
)


@settings(max_examples=40)
@given(st.lists(LINES | WORDS, min_size=1, max_size=5))
def test_any_subject_arrives_as_it_was_written(mailbox: Mailbox, subjects: list[str]) -> None:
    _holds(mailbox, subjects)
