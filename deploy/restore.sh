#!/usr/bin/env bash
# Puts a backup back: the database as it was, and every recording of it. Api and Worker are stopped for it and started afterwards.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh
# shellcheck source=deploy/stores.sh
source ./stores.sh

usage() {
  printf 'deploy/restore.sh --from FOLDER [options]\n  --from FOLDER        a folder that deploy/backup.sh made\n'
  store_usage
  printf 'With both --database and --storage, --context says in which cluster Api and Worker run; without it they must be stopped already.\n'
}

read_store_options --from "$@"
folder=$store_folder
services=(worker api)
must_start=false

has_services() { [[ -z $direct_database || -z $direct_storage || -n $context ]]; }

# wake DEPLOYMENT: an autoscaler leaves alone what was scaled to 0 pods, so that gets the autoscaler's least number again.
wake() {
  local replicas least
  replicas=$(kube get deployment "$1" -n "$namespace" -o 'jsonpath={.spec.replicas}') || fail "the number of pods of $1 cannot be read (step: $step)."
  [[ $replicas == 0 ]] || return 0
  least=$(kube get hpa -n "$namespace" -o "jsonpath={.items[?(@.spec.scaleTargetRef.name==\"$1\")].spec.minReplicas}") || fail "the autoscaler of $1 cannot be read (step: $step)."
  kube scale deployment "$1" -n "$namespace" --replicas "${least:-1}"
}

list_scalers() { kube get scaledobject -n "$namespace" -o name 2>/dev/null || true; }

# annotate_scalers ANNOTATION: KEDA, where it scales the services, brings a Deployment back from 0 pods unless it is paused.
annotate_scalers() {
  local scaler
  for scaler in $(list_scalers); do
    kube annotate "$scaler" -n "$namespace" --overwrite "$1"
  done
}

stop_services() {
  local service pods deadline=$((SECONDS + timeout_seconds))
  begin 'Stop Api and Worker'
  # A HorizontalPodAutoscaler does nothing for a Deployment of 0 pods.
  must_start=true
  annotate_scalers autoscaling.keda.sh/paused=true
  for service in "${services[@]}"; do
    kube scale deployment "$service" -n "$namespace" --replicas 0 || fail "$service cannot be stopped; nothing was changed."
  done
  while true; do
    pods=$(kube get pods -n "$namespace" -l "$name_label in (worker,api)" -o name) || fail 'the pods cannot be listed; nothing was changed.'
    [[ -n $pods ]] || return 0
    ((SECONDS < deadline)) || fail "Api and Worker did not end within $timeout_seconds s; nothing was changed."
    sleep "$poll_seconds"
  done
}

start_services() {
  local service
  must_start=false
  begin 'Start Worker and Api'
  for service in "${services[@]}"; do
    wake "$service"
    await_rollout deployment "$service" "$namespace"
  done
  annotate_scalers autoscaling.keda.sh/paused-
}

# leave: after a failure the services run again. Recordings were only added, and the database is changed as a whole or not at all.
leave() {
  close_stores
  if $must_start; then
    trap - ERR
    (start_services) || printf 'Api and Worker are stopped. Start them: kubectl scale deployment worker api -n %s --replicas 2\n' "$namespace" >&2
  fi
}

# A session of another user, such as one that only measures, is no danger; one of a pod that ended goes by itself.
await_no_sessions() {
  local tries sessions
  for ((tries = 0; tries < 15; tries++)); do
    sessions=$(query "select coalesce(nullif(application_name, ''), 'a client') || ' at ' || coalesce(host(client_addr), 'the server') from pg_stat_activity
      where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and backend_type = 'client backend'") || fail 'the database does not answer; nothing was changed.'
    [[ -n $sessions ]] || return 0
    sleep "$poll_seconds"
  done
  fail "the database is in use; nothing was changed. Stop: ${sessions//$'\n'/, }"
}

# check_schema: a database of a newer version is none that this one can work with. Sets $is_older.
is_older=false
check_schema() {
  local here there unknown
  here=$(schema_here) || fail 'the schema of the database cannot be read; nothing was changed.'
  there=$(schema_of "$folder/database.dump") || fail 'the dump cannot be read; nothing was changed.'
  [[ -n $there ]] || fail 'the dump has no tables of this system; nothing was changed.'
  say "up to migration $(tail -n 1 <<<"$there")"
  [[ -n $here ]] || return 0
  unknown=$(LC_ALL=C comm -13 <(LC_ALL=C sort <<<"$here") <(printf '%s\n' "$there"))
  [[ -z $unknown ]] || fail "the backup is of a newer version, with the migration ${unknown%%$'\n'*}; nothing was changed. Install that version first."
  [[ $(LC_ALL=C sort <<<"$here") == "$there" ]] || is_older=true
}

restore_recordings() {
  local key count=0 lost
  s3 HEAD "$bucket" --head --output /dev/null 2>/dev/null || s3 PUT "$bucket" --output /dev/null || fail "the bucket '$bucket' is not there and cannot be made."
  while IFS= read -r key; do
    s3 PUT "$bucket/$(uri_path "$key")" --upload-file "$folder/objects/$key" --output /dev/null || fail "recording '$key' could not be written."
    count=$((count + 1))
  done <"$folder/objects.txt"
  list_objects >"$private/there" || fail 'the recordings cannot be listed.'
  lost=$(LC_ALL=C comm -23 <(LC_ALL=C sort "$folder/objects.txt") <(LC_ALL=C sort "$private/there"))
  [[ -z $lost ]] || fail "the store does not have what was written to it: ${lost%%$'\n'*}"
  say "$count objects"
}

need curl sha256sum awk
if has_services; then need kubectl; fi
if [[ -n $direct_database ]]; then need psql pg_restore; fi
begin 'Is the backup whole?'
[[ -f $folder/SHA256SUMS ]] || fail "'$folder' is no complete backup: it has no SHA256SUMS."
(cd "$folder" && sha256sum --quiet --check SHA256SUMS) || fail "the backup is damaged; nothing was changed."

open_stores
trap leave EXIT
begin 'Does it fit?'
check_schema
if has_services; then stop_services; fi
await_no_sessions
# Recordings first, so that every row finds its own.
begin 'Recordings'
restore_recordings
begin 'Database'
fill_database "$folder/database.dump"
say 'as it was'
if ! has_services; then
  say 'The backup is restored. Start Api and Worker again.'
elif $is_older; then
  # A finished job of this version would not run again.
  must_start=false
  kube delete job -n "$namespace" -l "$name_label=migration" --ignore-not-found
  say 'The backup is restored. It is of an older version: deploy/install.sh (or helm upgrade) migrates it and starts Api and Worker, which are stopped.'
  if [[ -n $(list_scalers) ]]; then say "Then let KEDA scale again: kubectl annotate scaledobject --all -n $namespace autoscaling.keda.sh/paused-"; fi
else
  start_services
  say 'The backup is restored, and Api and Worker run.'
fi
