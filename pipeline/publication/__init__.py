"""published and pages -> object storage: a mirror of what is published, for readers elsewhere.

An object is uploaded whole. The manifest of a month comes last: it lists the month's objects with sizes and digests,
and a reader can trust a month once its manifest is there.
"""

from pipeline.publication.address import NAME, address
from pipeline.publication.journal import Journal
from pipeline.publication.manifest import manifest_of
from pipeline.publication.mirror import Mirrored, mirror
from pipeline.publication.objects import Object, objects_of, shared_files
from pipeline.publication.store import Limits, Store, check_packages, open_store

__all__ = [
    "NAME",
    "Journal",
    "Limits",
    "Mirrored",
    "Object",
    "Store",
    "address",
    "check_packages",
    "manifest_of",
    "mirror",
    "objects_of",
    "open_store",
    "shared_files",
]
