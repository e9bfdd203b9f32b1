"""Asks a cluster of qunet-cluster from Python, over Arrow Flight SQL.

    pip install adbc-driver-flightsql adbc-driver-manager pyarrow
    qunet-cluster local --root archive --port 50050
    python flight_sql.py 127.0.0.1:50050 archive
"""

import sys

from adbc_driver_flightsql import dbapi

SCORES = """
WITH scored AS (SELECT stack, slice, qunet_scores(pixels) AS scores FROM archive WHERE error IS NULL),
judged AS (SELECT *, qunet_initial(slice, scores) OVER (PARTITION BY stack ORDER BY slice) AS s0 FROM scored)
SELECT stack, slice, scores['blurriness'] AS blurriness, s0['rank'] AS rank FROM judged WHERE s0['picked']
ORDER BY stack, rank
"""


def main(scheduler: str, folder: str) -> None:
    with dbapi.connect(f"grpc://{scheduler}", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE EXTERNAL TABLE IF NOT EXISTS archive STORED AS STACKS LOCATION '{folder}'")
        cursor.fetchall()
        cursor.execute(SCORES)
        table = cursor.fetch_arrow_table()
    for row in table.slice(0, 10).to_pylist():
        print(f"{row['stack']}  slice {row['slice']}  rank {row['rank']}  blurriness {row['blurriness']:.3e}")
    print(f"{table.num_rows} slices are picked")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
