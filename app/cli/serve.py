"""`wardmap up`: the database, the web server and the job worker as one thing that starts, heals and stops."""

import errno
import http.client
import os
import socket
import subprocess
import sys
import time
import webbrowser
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from app import db
from app.cli.children import Child, StopSignal, stop_all, trim_log
from app.cli.refusals import in_both_languages, refuse_exposed, refuse_weak_database
from app.cluster import Cluster, check_given_database, has_table
from app.cluster.folders import disk_full
from app.config import CHECKOUT, Settings, read_settings
from app.errors import Conflict, DomainError, Unavailable

READY_S = 90
TICK_S = 0.5
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
SAMPLE_WANTED = "sample-wanted"
SLOW_SEARCH = (
    "这个数据库的空间索引暂时用不上，地图会慢：请数据库超级用户执行一次 docs/operating.md 里写的那条语句。"
    " Spatial indexes cannot be used in this database and maps will be slow:"
    " have a superuser run the statement in docs/operating.md once."
)


@click.command("up")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="网页端口 port")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 address to listen on")
@click.option("--no-browser", is_flag=True, help="不打开浏览器 do not open a browser")
@click.option("--empty", is_flag=True, help="不放入样例城区 without the sample town")
def up(port: int, host: str, no_browser: bool, empty: bool) -> None:
    """启动守望图，直到按 Ctrl-C。 Start Wardmap, until Ctrl-C."""
    stop_signal = StopSignal()
    stop_signal.listen()
    launch: Launch | None = None
    code = 0
    try:
        launch = Launch(read_settings(), host, port, stop_signal)
        launch.start(wants_sample=not empty)
        if not no_browser and _has_desktop():
            _open_browser(launch.address)
        launch.watch()
    except KeyboardInterrupt:
        say("正在停止…… Stopping …")
    except (DomainError, DBAPIError, OSError) as error:
        click.echo(f"\n✗ {in_both_languages(_explained(error))}", err=True)
        code = 1
    finally:
        stop_signal.ignore()
        if launch is not None:
            launch.stop()
    if code == 0:
        say("已停止。 Stopped.")
    sys.exit(code)


def say(line: str) -> None:
    click.echo(f"· {line}")


