"""The private PostGIS cluster that `wardmap up` runs when no DATABASE_URL is set."""

from app.cluster.contents import has_table, libpq_url
from app.cluster.folders import Facts
from app.cluster.given import check_given_database
from app.cluster.server import (
    Cluster,
    connection_url,
    public_connection_url,
    started_facts,
    status,
    web_connection_url,
)
from app.cluster.temporary import start_temporary

__all__ = [
    "Cluster",
    "Facts",
    "check_given_database",
    "connection_url",
    "has_table",
    "libpq_url",
    "public_connection_url",
    "start_temporary",
    "started_facts",
    "status",
    "web_connection_url",
]
