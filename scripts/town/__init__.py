"""Draws the invented sample district of Wardmap from a fixed seed."""
