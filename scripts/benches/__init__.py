"""What `scripts/bench` measures: always a ratio against a peer or a limit of the same machine, in the same run."""
