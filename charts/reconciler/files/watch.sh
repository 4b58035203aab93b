#!/bin/sh
# Run "reconciler watch" on the checkout. For a new commit: stop it, move the checkout, start it again.
# The checkout never moves while it is read: half of a commit would look like deletions.
set -eu
cd "$MANIFESTS_FOLDER"
child=

stop() {
  kill -TERM "$child" 2>/dev/null || true
  wait "$child" || true
}

start() {
  reconciler watch "$@" &
  child=$!
}

trap 'stop; exit 0' TERM INT
start "$@"
while :; do
  sleep "$MANIFESTS_POLL_SECONDS" &
  wait $! || true
  if ! kill -0 "$child" 2>/dev/null; then
    code=0
    wait "$child" || code=$?
    exit "$code"
  fi
  git fetch -q --depth 1 origin "$MANIFESTS_REF" || continue
  [ "$(git rev-parse HEAD)" != "$(git rev-parse FETCH_HEAD)" ] || continue
  stop
  git checkout -q --detach --force FETCH_HEAD
  git clean -q -d --force --exclude=.reconciler
  start "$@"
done
