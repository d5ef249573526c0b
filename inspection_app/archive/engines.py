"""The engines that questions run on, by address: DuckDB inside this program, Spark, or whatever Ibis connects to.

    duckdb                          inside this program (the default)
    spark://local[4]                Spark inside this program, on so many cores
    spark://HOST:PORT, sc://HOST    a Spark cluster, by its master or by Spark Connect
    anything else                   handed to ``ibis.connect``; the engine must read Parquet files from this folder

An engine is told which part files count by the manifest, and nothing else of the dataset.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspection_app.archive.dataset import NAMES, Dataset, Manifest
from inspection_app.archive.tables import TABLES
from inspection_app.errors import N_, InspectionError, NotFound

if TYPE_CHECKING:
    import ibis.expr.types as ir

DUCKDB = "duckdb"


@dataclass(frozen=True)
class Archive:
    """A dataset opened on an engine: its tables, and the experts' names where they are kept and were asked for."""

    manifest: Manifest
    tables: Mapping[str, ir.Table]
    names: ir.Table | None


@contextmanager
def opened(folder: Path, engine: str = DUCKDB, *, names: bool = False) -> Iterator[Archive]:
    """Open a dataset on an engine until the end of the block.

    Args:
        names: tell who the experts are, for those who may know.

    Raises:
        NotFound: there is no dataset, no visit in it counts, or names are asked for that are not kept.
        InspectionError: the dataset is of another version; or the engine is not installed or cannot be reached.
    """
    dataset = Dataset(folder)
    manifest = dataset.manifest()
    if not manifest.parts:
        raise NotFound(N_("No visit in this archive counts: see what is said of its files."), "empty-archive")
    if names and not manifest.names:
        raise NotFound(N_("This archive keeps no names. Index it with --names where you may."), "no-names")
    connection = _connected(engine)
    try:
        paths = {table: [path.resolve() for path in dataset.paths(table, manifest)] for table in TABLES}
        tables = {table: _read(connection, own, table) for table, own in paths.items()}
        told = _read(connection, [(folder / NAMES).resolve()], "experts") if names else None
        yield Archive(manifest, tables, told)
    finally:
        connection.disconnect()


def _read(connection: Any, paths: list[Path], table: str) -> ir.Table:
    listed = [str(path) for path in paths]
    if connection.name == "pyspark":  # Ibis hands Spark one path only
        connection._session.read.parquet(*listed).createOrReplaceTempView(table)
        return connection.table(table)
    # rubric and year stand in the rows, too: what folders are called is for other readers
    plain = {"hive_partitioning": False} if connection.name == "duckdb" else {}
    return connection.read_parquet(listed, table_name=table, **plain)


def _connected(engine: str) -> Any:
    import ibis

    try:
        if engine == DUCKDB:
            return ibis.duckdb.connect()
        if engine.startswith(("spark://", "sc://")):
            return _spark(engine)
        return ibis.connect(engine)
    except InspectionError:
        raise
    except Exception as error:  # every engine has errors of its own
        raise InspectionError(
            N_("The engine “{engine}” cannot be reached ({reason}). Check its address, or leave it out for DuckDB."),
            "no-engine", engine=engine, reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error  # fmt: skip


def _spark(engine: str) -> Any:
    if importlib.util.find_spec("pyspark") is None:
        raise NotFound(
            N_("PySpark is not installed. Install it with: pip install inspection-app[spark]."), "no-spark"
        )
    import ibis
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("inspection-app archive")
    if engine.startswith("sc://"):
        builder = builder.remote(engine)
    else:
        master = engine.removeprefix("spark://")
        local = master.startswith("local")
        builder = builder.master(master if local else engine)
        if local:
            builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
            builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "4")
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    session = builder.getOrCreate()
    if not engine.startswith("sc://"):
        session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)
