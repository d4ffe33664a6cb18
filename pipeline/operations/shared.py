"""What is published of all months together: the dimensions, the effects of weather, and the index of the pages."""

from pipeline import metrics, quality
from pipeline.database import Warehouse
from pipeline.paths import atomic_write_tree, data_folder
from pipeline.tasks import records
from pipeline.tasks.pages import write_index
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import publish, raw


def publish_shared(warehouse: Warehouse) -> None:
    """Publishes them again, from what the warehouse and the published files hold."""
    published = data_folder() / "published"
    with atomic_write_tree(published) as folder:
        tables = publish.export(warehouse, None, folder)
    records.published_dimensions().write([published / path for path in tables])
    with warehouse.connect() as con:
        raw.prepare(con)  # a warehouse of an earlier version has no table of the effects over all months
    with atomic_write_tree(published / "metrics") as folder:
        pooled = metrics.export_pooled(warehouse, folder)
    Receipt(records.pooled_receipt()).write([published / "metrics" / name for name in pooled])
    write_index()
    if (docs := data_folder() / "reports/quality").exists():
        quality.write_index(docs)
