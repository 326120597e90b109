"""Which version of an area is meant when a day is named."""

# The version that holds on :day; where none does, the nearest one: an area exists before and after what is known of it.
NEAREST_VERSION = """(
  SELECT DISTINCT ON (area_code) * FROM area_version ORDER BY area_code, CASE
    WHEN during @> CAST(:day AS date) THEN 0
    WHEN lower(during) > CAST(:day AS date) THEN lower(during) - CAST(:day AS date)
    ELSE CAST(:day AS date) - upper(during) + 1 END)"""
