#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""--web-config: TLS, certificates of clients, and users.  A wrong file is refused by a
message of one line with the place of the mistake."""

import base64
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
from exporter import BUILD, EXITLEDGER, Exporter  # noqa: E402
from tap import done, ok  # noqa: E402

# Old versions of TLS are tried on purpose.
warnings.simplefilter("ignore", DeprecationWarning)
DIRECTORY = tempfile.TemporaryDirectory(prefix="web-")
# bcrypt hashes of "secret" and "über pass:word" at the least cost.
SECRET = "$2b$04$IW5PefrstR1iVcWxfOSg8OalAeXU6cq.t3SnC7.u0I9FtacBFfk4y"
ODD = "$2b$04$U7MSKcKPd8qAQkzpPDTFKOMJQdqP3hn6EGDUgjB7QqkZ0Yn3p0kvK"
TLS = "tls_server_config:\n  cert_file: host.crt\n  key_file: host.key\n"
CLIENTS = TLS + ("  client_auth_type: RequireAndVerifyClientCert\n"
                 "  client_ca_file: ca.crt\n")
USERS = f"basic_auth_users:\n  alice: {SECRET}\n  'bob ü': \"{ODD}\"\n"


def path(name):
    """Return the path of a file of this test."""
    return os.path.join(DIRECTORY.name, name)


def write(name, text):
    """Write a file of this test, and return its path."""
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)
    return path(name)


def openssl(*argv):
    """Run openssl, which must succeed."""
    subprocess.run(["openssl", *argv], check=True, cwd=DIRECTORY.name,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(name, purpose, ca="ca"):
    """Make a key and a certificate for this purpose, signed by an authority."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    write("extensions", f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={purpose}\n"
          "keyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", f"{name}.crt")


def authority(name):
    """Make the key and the certificate of an authority."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2", "-subj", f"/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign")


def context(client=None, version=None):
    """Return a client's TLS context, with this certificate, and for only this version."""
    made = ssl.create_default_context(cafile=path("ca.crt"))
    made.verify_flags |= ssl.VERIFY_X509_STRICT  # Python's default from 3.13 on
    made.minimum_version = version or ssl.TLSVersion.TLSv1_2
    if version:
        made.maximum_version = version
        # Allow old versions here, as the server is to refuse them.
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
    if client:
        made.load_cert_chain(path(f"{client}.crt"), path(f"{client}.key"))
    return made


def basic(user, password):
    """Return the header that names a user and a password."""
    return {"Authorization": "Basic " + base64.b64encode(
        f"{user}:{password}".encode()).decode()}


def serving(text):
    """Return an exporter with this configuration."""
    return Exporter("--replay", RUN, "--at-once", "--web-config", write("web.yml", text))


def attempt(exporter, **how):
    """Return the status of the answer, or the name of the error if there is no answer."""
    try:
        return exporter.ask(**how)[0]
    except (OSError, ssl.SSLError) as error:
        return type(error).__name__


def the_tls():
    """The server has a certificate."""
    with serving(TLS) as exporter:
        ok("TLS: scraped", exporter.ask(tls=context())[0] == 200)
        ok("TLS: 1.2 and 1.3", [attempt(exporter, tls=context(version=version)) for version in
                                (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)] == [200, 200])
        ok("TLS: no older version", attempt(
            exporter, tls=context(version=ssl.TLSVersion.TLSv1_1)) != 200)
        ok("TLS: no answer without TLS", attempt(exporter) != 200)
        silent = [socket.create_connection(("127.0.0.1", exporter.port)) for _ in range(100)]
        for one in silent[::2]:
            # Send only the beginning of a client's first message.
            one.send(b"\x16\x03\x01\x02\x00\x01")
        ok("TLS: scrapes are answered while a hundred clients stop in the handshake",
           [exporter.ask(tls=context())[0] for _ in range(3)] == [200] * 3)
        for one in silent:
            one.close()
    with serving(TLS + "  min_version: TLS13\n") as exporter:
        ok("min_version TLS13: 1.3 alone", [
            attempt(exporter, tls=context(version=version)) == 200 for version in
            (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)] == [False, True])