class Launch:
    """One run of everything, for one home."""

    def __init__(self, settings: Settings, host: str, port: int, stop_signal: StopSignal) -> None:
        self.settings = replace(settings, home=settings.home.resolve())
        self.host = host
        self.port = port
        self._stop_signal = stop_signal
        self._cluster = Cluster(self.settings.home, say=say)
        self._is_private = not settings.database_url
        self._children: list[Child] = []
        self._database_retry_at = 0.0

    @property
    def address(self) -> str:
        reachable = "127.0.0.1" if self.host in WILDCARDS else self.host
        return f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{self.port}/"

    def start(self, *, wants_sample: bool) -> None:
        """Everything in order, up to the line that says it is ready."""
        click.echo("守望图 Wardmap")
        refuse_exposed(self.settings, [self.host])
        was_cut_off = self._cluster.claim()
        refuse_taken_port(self.host, self.port, patience_s=5 if was_cut_off else 0)
        self._children = self._make_children()
        with self._stop_signal.held():
            self._web.start()  # it loads while the database starts, and waits for the word
        self._start_database()
        login, password = self._prepare_database(wants_sample)
        say("启动网页服务和后台任务…… Starting the web server and the job worker …")
        self._let_children_work()
        click.echo(f"\nWardmap is ready at {self.address}")
        click.echo(f"账号 Account: {login}")
        if password:
            click.echo(f"密码 Password: {password}  （只显示这一次，请记下 shown only this once）")
        click.echo("按 Ctrl-C 停止。 Ctrl-C stops it.")

    def watch(self) -> None:
        """Stay, and start again whatever dies."""
        next_trim = time.monotonic()
        while True:
            time.sleep(TICK_S)
            if self._is_private and not self._cluster.alive():
                self._revive_database()
                continue
            for child in self._children:
                with self._stop_signal.held():
                    child.look_after(say)
            if time.monotonic() > next_trim:
                for log in (self._cluster.log, *(child.log for child in self._children)):
                    trim_log(log)
                next_trim = time.monotonic() + 60

    def stop(self) -> None:
        """Stop what was started, last first."""
        stop_all(self._children)
        self._cluster.close()

    def _start_database(self) -> None:
        if not self._is_private:
            say("检查 DATABASE_URL 的数据库…… Checking the database of DATABASE_URL …")
            if not check_given_database(self.settings.database_url):
                say(SLOW_SEARCH)
            refuse_weak_database(self.settings)
            return
        say("启动数据库…… Starting the database …")
        with self._stop_signal.held():
            facts = self._cluster.start()
        self.settings = replace(self.settings, database_url=facts.url)

    def _prepare_database(self, wants_sample: bool) -> tuple[str, str | None]:
        """Tables, the sample town on the first run, the first account."""
        from app.cli.account import ensure_first_account
        from app.migrations import upgrade

        wanted = self.settings.home / SAMPLE_WANTED
        if wants_sample and not has_table(self.settings.database_url, "alembic_version"):
            wanted.touch()  # stays until the town is whole, should this run be cut off
        say("检查表结构…… Bringing the tables up to date …")
        facts = self._cluster.facts if self._is_private else None
        upgrade(self.settings.database_url, facts.superuser_conninfo if facts else "")
        if wanted.exists():
            if wants_sample:
                from app.cli.sample import load_sample

                say("放入样例城区…… Loading the sample town …")
                load_sample(self.settings)
            wanted.unlink()
        return ensure_first_account(self.settings)

    @property
    def _web(self) -> Child:
        return self._children[0]

    def _let_children_work(self) -> None:
        """The web server first: a person waits for it, and two programs loading at once would slow it down."""
        self._web.tell("serve")
        for child in self._children:
            with self._stop_signal.held():
                if not child.has_started():
                    child.start()
            if child is self._web:
                self._wait_until_ready()

    def _make_children(self) -> list[Child]:
        environ = {
            **os.environ,
            "WARDMAP_HOME": str(self.settings.home),
            "PYTHONUNBUFFERED": "1",
        }
        logs = self.settings.home / "logs"
        worker = [sys.executable, "-m", "app.cli", "worker"]
        return [
            Child("网页服务 Web server", self._web_command(), logs / "web.log", CHECKOUT, environ),
            Child("后台任务 Job worker", worker, logs / "worker.log", CHECKOUT, environ),
        ]

    def _web_command(self) -> list[str]:
        host = f"[{self.host}]" if ":" in self.host else self.host
        command = [sys.executable, "-m", "app.cli.web", "-c", "python:app.cli.serving"]
        return [*command, "--bind", f"{host}:{self.port}", "app.wsgi:application"]

    def _wait_until_ready(self) -> None:
        """Ready means that the whole way works: web server, application, database."""
        web = self._web
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if not web.is_running():
                break
            if self._answers():
                return
            time.sleep(0.1)
        raise Unavailable(
            "web_not_started",
            "网页服务没有启动，最后的记录：\n%(words)s\n（全文见 %(log)s）。"
            " The web server did not start; above is the end of its log.",
            words=web.last_words(),
            log=web.log,
        )

    def _answers(self) -> bool:
        host = "127.0.0.1" if self.host in WILDCARDS else self.host
        try:
            with closing(http.client.HTTPConnection(host, self.port, timeout=10)) as connection:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _revive_database(self) -> None:
        """Start the database again; programs that hold its address learn the new one if it changed."""
        if time.monotonic() < self._database_retry_at:
            return
        say("数据库意外停止，正在恢复…… The database stopped unexpectedly; recovering …")
        try:
            with self._stop_signal.held():
                self._cluster.stop()
                facts = self._cluster.start()
            if facts.url != self.settings.database_url:
                self.settings = replace(self.settings, database_url=facts.url)
                stop_all(self._children)
                self._children = self._make_children()
                self._let_children_work()
        except DomainError as error:
            say(str(error))
            self._database_retry_at = time.monotonic() + 15
            return
        say("数据库已恢复。 The database is back.")


def refuse_taken_port(host: str, port: int, *, patience_s: float = 0) -> None:
    """Refuse before anything is started. After a kill, what was killed may need a moment to let go."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            family, kind, number, _, where = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[
                0
            ]
            with socket.socket(family, kind, number) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
            return
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise _refused_address(host, port, error) from error


def _refused_address(host: str, port: int, error: OSError) -> DomainError:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            "port_taken",
            "端口 %(port)s 已被别的程序使用：请用 --port 另选一个，例如 --port %(other)s。"
            " Port %(port)s is in use by another program: choose another with --port, for example --port %(other)s.",
            port=port,
            other=port + 1 if port < 65535 else 8000,
        )
    return Unavailable(
        "address_refused",
        "不能监听 %(host)s 的端口 %(port)s（%(reason)s）：请用 --host 和 --port 另选。"
        " Cannot listen on %(host)s, port %(port)s (%(reason)s): choose others with --host and --port.",
        host=host,
        port=port,
        reason=error.strerror or error,
    )


def _explained(error: Exception) -> DomainError:
    """The sentence behind it; what has none is a defect and is shown as one."""
    if isinstance(error, DBAPIError):
        error = db.explained(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = disk_full(Path(error.filename or "."))
    if not isinstance(error, DomainError):
        raise error
    return error


def _has_desktop() -> bool:
    if os.environ.get("CI") or os.environ.get("SSH_CONNECTION") or os.geteuid() == 0:
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_browser(address: str) -> None:
    """In a program of its own: a browser must neither write on this terminal nor be stopped with us."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return
    subprocess.Popen(
        [sys.executable, "-m", "webbrowser", address],
        cwd=Path("/"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
