#!/bin/sh
# Prints the changelog's section of a tag: release-notes.sh v1.2.3. Fails where the tag is not the version of
# package.json, or the changelog does not have it with a date.
set -eu
cd "$(dirname "$0")/.."

tag=${1:?usage: release-notes.sh v1.2.3}
version=${tag#v}
package=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
if [ "v$package" != "$tag" ]; then
  echo "The tag is $tag, and package.json has version $package. Tag v$package, or change package.json." >&2
  exit 1
fi
notes=$(awk -v heading="## [$version] - " '
  /^## / { inside = index($0, heading) == 1; next }
  inside { print }
' CHANGELOG.md)
if [ -z "$notes" ]; then
  echo "CHANGELOG.md has no section \"## [$version] - YYYY-MM-DD\". Rename \"## [Unreleased]\" to it." >&2
  exit 1
fi
printf '%s\n' "$notes" | sed '1{/^$/d;}'
