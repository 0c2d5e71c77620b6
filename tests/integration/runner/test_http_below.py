"""What goes wrong below HTTP, against real sockets: which side, at what, and what to do about it."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine_stand import Stand
from lacking import lacking
from web_server import Web

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server on the loopback that treats each connection as it is told; gives its port."""
    listening: list[socket.socket] = []

    def start(treat: Callable[[socket.socket], object]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_treated, args=(treat, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in listening:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()


def _treated(treat: Callable[[socket.socket], object], connection: socket.socket) -> None:
    with connection, suppress(OSError):
        treat(connection)


def answers(*parts: bytes, reads: bool = True, stays: bool = False) -> Callable[[socket.socket], None]:
    """Reads the request, sends the parts, and closes, or stays until the other side goes."""

    def treat(connection: socket.socket) -> None:
        if reads:
            connection.recv(65_536)
        for part in parts:
            connection.sendall(part)
        while stays and connection.recv(65_536):
            pass

    return treat


def failure(stand: Stand, url: str, **members: Any) -> tuple[str, str]:
    """Code and message of a step that calls `url`."""
    timeout = {"timeout": members.pop("timeout")} if "timeout" in members else {}
    outcome = stand.run({"name": "call", "http": {"url": url, **members}, **timeout})
    return outcome.error_code or "", (outcome.error_message or "").removeprefix("step call: ")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"


@pytest.mark.parametrize(
    ("treat", "code", "told"),
    [
        (answers(), "connection_broken", "127.0.0.1:PORT ended the connection without an answer, as a port that speaks TLS does"),
        (answers(HEAD, b"\r\nhalf"), "connection_broken", "broke after 4 of 100 bytes of the body"),
        (answers(b"SSH-2.0-OpenSSH_9.6\r\n"), "connection_broken",
         "answered something that is no HTTP, which begins: 'SSH-2.0-OpenSSH_9.6"),
        (answers(b"\x15\x03\x01\x00\x02\x02\x16"), "connection_broken", "127.0.0.1:PORT speaks TLS there: write https://"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none(
    stand: Stand, serve: Serve, treat: Callable[[socket.socket], None], code: str, told: str
) -> None:
    """Each kind has its words, behind method and address."""
    port = serve(treat)

    found, message = failure(stand, f"http://127.0.0.1:{port}/a")

    assert (found, told.replace("PORT", str(port)) in message) == (code, True), message
    assert message.startswith(f"GET http://127.0.0.1:{port}/a: ")


@pytest.mark.parametrize(
    ("treat", "waited_for"),
    [
        (answers(stays=True), "the first byte of the answer"),
        (answers(b"HTTP/1.1 200 OK\r\n", stays=True), "the first byte of the answer"),
        (answers(HEAD, b"\r\n", stays=True), "the body"),
        (answers(HEAD, b"\r\nhalf", stays=True), "the body"),
        (
            answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x" * 70_000, stays=True),
            "the rest of the body, of which 65536 bytes came",
        ),
    ],
)
def test_a_timeout_says_what_was_waited_for(
    stand: Stand, serve: Serve, treat: Callable[[socket.socket], None], waited_for: str
) -> None:
    """With method, address and for how long, and which timeout it was."""
    url = f"http://127.0.0.1:{serve(treat)}/a"

    code, message = failure(stand, url, method="POST", timeout="400ms")

    assert code == "timeout"
    told = rf"POST {re.escape(url)}: waited 0\.[0-9] s for {waited_for}; no result within its timeout of 400ms"
    assert re.fullmatch(told, message), message


def test_a_timeout_in_the_tls_handshake_says_so(stand: Stand, serve: Serve) -> None:
    """A port that takes the greeting and answers nothing."""
    url = f"https://127.0.0.1:{serve(answers(stays=True))}/a"

    _, message = failure(stand, url, timeout="400ms")

    assert "s for the TLS handshake; no result within its timeout of 400ms" in message


def test_a_timeout_while_it_connects_says_so(stand: Stand) -> None:
    """A port whose queue is full takes no connection."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(4)]
        for each in held:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))

        _, message = failure(stand, f"http://127.0.0.1:{port}/a", timeout="400ms")

        for each in held:
            each.close()
    assert f"s for a connection to 127.0.0.1:{port}; no result within its timeout of 400ms" in message


def test_what_is_around_a_step_may_end_it(stand: Stand, serve: Serve) -> None:
    """The record of the step says what it waited for then, too."""
    url = f"http://127.0.0.1:{serve(answers(stays=True))}/a"
    outcome = stand.run({"name": "call", "http": {"url": url}}, timeout_ms=400)

    message = stand.recorder.last("call").error_message or ""
    assert "s for the first byte of the answer; what is around it had no time left" in message
    told = rf"the flow did not end within its timeout of 400 ms: raise `timeout`, or see step call: GET {re.escape(url)}: waited .* s for the first byte of the answer"
    assert re.fullmatch(told, outcome.error_message or "")


def test_the_timeout_of_a_loop_says_which_step_it_ended(stand: Stand, serve: Serve) -> None:
    """The innermost one, with what it waited for."""
    url = f"http://127.0.0.1:{serve(answers(stays=True))}/a"
    step = {"name": "call", "http": {"url": url}}
    outcome = stand.run({"name": "each", "timeout": "400ms", "forEach": {"items": [1], "steps": [step]}})

    told = rf"step each: step each/0/call: GET {re.escape(url)}: waited .* s for the first byte of the answer; no result within its timeout of 400ms"
    assert re.fullmatch(told, outcome.error_message or ""), outcome.error_message


def test_a_step_that_keeps_no_values_keeps_no_address(stand: Stand, serve: Serve) -> None:
    """Only that its timeout ended it."""
    outcome = stand.run(
        {
            "name": "call",
            "record": "metadata",
            "timeout": "300ms",
            "http": {"url": f"http://127.0.0.1:{serve(answers(stays=True))}/a"},
        },
    )

    assert stand.recorder.last("call").error_message == "no result within its timeout of 300ms"
    assert outcome.error_message == "step call: no result within its timeout of 300ms"


def test_a_flow_that_ends_in_such_a_step_tells_no_address(stand: Stand, serve: Serve) -> None:
    """Only which step it was."""
    url = f"http://127.0.0.1:{serve(answers(stays=True))}/a"
    outcome = stand.run({"name": "call", "record": "none", "http": {"url": url}}, timeout_ms=400)

    assert (outcome.error_message or "").endswith("raise `timeout`, or see step call")


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("http://nobody.invalid/", "dns", "the name nobody.invalid cannot be resolved: check the address and the cluster's DNS"),
        ("https://nöbody.invalid/", "dns", "the name xn--nbody-jua.invalid cannot be resolved"),
        ("http://127.0.0.1:1/", "connect", "no connection to 127.0.0.1:1: Connection refused; check address, port and NetworkPolicy"),
        ("http://[::1]:1/", "connect", "no connection to [::1]:1: "),
        ("http://☃.example/", "invalid_input", "http.url: \"http://☃.example/\" is not an address: a host cannot be called `☃.example`"),
        ("http://a..b/", "invalid_input", "a part between two dots is empty"),
    ],
)  # fmt: skip
def test_where_nobody_answers(stand: Stand, url: str, code: str, told: str) -> None:
    """Names, ports and addresses."""
    found, message = failure(stand, url)

    assert (found, told in message) == (code, True), message


def test_tls_spoken_to_a_plain_port_says_so(stand: Stand, web: Web) -> None:
    """Where the port answers in clear."""
    code, message = failure(stand, web.url.replace("http:", "https:") + "/a")

    assert code == "tls"
    assert "does not speak TLS there" in message
    assert "write http:// for a port without TLS" in message


class Certificates:
    """An authority, and what it signs."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.run(f"req -x509 {_KEY} -days 2 -subj /CN=ca -keyout {place}/ca.key -out {place}/ca.crt")

    def run(self, words: str) -> None:
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)

    def signed(self, name: str, *, days: int = 2, host: str = "DNS:localhost") -> Path:
        """A certificate with its key in one file."""
        file = self.place / name
        subject = f"-subj /CN={name} -addext subjectAltName={host}"
        self.run(f"req {_KEY} {subject} -keyout {file}.key -out {file}.csr")
        authority = f"-CA {self.place}/ca.crt -CAkey {self.place}/ca.key -copy_extensions copy"
        self.run(f"x509 -req -in {file}.csr {authority} -days {days} -out {file}.crt")
        return self.joined(file)

    def alone(self, name: str) -> Path:
        """One that signs itself."""
        file = self.place / name
        self.run(f"req -x509 {_KEY} -subj /CN=localhost -days 2 -keyout {file}.key -out {file}.crt")
        return self.joined(file)

    def joined(self, file: Path) -> Path:
        whole = file.with_suffix(".pem")
        whole.write_text(Path(f"{file}.key").read_text() + Path(f"{file}.crt").read_text())
        return whole


_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of the tests."""
    if shutil.which("openssl") is None:
        lacking("there is no openssl to make a certificate with: `python3 -m testbed packages` installs it")
    return Certificates(tmp_path_factory.mktemp("certificates"))


def secured(pem: Path) -> Callable[[socket.socket], None]:
    """Speaks TLS, and answers one request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def treat(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            encrypted.recv(65_536)
            encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    return treat


@pytest.mark.parametrize(
    ("make", "trusted", "told"),
    [
        (lambda made: made.signed("good"), True, ""),
        (lambda made: made.signed("old", days=-1), True, "it has expired: renew it on the other side"),
        (lambda made: made.signed("other", host="DNS:erp.example"), True, "it is for another name"),
        (lambda made: made.signed("unknown"), False, "its authority is not known here: let the server send its whole chain"),
        (lambda made: made.alone("alone"), False, "it is signed by itself"),
    ],
    ids=["good", "expired", "name", "authority", "self-signed"],
)  # fmt: skip
def test_certificates(
    stand: Stand,
    serve: Serve,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Certificates], Path],
    trusted: bool,
    told: str,
) -> None:
    """What is wrong with one is said, with its cure."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.place / "ca.crt"))
    port = serve(secured(make(certificates)))

    code, message = failure(stand, f"https://localhost:{port}/a")

    assert (code, told in message) == ("tls" if told else "", True), message
    if told:
        assert message.startswith(
            f"GET https://localhost:{port}/a: the certificate of localhost:{port} is not taken for localhost: "
        )


def test_a_certificate_for_a_name_is_not_one_for_an_address(
    stand: Stand, serve: Serve, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked by its number, a server shows a certificate that holds names."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.place / "ca.crt"))
    port = serve(secured(certificates.signed("named")))

    code, message = failure(stand, f"https://127.0.0.1:{port}/a")

    assert (code, "it is for another address" in message) == ("tls", True), message


def test_http_spoken_to_a_tls_port_says_so(stand: Stand, serve: Serve, certificates: Certificates) -> None:
    """Where the port ends the connection without a word."""
    port = serve(secured(certificates.alone("plain")))

    code, message = failure(stand, f"http://127.0.0.1:{port}/a")

    assert code == "connection_broken"
    assert "TLS" in message
    assert "write https://" in message


@pytest.mark.parametrize(
    ("content_type", "body", "quoted"),
    [
        ("application/json", b'{"error": null, "ok": false}', '{"error": null, "ok": false}'),
        ("application/problem+json", b'{"title":"n\xc3\xb6"}', '{"title":"nö"}'),
        ("text/xml; charset=iso-8859-1", b"<e>\xfc</e>", "<e>ü</e>"),
        ("application/soap+xml", b"<e a='1'/>", "<e a='1'/>"),
        ("text/plain", b"\xfc", "ü"),
        ("application/json", b"<html>", "<html>"),
        ("application/json", b'{"echo": "canary-value-of-some-length"}', '{"echo": "***"}'),
    ],
)
def test_a_body_is_quoted_as_it_came(stand: Stand, web: Web, content_type: str, body: bytes, quoted: str) -> None:
    """Not as a value of ours, and masked."""
    web.answer = lambda _: (500, {"Content-Type": content_type}, body)

    outcome = stand.run(
        {"name": "call", "http": {"url": web.url, "connection": "erp"}},
        descriptions={"erp": {"type": "bearer"}},
        fields={"erp": {"token": "canary-value-of-some-length"}},
    )

    assert (outcome.error_message or "").endswith(f"; the body begins: {quoted}")


def test_a_body_that_is_no_text_is_counted(stand: Stand, web: Web) -> None:
    """Nobody reads a picture in a message."""
    web.answer = lambda _: (500, {"Content-Type": "image/png"}, b"\x89PNG\x00\x00")

    _, message = failure(stand, web.url)

    assert message.endswith("; the body is 6 bytes of image/png")
