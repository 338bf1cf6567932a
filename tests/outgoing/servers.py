"""Servers that the tests start: receivers of webhooks, mail servers, and ports where nobody listens."""

import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from flowpilot.clock import now


@dataclass(frozen=True)
class Received:
    """One received request, with header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A receiver of webhooks on this machine. It gives the planned answers in turn, and then 200.

    `meanwhile` is called while a request waits for its answer.
    """

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    hangs: bool = False
    meanwhile: Callable[[], None] = lambda: None
    stopped: threading.Event = field(default_factory=threading.Event)

    def will_answer(self, *statuses: int, **headers: str) -> None:
        """Plan answers."""
        self.answers.extend((status, headers) for status in statuses)

    def url(self, host: str = "127.0.0.1", scheme: str = "http") -> str:
        """An address of this receiver, with a secret in its path and query."""
        return f"{scheme}://{host}:{self.port}/services/T0/SECRETPATH?key=SECRETQUERY"


@contextmanager
def receiver(port: int = 0, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that runs for as long as the context lasts."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.requests.append(Received(self.path, headers, body))
            state.meanwhile()
            if state.hangs:
                state.stopped.wait()
                return
            status, more = state.answers.popleft() if state.answers else (200, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server on this machine. It refuses with `refusal`, if there is one, or takes what comes.

    `meanwhile` is called when it has taken a letter.
    """

    port: int = 0
    refusal: str | None = None
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.raw.append(envelope.content)
        self.recipients.extend(envelope.rcpt_tos)
        self.meanwhile()
        return "250 Taken as 4711"


@contextmanager
def mail_server(
    port: int = 0, *, password: str | None = None, tls: ssl.SSLContext | None = None, utf8: bool = True
) -> Iterator[Mailbox]:
    """A mail server that runs for as long as the context lasts; with a password (and TLS), it wants one.

    `utf8`: whether it has SMTPUTF8, without which every address must be ASCII.
    """
    mailbox = Mailbox(port or free_port())

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        mailbox.logins.append((data.login, data.password))
        return AuthResult(success=data.password.decode() == password, handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        tls_context=tls,
        authenticator=check if password else None,
        auth_required=password is not None,
        enable_SMTPUTF8=utf8,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def silence() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def certificates(directory: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A root certificate in a file, and the TLS context of a server of that name."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A root for tests")])

    def signed(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now() - timedelta(hours=1),
            not_valid_after=now() + timedelta(hours=1),
        )
        certificate = builder.add_extension(extension, critical=True).sign(root_key, SHA256())
        return certificate.public_bytes(Encoding.PEM)

    root, chain = directory / "root.pem", directory / "server.pem"
    root.write_bytes(signed(issuer, root_key, x509.BasicConstraints(ca=True, path_length=0)))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    chain.write_bytes(private + signed(subject, key, x509.SubjectAlternativeName([x509.DNSName(name)])))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return root, context
