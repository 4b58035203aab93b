#!/bin/sh
# Clone REF of URL into /work/repository.
set -eu
git init -q /work/repository
cd /work/repository
git remote add origin "$MANIFESTS_URL"
git fetch -q --depth 1 origin "$MANIFESTS_REF"
git checkout -q --detach FETCH_HEAD
