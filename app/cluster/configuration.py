"""What the private database is told: durable, modest, quiet about rows, reachable only from this machine."""

import os
from pathlib import Path

CONFIGURATION_FILE = "wardmap.conf"
OPERATORS_FILE = "local.conf"
LOOPBACK = "127.0.0.1"

ACCESS = """\
# Written by Wardmap. A password for every connection, the socket and the loopback included.
local  all          all                  scram-sha-256
host   all          all  127.0.0.1/32    scram-sha-256
host   all          all  ::1/128         scram-sha-256
local  replication  all                  scram-sha-256
"""


def configuration(socket_folder: str, port: int, *, throw_away: bool = False) -> str:
    """The text of the configuration file."""
    memory_mb = _memory_mb()
    settings: dict[str, str | int] = {
        "listen_addresses": LOOPBACK,
        "port": port,
        "unix_socket_directories": socket_folder,
        "unix_socket_permissions": "0700",
        "max_connections": 80,
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{_between(memory_mb // 16, 64, 512)}MB",
        "effective_cache_size": f"{_between(memory_mb // 2, 256, 8192)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{_between(memory_mb // 32, 64, 256)}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        # Durability: what was acknowledged survives a kill -9 and a power cut.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        "archive_mode": "off",
        "max_wal_size": "1GB",
        # Nobody waits for ever, nobody holds rows over a meal. The web asks for shorter limits per connection.
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "15min",
        "deadlock_timeout": "200ms",
        "temp_file_limit": "4GB",
        "client_connection_check_interval": "10s",
        # A refused row or value would otherwise be written to the log. Whoever asked is told, and logs it in its own words;
        # "log" ranks above errors here and below what ends a process.
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_min_error_statement": "panic",
        "log_lock_waits": "on",
        "log_line_prefix": "%m [%p] ",
        "logging_collector": "off",
        "lc_messages": "C",
        "timezone": "UTC",
    }
    if throw_away:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "2GB",
        }
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    head = (
        f"# Written by Wardmap at every start. Your own settings go into {OPERATORS_FILE} beside this file.\n"
    )
    return head + "\n".join(lines) + "\n"


def includes() -> str:
    """What is added to postgresql.conf once."""
    return f"\ninclude_if_exists '{CONFIGURATION_FILE}'\ninclude_if_exists '{OPERATORS_FILE}'\n"


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def _memory_mb() -> int:
    """The memory of this machine, or of the container around us if that is less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return memory // (1024 * 1024)
