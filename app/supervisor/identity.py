"""Who the embedded servers run as: PostgreSQL refuses root, and a container may be nothing else."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.supervisor.failures import SupervisorFailed

NOBODY = 65534
ROOT = 0
# Inside this namespace the caller is nobody; outside, and on disk, it stays who it is.
AS_NOBODY = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@dataclass(frozen=True)
class Identity:
    """A prefix for commands, and the user and group that must own their files (None: as it is)."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def give(self, folder: Path) -> None:
        """Hands the folder and all in it to the identity."""
        if self.owner is None:
            return
        os.chown(folder, *self.owner)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(os.path.join(parent, name), *self.owner, follow_symlinks=False)


def identity_for(folder: Path, probe: Sequence[str]) -> Identity:
    """The identity that may use `folder` and run `probe`, a harmless command of the server.

    An ordinary user is itself. Root becomes whoever owns the folder already, so that a folder made
    by a user stays usable by that user; a folder of root's is used from a user namespace, which
    leaves the files root's, or where namespaces are forbidden is handed over to nobody.
    """
    status = folder.stat()
    if os.geteuid() == ROOT:
        candidates = list(_for_root(status.st_uid, status.st_gid))
    elif status.st_uid == os.geteuid():
        candidates = list(_named(Identity(), status.st_uid))
    else:
        raise SupervisorFailed(
            f"{folder} belongs to another user (number {status.st_uid}). "
            "Run as that user, or set HOLDFAST_DATA to a folder of your own."
        )
    for candidate in candidates:
        tried = subprocess.run([*candidate.prefix, *probe], capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    raise SupervisorFailed(
        "PostgreSQL must run as a user who is not root and has a name, and none could be had: "
        f"{tried.stderr.decode(errors='replace').strip()}. Run as an ordinary user instead."
    )


def _for_root(user: int, group: int) -> Iterator[Identity]:
    if user == ROOT:
        yield Identity(AS_NOBODY)
        user, group = NOBODY, NOBODY
    become = ("setpriv", "--reuid", str(user), "--regid", str(group), "--clear-groups")
    # With this capability the server also reaches a project below a folder like /root, and the
    # flag makes access(2), by which PostgreSQL looks for its own programs, respect it.
    reach = (
        "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override",
        "--securebits", "+no_setuid_fixup",
    )  # fmt: skip
    yield from _named(Identity((*become, *reach, "--"), (user, group)), user)
    yield from _named(Identity((*become, "--"), (user, group)), user)


def _named(identity: Identity, user: int) -> Iterator[Identity]:
    """The identity, called nobody when it has no name of its own, as initdb insists on a name."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        yield replace(identity, prefix=(*identity.prefix, *AS_NOBODY))
    else:
        yield identity
