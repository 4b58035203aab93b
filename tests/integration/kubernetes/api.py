"""A small client of the Kubernetes API for the tests: paths and JSON."""

import json
import ssl

import httpx

PATCH = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
JSON = "application/json"


class Refusal(Exception):
    """What the API server answers that is not 2xx: ``status`` and the words."""

    def __init__(self, response):
        answer = response.json() if response.content.startswith(b"{") else {}
        self.status, self.message = response.status_code, answer.get("message", response.text)
        super().__init__(f"{self.status} {self.message}")


class Api:
    """Requests with the token of one user. Any path of the API; answers are values."""

    def __init__(self, address, ca_file, token):
        self.context = ssl.create_default_context(cafile=str(ca_file))
        self._client = httpx.Client(
            base_url=address,
            verify=self.context,
            trust_env=False,
            timeout=30,
            headers={"Authorization": f"Bearer {token}"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def send(self, method, path, body=None, *, content=JSON, accept=JSON, **parameters):
        response = self._client.request(
            method,
            path,
            params=parameters,
            content=None if body is None else json.dumps(body),
            headers={"Content-Type": content, "Accept": accept},
        )
        if response.is_error:
            raise Refusal(response)
        return response.json() if response.content.startswith((b"{", b"[")) else response.text

    def get(self, path, *, accept=JSON, **parameters):
        return self.send("GET", path, accept=accept, **parameters)

    def post(self, path, body, **parameters):
        return self.send("POST", path, body, **{"fieldValidation": "Strict", **parameters})

    def put(self, path, body, **parameters):
        return self.send("PUT", path, body, **{"fieldValidation": "Strict", **parameters})

    def patch(self, path, body, **parameters):
        return self.send("PATCH", path, body, content=PATCH, **parameters)

    def apply(self, path, body, **parameters):
        """Server-side apply."""
        known = {"fieldManager": "tests", "force": "true", "fieldValidation": "Strict"}
        return self.send("PATCH", path, body, content=APPLY, **known | parameters)

    def delete(self, path, **parameters):
        return self.send("DELETE", path, **parameters)
