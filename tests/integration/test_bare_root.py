"""Locale, users, names of hosts, terminals and certificates in a root directory without /etc."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest

from factory.verify.interpreter import Interpreter, Outcome
from tests.integration.test_single import alone as alone  # the fixture

pytestmark = pytest.mark.build

TESTS = Path(__file__).parents[1]


def run(python: Interpreter, program: str, **environment: str) -> Outcome:
    return python.run("-c", program, environment=environment)


def said(python: Interpreter, program: str, **environment: str) -> str:
    outcome = run(python, program, **environment)
    assert outcome.stderr == ""
    return outcome.expect(program)


@pytest.mark.parametrize(
    "environment",
    [{}, {"LANG": "C"}, {"LC_ALL": "de_DE.UTF-8"}, {"LC_ALL": "no such locale"}, {"LC_ALL": ""}],
    ids=str,
)
def test_text_is_utf_8(alone: Interpreter, environment: dict[str, str]) -> None:
    """musl knows no other encoding, whatever the environment says."""
    program = (
        "import locale, sys\n"
        "print(sys.getfilesystemencoding(), locale.getpreferredencoding(), sys.stdout.encoding)\n"
        "open('/tmp/ünd ねこ', 'w').write('ねこ'); print(open('/tmp/ünd ねこ').read())\n"
        "print(ascii(sys.argv[0]))"
    )
    lines = said(alone, program, **environment).splitlines()
    assert {name.lower() for name in lines[0].split()} == {"utf-8"}
    assert lines[1:] == ["ねこ", "'-c'"]


def test_utf_8_mode(alone: Interpreter) -> None:
    program = "import sys; print(sys.flags.utf8_mode)"
    assert said(alone, program, LC_ALL="C") == "1\n"
    assert said(alone, program, LC_ALL="C.UTF-8") == "0\n"
    assert said(alone, program, LC_ALL="C.UTF-8", PYTHONUTF8="1") == "1\n"


def test_bytes_that_are_no_utf_8_survive(alone: Interpreter) -> None:
    program = (
        "import os, sys\n"
        "name = os.fsdecode(b'/tmp/\\xff'); open(name, 'w').close()\n"
        "print(os.listdir(b'/tmp'), os.path.exists(name))"
    )
    assert said(alone, program) == "[b'\\xff'] True\n"


def test_users(alone: Interpreter) -> None:
    """There is no /etc/passwd: the environment counts, else a KeyError or OSError says why."""
    program = "import getpass; print(getpass.getuser())"
    assert said(alone, program, LOGNAME="somebody") == "somebody\n"
    outcome = run(alone, program)
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[-1].startswith(("OSError: No username set", "KeyError: "))
    outcome = run(alone, "import pwd; pwd.getpwuid(0)")
    assert outcome.stderr.splitlines()[-1] == "KeyError: 'getpwuid(): uid not found: 0'"


def test_home_directories(alone: Interpreter) -> None:
    program = "import os, pathlib; print(os.path.expanduser('~/x'), os.path.expanduser('~no/x'))"
    assert said(alone, program, HOME="/home/me") == "/home/me/x ~no/x\n"
    program = "import os; del os.environ['HOME']; print(os.path.expanduser('~/x'))"
    assert said(alone, program) == "~/x\n"
    outcome = run(alone, "import os, pathlib; del os.environ['HOME']; pathlib.Path.home()")
    assert outcome.stderr.splitlines()[-1] == "RuntimeError: Could not determine home directory."


def test_names_of_hosts(alone: Interpreter) -> None:
    program = (
        "import socket\n"
        "print(sorted({a[4][0] for a in socket.getaddrinfo('localhost', 80)}))\n"
        "print(socket.gethostbyname('localhost'))"
    )
    addresses, address = said(alone, program).splitlines()
    assert "127.0.0.1" in addresses
    assert address == "127.0.0.1"
    outcome = run(alone, "import socket; socket.getaddrinfo('no.such.host.invalid', 80)")
    assert outcome.returncode == 1
    last = outcome.stderr.splitlines()[-1]
    assert last.startswith("socket.gaierror: ")
    assert "resolve" in last or "Try again" in last


def test_a_terminal_nobody_knows(alone: Interpreter) -> None:
    """A wrong TERMINFO does no harm; an unknown TERM is an error that says so."""
    program = "import curses; curses.setupterm('xterm', 1); print(curses.tigetnum('colors'))"
    assert said(alone, program, TERMINFO="/nowhere") == "8\n"
    program = "import curses; curses.setupterm('no-such-terminal', 1)"
    outcome = run(alone, program, TERMINFO="/nowhere")
    assert outcome.stderr.splitlines()[-1].startswith("_curses.error: setupterm: could not find")


def test_a_trust_store_that_cannot_be_read(alone: Interpreter, tmp_path: Path) -> None:
    """The host's: those inside are used. The user's: a warning, and none is trusted."""
    store = tmp_path / "root" / "etc/ssl/certs/ca-certificates.crt"
    store.parent.mkdir(parents=True)
    store.touch(mode=0)
    become = "import os; os.setuid(65534); " if os.geteuid() == 0 else ""
    program = f"{become}import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 100)"
    assert said(alone, program) == "True\n"
    outcome = run(alone, program, SSL_CERT_FILE="/nowhere.pem")
    assert outcome.stdout == "False\n"
    assert "RuntimeWarning: no certificate is trusted from '/nowhere.pem', " in outcome.stderr


def public_chain() -> tuple[bytes, bytes]:
    """Let's Encrypt's YE1 and Root YE as ISRG Root X2 signed it, as DER; until September 2028.

    https://letsencrypt.org/certificates/
    """
    text = (TESTS / "certificates/lets-encrypt-ye1.pem").read_text()
    bodies = re.findall("-BEGIN CERTIFICATE-+(.*?)-+END CERTIFICATE-", text, re.DOTALL)
    issuing, root_by_x2 = (base64.b64decode(body) for body in bodies)
    return issuing, root_by_x2


def said_of_chain(python: Interpreter, *certificates: bytes) -> str:
    program = (TESTS / "programs/present_chain.py").read_text()
    encoded = [base64.b64encode(one).decode() for one in certificates]
    return python.run("-c", program, *encoded).expect("present a chain").strip()


def test_a_public_chain_is_trusted(alone: Interpreter) -> None:
    """A real chain, by Mozilla's certificates, which are inside; damaged or cut, it is not."""
    issuing, root_by_x2 = public_chain()
    assert said_of_chain(alone, issuing, root_by_x2) == "trusted, then: BAD_SIGNATURE"
    damaged = issuing[:-1] + bytes([issuing[-1] ^ 1])
    assert said_of_chain(alone, damaged, root_by_x2) == "refused: certificate signature failure"
    unknown = "refused: unable to get local issuer certificate"
    assert said_of_chain(alone, issuing) == unknown
