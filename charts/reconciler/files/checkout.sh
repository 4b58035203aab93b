#!/bin/sh
# Fetch MANIFESTS_REF of MANIFESTS_URL into /checkout/repository, again after a restart.
set -eu
git init -q "${MANIFESTS_CHECKOUT:=/checkout/repository}"
cd "$MANIFESTS_CHECKOUT"
git remote add origin "$MANIFESTS_URL" 2>/dev/null || git remote set-url origin "$MANIFESTS_URL"
git fetch -q --depth 1 origin "$MANIFESTS_REF"
git checkout -q --detach --force FETCH_HEAD