def the_clients():
    """The server requires certificates of clients."""
    with serving(CLIENTS) as exporter:
        ok("client: with a certificate", attempt(exporter, tls=context("client")) == 200)
        ok("client: refused without a certificate", attempt(exporter, tls=context()) != 200)
        ok("client: refused with a certificate by another authority",
           attempt(exporter, tls=context("stranger")) != 200)
        ok("client: refused with a certificate for servers",
           attempt(exporter, tls=context("host")) != 200)
        ok("client: /-/healthy, too, is refused without a certificate",
           attempt(exporter, where="/-/healthy", tls=context()) != 200)


def the_users():
    """Users with passwords."""
    with serving(USERS) as exporter:
        status, headers, body = exporter.ask()
        ok("user: a client without a password is asked for one",
           status == 401 and headers["WWW-Authenticate"] == 'Basic realm="exitledger"'
           and b"exits" not in body, (status, headers))
        ok("user: the right password", exporter.ask(**basic("alice", "secret"))[0] == 200)
        ok("user: another user, with unusual letters",
           exporter.ask(**basic("bob ü", "über pass:word"))[0] == 200)
        ok("user: / and missing pages need a password, too", [
            exporter.ask(where, **head)[0] for head in ({}, basic("alice", "secret"))
            for where in ("/", "/x")] == [401, 401, 200, 404])
        ok("user: /-/healthy needs no password", exporter.ask("/-/healthy")[0] == 200)
        for name, header in (
            ("another password", basic("alice", "Secret")),
            ("another's password", basic("alice", "über pass:word")),
            ("an empty password", basic("alice", "")),
            ("no such user", basic("carol", "secret")),
            ("no name", basic("", "secret")),
            ("a hash", basic("alice", SECRET)),
            ("a longer password", basic("alice", "secretx")),
        ):
            time.sleep(1.1)
            ok(f"user: {name}: 401", exporter.ask(**header)[0] == 401)
            ok(f"user: {name}: once more at once: 429", exporter.ask(**header)[0] == 429)
            ok("user: a right password meanwhile is accepted",
               exporter.ask(**basic("alice", "secret"))[0] == 200)
        for text in ("Basic", "Basic ", "Basic !!!", "Bearer x", "Basic YWxpY2U=", "basic",
                     "Basic " + "A" * 3000, "Digest username=x", "Basic YWxpY2U6c2VjcmV0AA=="):
            ok(f"Authorization: {text[:30]}: refused",
               exporter.ask(Authorization=text)[0] in (401, 429))
        ok("user: basic in small letters", exporter.ask(
            Authorization=basic("alice", "secret")["Authorization"].replace("B", "b", 1))[0] == 200)


def hurry():
    """Wrong passwords neither keep the processor busy nor lock out other users."""
    slow = SECRET.replace("$04$", "$09$")
    with serving(f"basic_auth_users:\n  alice: {SECRET}\n  bob: {slow}\n") as exporter:
        ok("wrong passwords: the right one is accepted first",
           exporter.ask(**basic("alice", "secret"))[0] == 200)
        begin, statuses = time.monotonic(), []
        while statuses.count(429) < 50 and time.monotonic() < begin + 60:
            statuses.append(exporter.ask(**basic("bob", f"x{len(statuses)}"))[0])
            statuses.append(exporter.ask(**basic("alice", "secret"))[0])
        seconds = time.monotonic() - begin
        ok("wrong passwords: no more than one a second is checked",
           statuses.count(401) <= seconds + 1 and statuses.count(429) == 50, (seconds, {
               status: statuses.count(status) for status in set(statuses)}))
        ok("wrong passwords: the right one is accepted each time", set(statuses[1::2]) == {200})


