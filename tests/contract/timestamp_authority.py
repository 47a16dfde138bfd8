"""A time-stamp authority (RFC 3161): `openssl ts -reply` behind a small HTTP
server, with its own root. It misbehaves as it is told. Being nobody's, it proves
that the pieces fit, and nothing of time."""

import contextlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPENSSL_SECONDS = 30
# Longer than the program waits for an answer.
HANG_SECONDS = 40
HUGE_BYTES = 10_000_000
QUESTION_BYTES = 1_000
# Where the hash stands in a question of the program.
IMPRINT = slice(24, 56)

EXTENSIONS = """
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[between]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
[stamps]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""
CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/stamps.pem
signer_key = {folder}/stamps.key
certs = {folder}/between.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {hash}
"""


class Authority:
    """Keys of three levels, and how it behaves. `key` is what `openssl genpkey`
    is asked for; `hash` is what names the certificate in a stamp."""

    def __init__(self, folder: Path, key: str = "RSA", hash: str = "sha256") -> None:
        folder.mkdir()
        self.folder = folder
        self.behaviour = "honest"
        self.asked = 0
        (folder / "extensions").write_text(EXTENSIONS)
        (folder / "configuration").write_text(CONFIGURATION.format(folder=folder, hash=hash))
        (folder / "serial").write_text("01\n")
        issuer = None
        for name in ("root", "between", "stamps"):
            self.make(name, issuer, key)
            issuer = name
        self.root = folder / "root.pem"

    def make(self, name: str, issuer: str | None, key: str) -> None:
        options = {"RSA": ["-pkeyopt", "rsa_keygen_bits:2048"], "EC": ["-pkeyopt", CURVE]}[key]
        at = {part: str(self.folder / f"{name}.{part}") for part in ("key", "csr", "pem")}
        openssl("genpkey", "-algorithm", key, *options, "-out", at["key"])
        subject = f"/C=RU/O=Nobody/CN=Nobody's {name}"
        openssl("req", "-new", "-key", at["key"], "-subj", subject, "-out", at["csr"])
        by = ["-signkey", at["key"]]
        if issuer:
            above = [str(self.folder / f"{issuer}.{part}") for part in ("pem", "key")]
            by = ["-CA", above[0], "-CAkey", above[1], "-set_serial", "0x1001"]
        extensions = ["-extfile", str(self.folder / "extensions"), "-extensions", name]
        valid = ["-days", "3650", "-out", at["pem"]]
        openssl("x509", "-req", "-in", at["csr"], *by, *extensions, *valid)

    def reply(self, question: bytes) -> bytes:
        """What `openssl ts -reply` answers."""
        query, answer = self.folder / "query.tsq", self.folder / "answer.tsr"
        query.write_bytes(question)
        configuration = str(self.folder / "configuration")
        asked = ["-config", configuration, "-queryfile", str(query), "-out", str(answer)]
        # It answers a question that it refuses, too, and ends with 1 then.
        openssl("ts", "-reply", *asked, may_fail=True)
        return answer.read_bytes()

    def answer(self, question: bytes) -> bytes:
        """What this authority answers, honest or not."""
        imprint = question[IMPRINT].hex()
        match self.behaviour:
            case "other nonce":
                return self.reply(self.question(imprint, "-sha256"))
            case "other content":
                return self.reply(question.replace(question[IMPRINT], bytes(32)))
            case "refuses":
                return self.reply(self.question(imprint[:40], "-sha1"))
            case "huge":
                return bytes(HUGE_BYTES)
            case "cut":
                return self.reply(question)[:-1]
            case _:
                return self.reply(question)

    def question(self, digest: str, kind: str) -> bytes:
        query = self.folder / "own.tsq"
        openssl("ts", "-query", "-digest", digest, kind, "-cert", "-out", str(query))
        return query.read_bytes()


CURVE = "ec_paramgen_curve:P-384"


def openssl(*arguments: str, may_fail: bool = False) -> subprocess.CompletedProcess:
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, timeout=OPENSSL_SECONDS
    )
    assert may_fail or done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"
    return done


@contextlib.contextmanager
def listening(authority: Authority, certificate: tuple[Path, Path] | None = None) -> Iterator[str]:
    """The authority on a free port, over TLS where it has a certificate; yields its URL."""
    given_up = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(min(int(self.headers["Content-Length"]), QUESTION_BYTES))
            authority.asked += 1
            if authority.behaviour == "hangs":
                given_up.wait(HANG_SECONDS)
                return
            answer = authority.answer(question)
            is_moved = authority.behaviour == "redirects"
            self.send_response(307 if is_moved else 200)
            if is_moved:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/tsr"
    finally:
        given_up.set()
        server.shutdown()
        server.server_close()
        thread.join()
