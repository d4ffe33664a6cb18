"""Parquet -> raw -> marts -> published: the DuckDB warehouse, dbt and the published files."""
