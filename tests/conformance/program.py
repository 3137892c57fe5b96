"""The program under test: started, stopped, killed and started again on one database."""

import datetime
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from addresses import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("BLUEBONNET_BINARY", str(REPOSITORY / "target" / "debug" / "bluebonnet"))
START_SECONDS_MAXIMUM = 180


class Program:
    """A registry with one organization and one account of the web service: new, or a copy of one that is not running."""

    def __init__(self, profile, database=None, like=None):
        self.folder = tempfile.mkdtemp(prefix="bluebonnet-")
        self.port = free_port()
        self.options = ["--data", self.folder, "--profile", str(REPOSITORY / "profiles" / f"{profile}.toml")]
        if database:
            self.options += ["--database", database]
        self.serving = []
        #: A command through which the program is started, as into a namespace.
        self.inside = []
        #: Set for the server alone, not for commands.
        self.environment = {}
        self.log = []
        self.process = None
        #: The clock of a rehearsal, for the server and for commands.
        self.clock = {}
        self.binary = BINARY
        if like:
            shutil.copytree(like.folder, self.folder, dirs_exist_ok=True)
            self.account = like.account
        else:
            self.command("migrate")
            self.account = self.new_account("CLINIC", "A clinic")

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def new_account(self, code, name, parent=None):
        """Adds an organization and an account that speaks for it."""
        below = ["--parent", parent] if parent else []
        self.command("organization", "add", code, name, "--kind", "clinic", *below)
        made = json.loads(self.command("account", "add", f"{code.lower()}-ehr", "--organization", code, "--json"))
        return {"username": made["user"], "password": made["password"], "facility": code}

    def run(self, *arguments):
        """Runs a command of the program on this registry."""
        command = [*self.inside, self.binary, *arguments, *self.options]
        environment = {**os.environ, **self.clock}
        return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)

    def command(self, *arguments, check=True):
        """Runs a command and gives what it printed."""
        ran = self.run(*arguments)
        if check and ran.returncode != 0:
            raise RuntimeError(f"bluebonnet {' '.join(arguments)} ended with {ran.returncode}: {ran.stderr}")
        return ran.stdout

    def json(self, *arguments, check=True):
        """The same, of a command that prints JSON."""
        return json.loads(self.command(*arguments, check=check))

    def show(self, instant, speed=1):
        """From now on the clock of whatever is started shows this instant, and runs so many times as fast."""
        real = datetime.datetime.now(datetime.timezone.utc)
        self.clock = {"BLUEBONNET_REHEARSAL_CLOCK": f"{instant},{real.isoformat()},{speed}"}

    def start(self, *more, launcher=(), **how):
        """Starts the program; `launcher` and `how` are for whoever starts it otherwise than by its name alone."""
        serve = [self.binary, "serve", *self.options, "--http", f"127.0.0.1:{self.port}", *self.serving, *more]
        command = [*self.inside, *launcher, *serve, "--log", "json"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **self.clock, **self.environment}, **how,
        )  # fmt: skip
        is_listening = threading.Event()
        threading.Thread(target=self._keep_log, args=(self.process.stdout, is_listening), daemon=True).start()
        if not is_listening.wait(START_SECONDS_MAXIMUM) or self.process.poll() is not None:
            raise RuntimeError("the server did not start:\n" + "".join(self.log[-20:]))
        return self

    def hand_over(self, roles):
        """Starts a program with these roles that takes the ports over; returns when the one before has ended well."""
        before = self.process
        self.serving[self.serving.index("--roles") + 1] = roles
        self.start("--take-over")
        code = before.wait(timeout=60)
        assert code == 0, f"the program before ended with {code}:\n" + "".join(self.log[-20:])

    def _keep_log(self, lines, is_listening):
        for line in lines:
            self.log.append(line)
            if re.search(r"^listening http://", line):
                is_listening.set()
        is_listening.set()

    def kill(self):
        """Ends the server as a power cut would: it gets no chance to do anything."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the server as an operator would; gives its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
