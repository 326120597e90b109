"""Geometry without a database: bringing in files, reference systems, areas."""
