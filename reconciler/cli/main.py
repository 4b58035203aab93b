"""The command ``reconciler``: finds the command asked for, and turns what goes wrong into an exit code."""

import gc
import sys


def _answer_version() -> None:
    from reconciler import __version__  # noqa: PLC0415  # nothing else may be imported for this answer

    sys.stdout.write(f"reconciler {__version__}\n")


def _leave_out_the_working_folder() -> None:
    """Take no module from the folder one works in: it is a checkout, and holds what others wrote.

    'python -m' puts it first, and PYTHONPATH often names it. What this very module was loaded from stays.
    """
    import os  # noqa: PLC0415  # loaded by the interpreter already; the version is answered without it

    try:
        here = os.path.realpath(os.getcwd())  # noqa: PTH109  # pathlib takes time to import
    except OSError:  # the folder is gone
        return
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120
    sys.path[:] = [one for one in sys.path if one == ours or os.path.realpath(one) not in {here} - {ours}]


def _heed_sigterm() -> None:
    """Let SIGTERM end the process as Ctrl-C does, whatever it is at: process 1 of a container ignores it otherwise."""
    import signal  # noqa: PLC0415  # loaded by the interpreter already; the version is answered without it

    if hasattr(signal, "SIGTERM") and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def main() -> None:
    """Run the command line in ``sys.argv`` and exit with the contract's code."""
    if sys.argv[1:] == ["--version"]:
        _answer_version()
        return
    try:
        _run()
    except KeyboardInterrupt:  # before there is a command that could say so
        sys.exit(130)


def _run() -> None:
    _heed_sigterm()
    _leave_out_the_working_folder()
    # The HTTP client brings a command line of its own where the libraries for that are found, and takes twice as long then.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # an import of it is as if it were not installed
    # Nearly all that a run makes lives until its end: to look through it for rubbish again and again takes a third of the time,
    # and the more the larger it is. What lives on from one round to the next (watch) collects by itself.
    gc.set_threshold(20_000_000, 50, 100)
    from reconciler.cli.program import let_go, run  # noqa: PLC0415  # after the fast answer

    code = run(sys.argv[1:])
    let_go(code)
    gc.freeze()  # nor once more, when all of it goes
    sys.exit(code)


if __name__ == "__main__":
    main()
