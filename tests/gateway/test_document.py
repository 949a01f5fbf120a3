"""The first page of the gateway's document, as a new user types it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "gateway.md"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_five_minutes_work(tmp_path: Path) -> None:
    """Every command of the section works in its order, and shows what the text says; installing is left out."""
    section = DOCUMENT.read_text().partition("## Five minutes")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.MULTILINE)
    script = "\n".join(textwrap.dedent(block) for block in blocks)
    assert "pip install" in script
    script = script.partition("mkdir lab && cd lab\n")[2]
    for port in ("5000", "8773", "8774"):
        assert f":{port}" in script
    moto, gateway, admin = (str(free_port()) for _ in range(3))
    listening = f"--region us-east-1 --listen 127.0.0.1:{gateway} --admin 127.0.0.1:{admin}"
    script = script.replace("5000", moto).replace("8773", gateway).replace("8774", admin)
    script = script.replace("--region us-east-1", listening)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull}
    with (tmp_path / "shown").open("w") as shown:
        shell = subprocess.Popen(
            ["bash", "-euc", script], cwd=tmp_path, env=environment, stdout=shown, stderr=shown, start_new_session=True
        )
        try:
            status = shell.wait(180)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    text = (tmp_path / "shown").read_text()
    assert status == 0, text
    assert '"Arn": "arn:aws:iam::111122223333:user/alice"' in text
    assert re.search(r'^ *"i-[0-9a-f]+"$', text, re.MULTILINE), text
    assert "(UnauthorizedOperation)" in text and "EXPLICIT_DENY" in text
    assert re.search(r"sid\W+Small", text), text
