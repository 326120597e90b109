"""When two outlines are one and the same."""

# About a centimetre: what another file format, another projection or another starting corner does to an outline.
GRID_DEGREES = 1e-7
# Two corners on either side of a grid line: a few centimetres, measured, where measuring is quick.
CLOSE_DEGREES = 5e-7
QUICK_VERTICES = 300


def same_outline(one: str, other: str) -> str:
    """SQL that is true when two shapes differ in nothing but rounding, direction and starting corner."""
    drawn = "ST_AsBinary(ST_Normalize(ST_SnapToGrid(ST_Multi({shape}), {grid})))"
    alike = " = ".join(drawn.format(shape=shape, grid=GRID_DEGREES) for shape in (one, other))
    small = " AND ".join(f"ST_NPoints({shape}) <= {QUICK_VERTICES}" for shape in (one, other))
    close = f"ST_HausdorffDistance({one}, {other}) <= {CLOSE_DEGREES}"
    return f"({alike} OR ({small} AND {one} && {other} AND {close}))"
