#!/usr/bin/env bash
# Puts a backup back: the database as it was, and every recording of it. Stop Api and Worker first, and start them afterwards.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh
# shellcheck source=deploy/stores.sh
source ./stores.sh

usage() {
  printf 'deploy/restore.sh --from FOLDER [options]\n  --from FOLDER        a folder that deploy/backup.sh made\n'
  store_usage
}

read_store_options --from "$@"
folder=$store_folder
need curl sha256sum

begin 'Is the backup whole?'
[[ -f $folder/SHA256SUMS ]] || fail "'$folder' is no complete backup: it has no SHA256SUMS."
(cd "$folder" && sha256sum --quiet --check SHA256SUMS) || fail "the backup is damaged; nothing was changed."

open_stores
# Recordings first, so that every row finds its own.
begin 'Recordings'
s3 HEAD "$bucket" --head --output /dev/null 2>/dev/null || s3 PUT "$bucket" --output /dev/null || fail "the bucket '$bucket' is not there and cannot be made."
count=0
while IFS= read -r key; do
  s3 PUT "$bucket/$(uri_path "$key")" --upload-file "$folder/objects/$key" --output /dev/null || fail "recording '$key' could not be written."
  count=$((count + 1))
done <"$folder/objects.txt"
say "$count objects"

begin 'Database'
fill_database "$folder/database.dump"
say 'The backup is restored. Start Api and Worker again.'