# Wrong configurations: the text, the line of the mistake, and words of the message.
WRONG = (
    ("x: 1\n", 1, "not known"),
    (TLS + "http_server_config:\n  http2: true\n", 4, "not known"),
    (TLS + "  cipher_suites: [x]\n", 4, "one word"),
    (TLS + "  cipher_suites: x\n", 4, "not known"),
    (TLS + "  max_version: TLS13\n", 4, "not known"),
    (TLS + "  min_version: TLS11\n", 4, "TLS12"),
    (TLS + "  client_auth_type: RequestClientCert\n", 4, "RequireAndVerifyClientCert"),
    (TLS + "  client_auth_type: RequireAndVerifyClientCert\n", 2, "need each other"),
    (TLS + "  client_ca_file: ca.crt\n", 2, "need each other"),
    (TLS + "  cert_file: host.crt\n", 4, "twice"),
    (TLS + TLS, 4, "twice"),
    ("tls_server_config:\n  cert_file: host.crt\n", 2, "key_file"),
    ("tls_server_config: {}\n", 1, "cert_file"),
    ("tls_server_config: x\n", 1, "keys"),
    ("tls_server_config: [x]\n", 1, "keys"),
    ("- x\n", 1, "keys"),
    ("x\n", 1, "keys"),
    ("tls_server_config:\n\tcert_file: x\n", 2, "YAML"),
    ("{\n", 2, "YAML"),
    ("? [a]\n: b\n", 1, "word"),
    ("basic_auth_users:\n  alice: secret\n", 2, "bcrypt"),
    ("basic_auth_users:\n  alice:\n", 2, "bcrypt"),
    ("basic_auth_users:\n  alice: [x]\n", 2, "bcrypt"),
    (f"basic_auth_users:\n  alice: {SECRET}x\n", 2, "bcrypt"),
    (f"basic_auth_users:\n  alice: {SECRET[:-1]}!\n", 2, "bcrypt"),
    (f"basic_auth_users:\n  alice: {SECRET.replace('$04', '$15')}\n", 2, "cost"),
    (f"basic_auth_users:\n  alice: {SECRET.replace('$2b', '$2x')}\n", 2, "bcrypt"),
    (f"basic_auth_users:\n  'al:ice': {SECRET}\n", 2, "colon"),
    (f"basic_auth_users:\n  '': {SECRET}\n", 2, "empty"),
    (USERS + f"  alice: {SECRET}\n", 4, "twice"),
)


def the_mistakes():
    """Wrong files are refused."""
    def refused(name, *said):
        result = subprocess.run(
            [EXITLEDGER, "export", "--replay", RUN, "--web-config", path("web.yml"), "--listen",
             f"unix:{path('socket')}"], check=False, capture_output=True, text=True, timeout=60)
        ok(name, result.returncode == 3 and result.stderr.count("\n") == 1 and
           all(word in result.stderr for word in said), (result.returncode, result.stderr, said))

    for text, line, word in WRONG:
        write("web.yml", text)
        refused(f"{text!r}: line {line}: {word}", f"web.yml:{line}:", word)
    for text, *said in (
        (TLS.replace("host.crt", "nonesuch"), "nonesuch", "No such file"),
        (TLS.replace("host.key", "web.yml"), "cannot serve"),
        (TLS.replace("host.key", "client.key"), "cannot serve"),
        (TLS.replace("host.crt", "x" * 5000), "too long"),
        ("#" * (1 << 20) + "\n", "larger than 1 MiB"),
    ):
        write("web.yml", text)
        refused(f"{text[:60]!r}: {said[0][:20]}", *said)
    os.remove(path("web.yml"))
    refused("no file", "web.yml", "No such file")
    for text in ("", "# nothing\n", "basic_auth_users:\n", "---\n{}\n"):
        with serving(text) as exporter:
            ok(f"{text!r}: needs no password", exporter.ask()[0] == 200)


RUN = path("run.exits")
subprocess.run([f"{BUILD}/tests/fleet_demo", RUN, "3"], check=True)
os.chmod(DIRECTORY.name, 0o755)
authority("ca")
authority("other")
certificate("host", "serverAuth")
certificate("client", "clientAuth")
certificate("stranger", "clientAuth", "other")
the_tls()
the_clients()
the_users()
hurry()
the_mistakes()
done()
