"""A private PostgreSQL cluster on a free port of the loopback, with one database for whoever asks."""

import glob
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile

from addresses import free_port

MEMORY = ["-c", "shared_buffers=64MB", "-c", "max_connections=200"]


def binaries():
    """The folder of the newest PostgreSQL server programs, which Debian keeps off the PATH."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
    found = shutil.which("initdb")
    return folders[-1] if folders else found and os.path.dirname(os.path.realpath(found))


class Cluster:
    """A running cluster. PostgreSQL refuses to run as root: it then runs as the user `postgres`."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bluebonnet-postgresql-")
        self.port = free_port()
        self.numbers = itertools.count(1)
        self.binaries = binaries()
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", data, "-U", "registry", "--auth=trust", "-E", "UTF8", "--no-sync")
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", f"port={self.port}"]
        self.command = [*self.user, os.path.join(self.binaries, "postgres"), "-D", data, *settings, *MEMORY]
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "30", until_it_succeeds=True)

    def crash(self):
        """Ends the database as a power cut would, or nearly: without a word to its clients."""
        self._run("pg_ctl", "-D", os.path.join(self.folder, "data"), "stop", "-m", "immediate")
        self.process.wait(timeout=30)

    def new_database(self):
        """The URL of a new, empty database."""
        name = f"registry_{next(self.numbers)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "registry", name)
        return f"postgres://registry@127.0.0.1:{self.port}/{name}"

    def copy_of(self, url):
        """The URL of a copy of a database that nobody uses."""
        name = f"registry_{next(self.numbers)}"
        template = url.rsplit("/", 1)[1]
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "registry", "--template", template, name)
        return f"postgres://registry@127.0.0.1:{self.port}/{name}"

    def execute(self, url, statements):
        """Runs SQL behind the program's back, all of it or nothing."""
        self._run("psql", "--no-psqlrc", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements)

    def stop(self):
        if self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments, until_it_succeeds=False):
        command = [*self.user, os.path.join(self.binaries, program), *arguments]
        while True:
            ran = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
            )
            if ran.returncode == 0:
                return
            if not until_it_succeeds or self.process.poll() is not None:
                raise RuntimeError(f"{program} failed: {ran.stderr or ran.stdout}")
