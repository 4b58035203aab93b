"""A CONNECT proxy on loopback, and a Space behind it that a private CA signed."""

import base64
import contextlib
import socket
import ssl
import threading

BODY = b'{"id": "c22d24f6-5a47-4597-9a23-c7d01e696b92"}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def head_of(connection):
    """One head, or what came of it; a body is read as well."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
        head += byte
    for line in head.lower().split(b"\r\n"):
        left = int(line.partition(b":")[2]) if line.startswith(b"content-length:") else 0
        while left and (piece := connection.recv(left)):
            left -= len(piece)
    return head


class Server:
    """Accepts connections on loopback, each in a thread of its own, until it is closed."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                thread = threading.Thread(target=self._run, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def _run(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            self.serve(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for thread in self.threads:
            thread.join(10)


class Behind(Server):
    """A server of TLS with a certificate for ``name``; ``heads`` are the requests that it got."""

    def __init__(self, authority, name, answer=GOOD):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self.context)
        self.answer, self.heads = answer, []
        super().__init__()

    def serve(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as secure:
            while head := head_of(secure):
                self.heads.append(head)
                secure.sendall(self.answer)


class ConnectProxy(Server):
    """Tunnels to ``port`` whatever host is asked for; ``asked`` are the heads it got, ``seen`` all that went through it."""

    def __init__(self, port, *, user="", answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.to, self.answer, self.asked, self.seen = port, answer, [], b""
        self.wanted = f"Basic {base64.b64encode(user.encode()).decode()}".encode() if user else b""
        super().__init__()

    def serve(self, connection):
        head = head_of(connection)
        self.asked.append(head)
        if self.wanted not in head:
            connection.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            )
            return
        connection.sendall(self.answer)
        if not self.answer.split(b" ")[1].startswith(b"2"):
            return
        with socket.create_connection(("127.0.0.1", self.to)) as onward:
            back = threading.Thread(target=self._pass_on, args=(onward, connection))
            back.start()
            self._pass_on(connection, onward)
            back.join(5)

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self.seen += piece
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
