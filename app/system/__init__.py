"""The installation for whoever runs it: how it is, and how it is set. Nothing about anybody, and nothing of any area."""
