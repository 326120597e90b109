"""Making a database folder, opening one whose passwords were lost, and why PostgreSQL gave up."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from app.cluster import folders
from app.cluster.configuration import ACCESS, includes
from app.cluster.programs import Account, Programs, run_as
from app.errors import DomainError, Unavailable


def make_cluster(
    folder: Path, password: str, account: Account, programs: Programs, log: Path, *, is_durable: bool
) -> None:
    """Make it beside its final place, so that one cut off half-way is never taken for a whole one."""
    folders.refuse_full_disk(folder.parent, folders.ROOM_FOR_NEW_MB)
    fresh = folder.with_name(folder.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    account.own(fresh, 0o700)
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as secret:
        secret.write(password + "\n")
        secret.flush()
        account.own(Path(secret.name), 0o600)
        made = _initdb(fresh, secret.name, "C.UTF-8", account, programs, is_durable)
        if made.returncode and "locale" in made.stdout:  # a system without C.UTF-8
            made = _initdb(fresh, secret.name, "C", account, programs, is_durable)
    if made.returncode:
        raise startup_failure(made.stdout, folder, log)
    owner = (account.uid, account.gid)
    plain = (fresh / "postgresql.conf").read_text(encoding="utf-8")
    folders.write_private(fresh / "postgresql.conf", plain + includes(), owner)
    folders.write_private(fresh / "pg_hba.conf", ACCESS, owner)
    fresh.rename(folder)


def reset_password(folder: Path, password: str, account: Account, programs: Programs, log: Path) -> None:
    """Give the superuser a new password without a connection, in PostgreSQL's single-user mode."""
    order = f"ALTER ROLE {folders.SUPERUSER} PASSWORD '{password}'\n"
    alone = [programs.path("postgres"), "--single", "-D", str(folder), "postgres"]
    done = run_as(account, alone, input=order, stdin=None)
    if done.returncode:
        raise startup_failure(done.stdout, folder, log)


def startup_failure(output: str, folder: Path, log: Path) -> DomainError:
    """A sentence for what PostgreSQL wrote when it gave up."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return folders.disk_full(folder)
    telling = [line for line in output.splitlines() if "FATAL" in line or "PANIC" in line or "error" in line]
    last = (telling or output.strip().splitlines() or ["?"])[-1]
    return Unavailable(
        "database_failed",
        "数据库没有启动：%(reason)s（详情见 %(log)s）。 The database did not start: %(reason)s (see %(log)s).",
        reason=last.strip(),
        log=log,
    )


def _initdb(
    folder: Path, password_file: str, locale: str, account: Account, programs: Programs, is_durable: bool
) -> subprocess.CompletedProcess[str]:
    command = [programs.path("initdb"), "--pgdata", str(folder), "--username", folders.SUPERUSER]
    command += ["--pwfile", password_file, "--auth", "scram-sha-256", "--data-checksums"]
    command += ["--encoding", "UTF8", "--locale", locale]
    return run_as(account, command + ([] if is_durable else ["--no-sync"]))
