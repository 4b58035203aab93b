"""A Terraform provider whose one resource, a room, is read with one GET: run by Terraform, in the environment that has ``tf`` and httpx."""

import httpx
from tf import iface, runner, schema, types

PATH = "/api/video/rooms"
FIELDS = {
    "name": types.String(),
    "display_name": types.String(),
    "description": types.String(),
    "max_members": types.Number(),
    "quality": types.String(),
    "layout": types.String(),
    "enable_room_previews": types.Bool(),
}
ROOM = schema.Schema(
    version=0,
    attributes=[
        schema.Attribute("id", types.String(), computed=True),
        *(schema.Attribute(name, kind, required=True) for name, kind in FIELDS.items()),
    ],
)
SPACE = schema.Schema(
    version=0, attributes=[schema.Attribute("space", types.String(), required=True)]
)


def _room(answer):
    told = answer.raise_for_status().json()
    return {name: told[name] for name in ("id", *FIELDS)}


class Room(iface.Resource):
    """A room."""

    def __init__(self, provider):
        self.client = provider.client

    @classmethod
    def get_name(cls):
        """Its name, after the provider's prefix."""
        return "room"

    @classmethod
    def get_schema(cls):
        """What is declared of it, and its id."""
        return ROOM

    def create(self, _context, planned):
        """One POST."""
        return _room(self.client.post(PATH, json={name: planned[name] for name in FIELDS}))

    def read(self, _context, current):
        """One GET."""
        return _room(self.client.get(f"{PATH}/{current['id']}"))

    def update(self, _context, current, planned):
        """One PUT."""
        return _room(
            self.client.put(
                f"{PATH}/{current['id']}", json={name: planned[name] for name in FIELDS}
            )
        )

    def delete(self, _context, current):
        """One DELETE."""
        self.client.delete(f"{PATH}/{current['id']}").raise_for_status()


class Rooms(iface.Provider):
    """The provider; its connections are kept."""

    client = None

    def get_model_prefix(self):
        """What the names of its resources begin with."""
        return "rooms_"

    def full_name(self):
        """Where a registry would have it; here a folder of this machine stands for that."""
        return "example.com/benchmarks/rooms"

    def get_provider_schema(self, _diagnostics):
        """The Space's host and port."""
        return SPACE

    def validate_config(self, _diagnostics, _config):
        """Nothing can be wrong with it."""

    def configure_provider(self, _diagnostics, config):
        """Be ready to connect."""
        self.client = httpx.Client(
            base_url=f"http://{config['space']}", auth=("p", "t"), timeout=60
        )

    def get_data_sources(self):
        """There are none."""
        return []

    def get_resources(self):
        """Rooms."""
        return [Room]


if __name__ == "__main__":
    runner.run_provider(Rooms())
