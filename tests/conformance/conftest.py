"""The registries that the tests talk to: one on SQLite, one on a private PostgreSQL cluster."""

import os

import pytest

import postgresql
from program import Program

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def cluster():
    if postgresql.binaries() is None:
        reason = "PostgreSQL is not installed"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    cluster = postgresql.Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def new_program(request):
    """Makes registries, `new_program("example", "sqlite")`, and takes them down at the end."""
    made = []

    def make(profile, database):
        url = request.getfixturevalue("cluster").new_database() if database == "postgresql" else None
        made.append(Program(profile, url))
        return made[-1]

    yield make
    for program in made:
        program.close()


@pytest.fixture(scope="session", params=DATABASES)
def database(request):
    return request.param
