#!/usr/bin/env bash
# Copies the database and all recordings into a new folder. Redis is left out on purpose: it holds nothing that must survive.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh
# shellcheck source=deploy/stores.sh
source ./stores.sh

usage() {
  printf 'deploy/backup.sh --to FOLDER [options]\n  --to FOLDER          where the backup goes; made if it is not there, and must be empty\n'
  store_usage
}

read_store_options --to "$@"
target=$store_folder
mkdir -p "$target"
[[ -z $(ls -A "$target") ]] || fail "'$target' is not empty."
need curl sha256sum

open_stores
# The database first: a recording that comes in between is in neither or in both, and one that a row names is always there.
begin 'Database'
dump_database >"$target/database.dump.partial"
# A connection that broke leaves a dump that is too short, not always an error.
read_dump "$target/database.dump.partial" >/dev/null || fail 'the dump cannot be read back; start again.'
mv "$target/database.dump.partial" "$target/database.dump"
say "$(stat -c %s "$target/database.dump") bytes"

begin 'Recordings'
mkdir "$target/objects"
list_objects >"$target/objects.txt"
count=0
while IFS= read -r key; do
  [[ "/$key/" != */../* ]] || fail "the key '$key' cannot be a file's name."
  mkdir -p "$target/objects/$(dirname "$key")"
  s3 GET "$bucket/$(uri_path "$key")" --output "$target/objects/$key" </dev/null || fail "recording '$key' could not be read."
  count=$((count + 1))
done <"$target/objects.txt"
say "$count objects"

begin 'Checksums'
(cd "$target" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$private/sums"
mv "$private/sums" "$target/SHA256SUMS"
say "The backup is in $target"
