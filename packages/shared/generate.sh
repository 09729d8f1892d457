#!/usr/bin/env bash
# Generates src/generated from proto/.
set -euo pipefail
cd "$(dirname "$0")/../../proto"
PATH="$PWD/../packages/shared/node_modules/.bin:$PWD/../node_modules/.bin:$PATH"
exec buf generate
