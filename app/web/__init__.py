"""Wardmap browser toolkit."""
