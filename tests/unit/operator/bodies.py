"""Resources of a cluster as values, for tests of the pure parts."""

from reconciler.operator.resources import FINALIZER, Snapshot, fragment_of, item_of, space_of


def body(kind, name, *, created="2027-01-01T00:00:00Z", deleting=False, annotations=None, **more):
    metadata = {
        "namespace": "team",
        "name": name,
        "uid": more.pop("uid", f"uid-of-{name}"),
        "creationTimestamp": created,
        "generation": more.pop("generation", 1),
        "annotations": {f"reconciler.dev/{key}": one for key, one in (annotations or {}).items()},
    }
    if deleting:
        metadata |= {"deletionTimestamp": "2027-02-01T00:00:00Z", "finalizers": [FINALIZER]}
    status = {"id": identity} if (identity := more.pop("id", None)) else more.pop("status", {})
    return {"metadata": metadata, "spec": more, "status": status}


def room(name, **more):
    return item_of(body("Room", name, **{"spaceRef": {"name": "main"}, **more}), "Room")


def preset(name, **fields):
    return fragment_of(body("Preset", name, **fields), "Preset")


def space(**more):
    spec = {"host": "example.signalwire.com", "credentialsSecretRef": {"name": "credentials"}}
    return space_of(body("Space", "main", **{**spec, **more}))


def snapshot(*items, fragments=(), **more):
    return Snapshot(space(**more), tuple(items), tuple(fragments))
