"""What a shell does about a job that stops, and no more: it does not touch the terminal's modes itself.

    python supervisor.py COMMAND ARGUMENT ...

starts the command as the terminal's foreground job, says when it stops and which modes the terminal then has, and lets it
go on when a line is entered.
"""

import os
import signal
import subprocess
import sys
import termios


def modes():
    flags = termios.tcgetattr(0)[3]
    return " ".join(name for name in ("ECHO", "ICANON", "ISIG") if flags & getattr(termios, name))


def main():
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # the supervisor is in the background while the job runs

    def in_a_group_of_its_own():
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)

    job = subprocess.Popen(sys.argv[1:], preexec_fn=in_a_group_of_its_own)
    while True:
        _, status = os.waitpid(job.pid, os.WUNTRACED)
        os.tcsetpgrp(0, os.getpgrp())
        if not os.WIFSTOPPED(status):
            sys.exit(os.waitstatus_to_exitcode(status))
        print(f"stopped: {modes()}", flush=True)
        sys.stdin.readline()
        os.tcsetpgrp(0, job.pid)
        os.killpg(job.pid, signal.SIGCONT)


if __name__ == "__main__":
    main()
