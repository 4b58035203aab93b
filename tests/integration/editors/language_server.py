"""A client of a language server over its standard streams, as an editor is one."""

import json
import os
import subprocess

SETTINGS = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}


class LanguageServer:
    """yaml-language-server in a folder, with VS Code's ``yaml.schemas`` if given."""

    def __init__(self, command, folder, schemas=None):
        self.folder, self.number, self.diagnostics = folder, 0, {}
        self.files = set()
        self.settings = {"yaml": {**SETTINGS, "schemas": schemas or {}}}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        uri = folder.as_uri()
        self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=uri,
            workspaceFolders=[{"uri": uri, "name": "project"}],
            capabilities={
                "workspace": {"configuration": True},
                "textDocument": {
                    "completion": {"completionItem": {"snippetSupport": True}},
                    "hover": {},
                    "publishDiagnostics": {},
                },
            },
        )
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=self.settings)

    def send(self, **message):
        """Send one message."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        """Take one message, and answer what the server asks."""
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message = json.loads(self.process.stdout.read(length))
        method = message.get("method")
        if method == "workspace/configuration":
            wanted = [self.settings.get(item.get("section")) for item in message["params"]["items"]]
            self.send(id=message["id"], result=wanted)
        elif method and "id" in message:
            self.send(id=message["id"], result=None)
        elif method == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def tell(self, method, **parameters):
        """Send a notification."""
        self.send(method=method, params=parameters)

    def ask(self, method, **parameters):
        """Send a request, and give its result."""
        self.number += 1
        self.send(id=self.number, method=method, params=parameters)
        while True:
            message = self.receive()
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def open(self, path, text):
        """Open a file of the folder in the editor; another beside it, where it is open already."""
        file = self.folder / path
        if file in self.files:
            file = file.with_stem(f"{file.stem}-{len(self.files)}")
        self.files.add(file)
        uri = file.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        return uri

    def told(self, path, text):
        """What the editor underlines in the file: line (from 1) and message."""
        uri = self.open(path, text)
        while uri not in self.diagnostics:
            self.receive()
        found = self.diagnostics.pop(uri)
        return sorted((one["range"]["start"]["line"] + 1, one["message"]) for one in found)

    def at(self, method, path, text, column):
        """The answer of ``method`` for a column of the last line of the file."""
        place = {"line": text.count("\n"), "character": column}
        uri = self.open(path, text)
        return self.ask(method, textDocument={"uri": uri}, position=place)

    def offered(self, path, text):
        """What is offered at the end of the file: label and inserted text."""
        last = text.rpartition("\n")[2]
        answer = self.at("textDocument/completion", path, text, len(last))
        return {
            item["label"]: item.get("textEdit", {}).get("newText", item.get("insertText"))
            for item in answer["items"]
        }

    def hover(self, path, text):
        """What is shown for the first word of the last line of the file."""
        last = text.rpartition("\n")[2]
        column = len(last) - len(last.lstrip())
        answer = self.at("textDocument/hover", path, text, column)
        return answer["contents"]["value"] if answer else ""

    def close(self):
        """End the server."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
