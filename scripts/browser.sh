#!/usr/bin/env bash
# A Chromium for the tests of pages: the machine's own, else Playwright's, downloaded into its cache, else (in CI, as root)
# Debian's package. Says nothing where one is there, and ends with 1 where none can be had; such tests are skipped then.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome-stable google-chrome; do
  if command -v "$name" >/dev/null; then exit; fi
done

[ -x .venv-browser/bin/playwright ] || {
  echo "scripts/browser.sh: there is no .venv-browser: run make setup, then scripts/venv-of.sh tests/example/browser" >&2
  exit 1
}
exec 9>.venv-browser.lock
if command -v flock >/dev/null; then flock 9; fi
echo "== a Chromium for the tests of pages" >&2
if timeout 300 .venv-browser/bin/playwright install chromium >&2; then exit; fi
if [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >&2
  exit
fi
exit 1
