"""What can be asked about plans and zones."""
