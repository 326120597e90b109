"""The ground: districts, streets, communities, buildings, roads and water, dated; and bringing them in from files.

No persons: who answers for what lives in a higher room.
"""
