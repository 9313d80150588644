"""An ssh server on this machine, with keys that live as long as the tests."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port, wait_for_port

SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/pid
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
"""
CLIENT = """\
Host 127.0.0.1
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
"""


@pytest.fixture(scope="session")
def ssh_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """ssh://USER@127.0.0.1:PORT, for an `ssh` that the fixture puts first in PATH."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    ssh = shutil.which("ssh")
    assert program is not None, "apt-get install openssh-server"
    assert ssh is not None, "apt-get install openssh-client"
    folder, port = tmp_path_factory.mktemp("ssh"), free_port()
    for name in ("host_key", "user_key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    (folder / "server").write_text(SERVER.format(folder=folder, port=port))
    (folder / "client").write_text(CLIENT.format(folder=folder))
    key = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    (folder / "ssh").write_text(f'#!/bin/sh\nexec {ssh} -F {folder}/client "$@"\n')
    (folder / "ssh").chmod(0o755)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [program, "-D", "-e", "-f", str(folder / "server")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as server:
        try:
            wait_for_port(port)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
                yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}"
        finally:
            server.terminate()
