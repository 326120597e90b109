"""Zones: dated plans of one community, and which building is in which zone. No persons."""
