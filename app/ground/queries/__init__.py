"""What can be asked about the ground."""
