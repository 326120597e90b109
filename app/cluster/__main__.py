"""`python -m app.cluster COMMAND …`: run a command with DATABASE_URL leading to a throw-away database."""

import os
import subprocess
import sys

from app.cluster.temporary import start_temporary

if __name__ == "__main__":
    with start_temporary() as facts:
        done = subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": facts.url}, check=False)
    sys.exit(done.returncode)
