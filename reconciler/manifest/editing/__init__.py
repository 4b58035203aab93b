"""Manifests edited in place: values set, added and taken out with nothing else in the file moved."""

from reconciler.manifest.editing.cuts import Uneditable
from reconciler.manifest.editing.edit import edited
from reconciler.manifest.editing.edits import Append, Drop, Edit, Put, Remove, literal, references_in
from reconciler.manifest.editing.files import rewrite

__all__ = ["Append", "Drop", "Edit", "Put", "Remove", "Uneditable", "edited", "literal", "references_in", "rewrite"]
