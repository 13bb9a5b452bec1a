"""A pseudo-terminal with the command in it: keys go in, and what a person would see on the screen comes out."""

import os
import pty
import re
import select
import signal
import subprocess
import time

import pyte

from built_command import COMMAND

DEADLINE = 300  # seconds: against waiting for ever
KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "delete": "\x1b[3~",
        "tab": "\t", "enter": "\r", "backspace": "\x7f", "ctrl-a": "\x01", "ctrl-c": "\x03", "ctrl-d": "\x04", "ctrl-e": "\x05",
        "ctrl-k": "\x0b", "ctrl-z": "\x1a", "ctrl-r": "\x12", "ctrl-u": "\x15", "ctrl-w": "\x17", "ctrl-left": "\x1b[1;5D"}


class Terminal:
    """Terminal("repl") runs `fuseval repl` on a terminal of its own. Waits are for output, with a deadline."""

    def __init__(self, *arguments, environment=None, lines=40, columns=100, folder=None, command=(COMMAND,)):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""  # all of it
        controller, terminal = pty.openpty()
        self.file = controller
        self.resize(lines, columns, tell=False)
        variables = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **(environment or {})}
        self.process = subprocess.Popen([*command, *map(str, arguments)], stdin=terminal, stdout=terminal, stderr=terminal,
                                        env=variables, cwd=folder, start_new_session=True, preexec_fn=self._own_terminal)
        os.close(terminal)

    @staticmethod
    def _own_terminal():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C becomes SIGINT for the foreground process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.file)

    def resize(self, lines, columns, tell=True):
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))  # sends SIGWINCH
        if tell:
            self.screen.resize(lines, columns)

    def send(self, text):
        os.write(self.file, text.encode())

    def key(self, *names):
        for name in names:
            self.send(KEYS[name])

    def _read(self, deadline):
        if not select.select([self.file], [], [], max(deadline - time.monotonic(), 0))[0]:
            return False
        try:
            piece = os.read(self.file, 1 << 16)
        except OSError:  # the process has ended
            return False
        self.output += piece
        self.stream.feed(piece)
        return bool(piece)

    def shown(self):
        """Lines of the screen, without blanks at their ends and empty lines at the end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n")

    def cursor_line(self):
        return self.screen.display[self.screen.cursor.y].rstrip()

    def wait(self, condition, what):
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert self._read(deadline) or condition(), f"no {what} in time. The screen:\n{self.shown()}"

    def expect(self, pattern):
        """Until the screen shows it: a regular expression, with ^ and $ at lines' ends."""
        self.wait(lambda: re.search(pattern, self.shown(), re.MULTILINE), repr(pattern))

    def expect_line(self, text):
        """Until the cursor's line is this one."""
        self.wait(lambda: self.cursor_line() == text.rstrip(), f"line {text!r}")

    def expect_prompt(self):
        self.wait(lambda: self.cursor_line() == ">" and self.screen.cursor.x == 2, "prompt")

    def enter(self, text):
        """Types a line at the prompt, and gives what is printed until the next prompt."""
        self.expect_prompt()
        self.screen.reset()  # an empty screen, so that the answer is all that is on it
        self.send(text.replace("\n", "\r") + "\r")
        last = text.split("\n")[-1]
        self.wait(lambda: last in self.shown() and self.cursor_line() == ">" and self.screen.cursor.x == 2
                  and self.screen.cursor.y > 0, f"answer to {text!r}")
        lines = self.shown().split("\n")
        return "\n".join(lines[1:-1])

    def finish(self):
        """Until the process has ended: its exit status."""
        deadline = time.monotonic() + DEADLINE
        while self._read(deadline):
            pass
        return self.process.wait(timeout=DEADLINE)
