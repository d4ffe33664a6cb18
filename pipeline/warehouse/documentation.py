"""dbt's documentation with types of columns: dbt itself takes them from a catalogue of the warehouse."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def with_types(target: Path) -> str:
    """The page that ``docs generate --static`` wrote into the folder, with the types that the models declare."""
    page, catalog = (target / "static_index.html").read_text(), (target / "catalog.json").read_text()
    manifest = json.loads((target / "manifest.json").read_text())
    return page.replace(catalog, json.dumps(json.loads(catalog) | {"nodes": declared(manifest)}), 1)


def declared(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a catalogue for the models that declare types, without what only a database knows."""
    return {
        name: {
            "unique_id": name,
            "metadata": {"type": node["config"]["materialized"], "database": node["database"]}
            | {"schema": node["schema"], "name": node["alias"], "comment": None, "owner": None},
            "columns": {
                column["name"]: {"name": column["name"], "index": index, "type": column["data_type"], "comment": None}
                for index, column in enumerate(node["columns"].values(), start=1)
            },
            "stats": {},
        }
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and any(column["data_type"] for column in node["columns"].values())
    }
