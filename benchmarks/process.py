"""A process that answers lines of JSON: one line in, one line out, and nothing it does takes longer than allowed.

Its first line is ``{"ready": {...versions}}``.  Whoever crashes, hangs or says something else is ended.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

STARTUP_SECONDS = 60.0
LONGEST_LINE = 4 << 20


class FaultError(Exception):
    """A process that crashed, hung or answered something else; ``kind`` is what is counted."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind


class LineProcess:
    """A process, started when it is first asked, and anew after a fault.

    Attributes
    ----------
    versions : mapping
        What the process said that it runs.
    """

    def __init__(self, command: Sequence[str], *, startup_seconds: float = STARTUP_SECONDS) -> None:
        self.command = list(command)
        self.startup_seconds = startup_seconds
        self.versions: Mapping[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: Any = None
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def exchange(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Write a line and read one, both before the time is over.

        Raises
        ------
        FaultError
            No line of JSON in time; the process is ended, and the next question starts another.
        """
        try:
            if self._process is None:
                self._start()
            return self._exchange(json.dumps(question).encode() + b"\n", seconds)
        except FaultError:
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        process, self._process, self._unread = self._process, None, b""
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _start(self) -> None:
        # Errors go to a file: a pipe that nobody empties would block a talkative rival.
        self._errors = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
            )
        except OSError as error:
            raise FaultError("cannot be started", str(error)) from None
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        ready = self._exchange(b"", self.startup_seconds).get("ready")
        if not isinstance(ready, dict):
            raise FaultError("wrong answer", "its first line is not `ready`")
        self.versions = ready

    def _exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        """Write a line and read one, both before the time is over."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if line:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            while b"\n" not in self._unread:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise FaultError("timeout", f"no answer within {seconds:g} s")
                for key, _ in selector.select(left):
                    if key.fileobj is process.stdin:
                        line = self._write(process.stdin.fileno(), line)
                        if not line:
                            selector.unregister(process.stdin)
                    else:
                        self._read(process.stdout.fileno())
        own, _, self._unread = self._unread.partition(b"\n")
        try:
            answer = json.loads(own)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise FaultError("wrong answer", f"a line that is no JSON object: `{_show(own)}`")
        return answer

    def _write(self, pipe: int, line: bytes) -> bytes:
        try:
            return line[os.write(pipe, line) :]
        except BrokenPipeError:
            raise FaultError("crash", self._last_words()) from None

    def _read(self, pipe: int) -> None:
        chunk = os.read(pipe, 1 << 16)
        if not chunk:
            raise FaultError("crash", self._last_words())
        self._unread += chunk
        if len(self._unread) > LONGEST_LINE:
            raise FaultError("wrong answer", f"a line longer than {LONGEST_LINE} bytes")

    def _last_words(self) -> str:
        """Return how a process ended: its exit code and the last line that it wrote to standard error."""
        assert self._process is not None
        try:
            code: object = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = "none"
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 4096))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"exit code {code}" + (f", `{_show(lines[-1].encode())}`" if lines else "")


def _show(text: bytes) -> str:
    return text[:200].decode("utf-8", "replace")
