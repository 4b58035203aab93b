"""Entry point of the command ``reconciler``."""

import gc
import sys


def _answer_version() -> bool:
    """Print the version. False if it cannot be written, which the command line reports."""
    from reconciler import __version__  # noqa: PLC0415  # --version imports nothing else

    try:
        sys.stdout.write(f"reconciler {__version__}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


def _leave_out_the_working_folder() -> None:
    """Remove the working folder from the import path: it is a checkout with files of others.

    'python -m' puts it first, and PYTHONPATH often names it. The folder of this module stays.
    """
    import os  # noqa: PLC0415  # already loaded by Python, and not needed for --version

    try:
        here = os.path.realpath(os.getcwd())  # noqa: PTH109  # pathlib takes time to import
    except OSError:  # The working folder was deleted.
        return
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120
    sys.path[:] = [
        one for one in sys.path if one == ours or os.path.realpath(one) not in {here} - {ours}
    ]


def _leave_out_the_folder_of_the_script() -> None:
    """Remove the folder of the console script, which Python puts first: no module of ours is in it.

    It is searched for each module before all others, and holds what other projects install there.
    """
    import os  # noqa: PLC0415  # see above

    script = getattr(sys.modules["__main__"], "__file__", None)
    if sys.flags.safe_path or not (script and sys.path):
        return
    try:
        is_its_folder = os.path.samefile(script, os.path.join(sys.path[0], "reconciler"))  # noqa: PTH118, PTH121  # so too
    except OSError:  # for one, a program of another name
        return
    if is_its_folder:
        del sys.path[0]  # and not where PYTHONPATH names it


def _handle_sigterm() -> None:
    """Make SIGTERM end the process like Ctrl-C; process 1 of a container would ignore it."""
    import signal  # noqa: PLC0415  # loaded by the interpreter already; the version is answered without it

    if hasattr(signal, "SIGTERM") and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def main() -> None:
    """Run the command line in ``sys.argv`` and exit with its code."""
    if sys.argv[1:] == ["--version"] and _answer_version():
        return
    try:
        _run()
    except KeyboardInterrupt:  # before the command line handles it
        sys.exit(130)


def _run() -> None:
    # Garbage collection costs a third of a run: nearly all objects live until its end. ``watch``,
    # which runs on, collects by itself.
    gc.set_threshold(20_000_000, 50, 100)
    _handle_sigterm()
    _leave_out_the_folder_of_the_script()
    _leave_out_the_working_folder()
    # httpx imports its own command line if rich and pygments are found, and httpcore imports h2 and
    # anyio or trio: each takes longer than the rest of it, and HTTP/1.1 in threads needs none of them.
    for unused in ("httpx._main", "h2", "anyio", "trio"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]  # as if not installed
    from reconciler.cli.late_modules import load_late  # noqa: PLC0415  # not needed for --version
    from reconciler.late_patterns import annotations_compiled_at_first_use  # noqa: PLC0415  # so too

    load_late()
    with annotations_compiled_at_first_use():  # of which click has thirty
        from reconciler.cli.app import release_streams, run  # noqa: PLC0415  # so too

    code = run(sys.argv[1:])
    release_streams(code)
    gc.freeze()  # no collection at exit either
    sys.exit(code)


if __name__ == "__main__":
    main()
