"""This project's segmentation metrics beside the libraries and the formulations for the same."""

import boundary
import components
import counting


def tables(quick):
    """The rows by the title of their table."""
    return {
        "Metrics of the counts": counting.rows(quick),
        "Surface distances": boundary.rows(quick),
        "Surface distances, worst cases": boundary.worst_rows(),
        "Connected components": components.rows(quick),
    }
