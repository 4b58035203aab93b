"""Runs the operator until it is stopped."""

import asyncio
import logging

import kopf
from aiohttp import web

from reconciler.core.errors import UsageError, all_of
from reconciler.engine.project_kinds import kinds_at
from reconciler.kubernetes.definitions import declarable
from reconciler.operator.garbage import collect_garbage
from reconciler.operator.handlers import registry_of
from reconciler.operator.metrics import Metrics
from reconciler.operator.options import OperatorOptions
from reconciler.operator.service import Operator

_TEXT = "text/plain; version=0.0.4"


def host_and_port(text: str, flag: str) -> tuple[str, int]:
    """The address that ``flag`` gives. UsageError for another form than HOST:PORT."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            f"{flag} {text}: is not HOST:PORT", hint="write it as 0.0.0.0:8080, for example"
        )
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  # a Pod is asked from outside


async def _serve_metrics(metrics: Metrics, host: str, port: int) -> web.AppRunner:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=metrics.text(), headers={"Content-Type": _TEXT})

    application = web.Application()
    application.router.add_get("/metrics", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


async def _run(options: OperatorOptions, operator: Operator) -> None:
    where, healthz = all_of(
        lambda: host_and_port(options.metrics, "--metrics") if options.metrics else None,
        lambda: host_and_port(options.healthz, "--healthz") if options.healthz else None,
    )
    runner = await _serve_metrics(operator.metrics, *where) if where else None
    try:
        await kopf.operator(
            registry=registry_of(operator),
            standalone=not options.peering,
            peering_name=options.peering or None,
            clusterwide=not options.namespaces,
            namespaces=options.namespaces,
            liveness_endpoint=f"http://{healthz[0]}:{healthz[1]}/healthz" if healthz else None,
        )
    finally:
        if runner is not None:
            await runner.cleanup()


def run_operator(options: OperatorOptions) -> None:
    """Run until SIGTERM or SIGINT. UsageError for unusable options."""
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(message)s",
        level=logging.DEBUG if options.verbose else logging.INFO,
    )
    for noisy in ("httpx2", "httpcore2", "kopf", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.DEBUG if options.verbose else logging.WARNING)
    collect_garbage()
    kinds = kinds_at(options.kinds)
    logging.info("manages %s", ", ".join(kind.name for kind in declarable(kinds)))  # noqa: LOG015
    asyncio.run(_run(options, Operator(kinds, options)))
