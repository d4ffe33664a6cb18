"""Publisher -> landing -> Parquet: download, check and convert one file of one month."""
