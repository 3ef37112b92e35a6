#!/usr/bin/env bash
# Brings a new version of Api and Worker into the cluster: new version, manifests, images, rollout; and back if it does not come up.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh
# shellcheck source=deploy/images.sh
source ./images.sh

usage() {
  cat <<'TEXT'
deploy/server-renew.sh [options]
  --part PART          which part of the version goes up: patch (default), minor or major
  --version V          this version instead; later than any that the cluster has been given
TEXT
  image_usage
  cat <<'TEXT'
  --overlay NAME       environment: a file of deploy/environments; dev (default), prod, prod-minio or one of yours
  --context NAME       kubectl context
  --timeout SECONDS    for each rollout (default: 300)
  --logs               follow the logs of Worker and Api afterwards
  --dry-run            print what would be done, in order, and do nothing
TEXT
}

part='patch'
version=''
logs=false
services=(worker api)
version_file="$repository/.version"
version_record=simulation-manager/last-version
kept=''           # folder with what was there before
files_changed=false
touched=()        # stages, and services, that were applied
running=false

while (($#)); do
  case $1 in
  --part | --version | --load | --builder | --base | --overlay | --context | --timeout)
    (($# > 1)) || fail "$1 needs a value."
    case $1 in
    --part) part=$2 ;;
    --version) version=$2 ;;
    --load) load=$2 ;;
    --builder) builder=$2 ;;
    --base) base=$2 ;;
    --overlay) overlay=$2 ;;
    --context) context=$2 ;;
    --timeout) timeout_seconds=$2 ;;
    esac
    shift
    ;;
  --logs) logs=true ;;
  --dry-run) dry_run=true ;;
  --help | -h) usage; exit 0 ;;
  *) usage >&2; fail "'$1' is not understood." ;;
  esac
  shift
done
[[ $timeout_seconds =~ ^[1-9][0-9]*$ ]] || fail "--timeout is a number of seconds, not '$timeout_seconds'."
[[ -z $version || $version =~ ^[0-9]+\.[0-9]+\.[0-9]+([.-][a-z0-9.-]+)?$ ]] || fail "'$version' is not a version."
case $part in patch | minor | major) ;; *) fail "--part is patch, minor or major, not '$part'." ;; esac

# next_version VERSION: the version after it.
next_version() {
  [[ $1 =~ ^([0-9]+)\.([0-9]+)\.([0-9]+)([.-].*)?$ ]] || fail "'$1' (of $version_file, or of the cluster) is not MAJOR.MINOR.PATCH."
  case $part in
  major) printf '%d.0.0' $((BASH_REMATCH[1] + 1)) ;;
  minor) printf '%d.%d.0' "${BASH_REMATCH[1]}" $((BASH_REMATCH[2] + 1)) ;;
  *) printf '%d.%d.%d' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((BASH_REMATCH[3] + 1)) ;;
  esac
}

# later_of VERSION VERSION: 1.2.3-rc1 comes before 1.2.3.
later_of() { printf '%s\n' "${1/-/\~}" "${2/-/\~}" | sort -V | tail -n 1 | tr '~' '-'; }

# choose_version: later than any that the cluster was ever given. What failed is not built again under its name: the nodes would keep the old
# image, and the cluster the finished migration.
choose_version() {
  local recorded last=$current
  if ! $dry_run; then
    recorded=$(kube get namespace "$namespace" --ignore-not-found -o "jsonpath={.metadata.name} {.metadata.annotations.$version_record}")
    [[ -n $recorded ]] || fail "there is no namespace '$namespace': install the system first (deploy/install.sh)."
    recorded=${recorded#* }
    last=$(later_of "$current" "${recorded:-$current}")
  fi
  if [[ -n $version ]]; then
    next=$version
    [[ $next != "$last" && $(later_of "$next" "$last") == "$next" ]] || fail "version $next is not later than $last, which the cluster has been given: a version is never used twice."
    ! in_registry || fail "version $next is in the registry already: a version is never used twice."
  else
    next=$(next_version "$last")
    while in_registry; do
      say "version $next is in the registry already"
      next=$(next_version "$next")
    done
  fi
}

# in_registry: whether the environment's registry has an image of the next version.
in_registry() {
  local image reference
  if $dry_run; then return 1; fi
  for image in "${own_images[@]}"; do
    reference=$(image_of "$image")
    [[ -n $(registry_of "$reference") ]] || return 1
    if is_pushed "${reference%:*}:$next"; then return 0; fi
  done
  return 1
}

write_version() {
  if $dry_run; then
    printf '  echo %s > .version\n' "$1"
  else
    printf '%s\n' "$1" >"$version_file"
  fi
}

# generate: the manifests of the next version. A dry run makes none: it goes on with the present ones under the next version's names.
generate() {
  run dotnet run --project "$repository/SimulationManager.AppHost" -- generate --version "$next" --output "$manifests"
  if $dry_run; then
    rendered=$(sed -e "s/\(simulationmanager-[a-z]*\):$current/\1:$next/" -e "s/migration-${current//./-}/migration-${next//./-}/" <<<"$rendered")
    list_overlay
  else
    check_overlay
  fi
}

# Of each object that is asked for: kind, name and namespace as a comment, then how it was applied last.
as_applied='{range .items[*]}---{"\n"}# {.kind} {.metadata.name} {.metadata.namespace}{"\n"}{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}{"\n"}{end}'

# keep_running: writes down what runs now of all that the new manifests name. The cluster knows; the files may have been changed since.
keep_running() {
  if $dry_run; then
    say "  kubectl get -k $(overlay_folder) --ignore-not-found -o jsonpath=…   # as it was applied last, to go back to"
    return
  fi
  kube get -k "$(overlay_folder)" --ignore-not-found -o "jsonpath=$as_applied" >"$kept/running.yaml" || fail 'what runs now cannot be read.'
}

# apply_and_note STAGE [SELECTOR]
apply_and_note() {
  touched+=("$stage_label=$1${2:+,$2}")
  apply_stage "$@"
}

apply() {
  local stage
  for stage in namespace volumes stores platform; do
    begin "Apply: $stage"
    if [[ -z $(objects_of "$stage") ]]; then
      say 'nothing'
    elif [[ $stage == platform ]] && ! $dry_run && ! metrics_server_is_ours; then
      apply_and_note platform "$name_label!=metrics-server"
    else
      apply_and_note "$stage"
    fi
  done
  begin 'Migration'
  apply_and_note migration
  await_job "$(job_of migration)" "$namespace" migration
}

# roll_out: the services one after the other.
roll_out() {
  local service
  for service in "${services[@]}"; do
    begin "Rollout: $service"
    apply_and_note services "$name_label=$service"
    await_rollout deployment "$service" "$namespace"
  done
}

# finish: the end of every run. One that did not come to its end leaves files and cluster as they were.
finish() {
  local status=$?
  trap - ERR
  set +e
  if ! $running && $files_changed; then
    begin "Back to $current"
    write_version "$current"
    put_manifests_back
    if ((${#touched[@]})) && ! $dry_run; then roll_back; else say "nothing was changed in the cluster: $current still runs"; fi
  fi
  [[ -z $kept ]] || rm -rf "$kept"
  exit "$status"
}

put_manifests_back() {
  if $dry_run; then return; fi
  { rm -rf "$manifests" && cp -R "$kept/manifests" "$manifests"; } || say "The manifests of $current could not be put back into $manifests: take them from git."
}

# roll_back: everything that was applied is applied again as it was before, and what only the new version has goes. A rollout that is undone would
# bring back the pods alone. The new version's job is over, and the database keeps the new schema, which the old version can work with.
roll_back() {
  local selector failed=''
  for selector in "${touched[@]}"; do
    is_kept "${selector#"$stage_label="}" || continue
    kube apply -f "$kept/running.yaml" -l "$selector" | { grep -v ' unchanged$' || true; } || failed+=" $selector"
  done
  remove_new || failed+=' removal'
  for selector in "${touched[@]}"; do
    await_kept "${selector#"$stage_label="}" || failed+=" $selector"
  done
  if [[ -n $failed ]]; then
    printf '\nFAILED: version %s did not come up, and going back to %s failed for:%s. See: kubectl get pods -n %s\n' "$next" "$current" "$failed" "$namespace" >&2
  else
    printf '\nFAILED: version %s did not come up; %s runs again. What is above says why.\n' "$next" "$current" >&2
  fi
}

# is_kept STAGE[,SELECTOR]: whether anything of that stage ran before.
is_kept() { grep -q "$stage_label\"\{0,1\}: *\"\{0,1\}${1%%,*}" "$kept/running.yaml"; }

# remove_new: removes the services' objects that did not exist before.
remove_new() {
  local kind name space
  while read -r kind name space; do
    if ! grep -qxF "# $kind $name $space" "$kept/running.yaml"; then kube delete "$kind" "$name" -n "$space" --ignore-not-found || return; fi
  done < <(if [[ "${touched[*]}" == *"=services,"* ]]; then objects_of services; fi)
}

# await_kept STAGE[,SELECTOR]: waits for the workloads of that stage that ran before.
await_kept() {
  local kind name space
  while read -r kind name space; do
    [[ $kind == Deployment || $kind == StatefulSet ]] || continue
    [[ $1 != services,* || $1 == *"=$name" ]] || continue
    [[ $1 != *"!=$name" ]] || continue
    if grep -qxF "# $kind $name $space" "$kept/running.yaml"; then rolled_out "${kind,,}" "$name" "$space" || return; fi
  done < <(objects_of "${1%%,*}")
}

show_logs() {
  local service
  for service in "${services[@]}"; do
    change logs -n "$namespace" -l "$name_label=$service" --all-containers --prefix --tail 50 || true
  done
}

need kubectl awk sed curl
[[ -f $version_file ]] || fail "there is no $version_file: write the version that runs now into it, such as 0.1.0."
current=$(<"$version_file")
if $dry_run; then say 'Dry run: nothing is changed.'; fi
check_overlay
check_image_options
if ! $dry_run; then
  need dotnet
  check_image_tools
  check_cluster
fi
choose_version

trap finish EXIT
begin "Version $current -> $next"
change annotate namespace "$namespace" "$version_record=$next" --overwrite
kept=$(mktemp -d)
cp -R "$manifests" "$kept/manifests"
files_changed=true
write_version "$next"
begin 'Manifests'
generate
check_image_options
bring_images
begin 'What runs now'
keep_running
apply
roll_out
running=true
if $dry_run; then exit; fi
begin "Version $next runs"
if $logs; then show_logs; else say "Logs: kubectl logs -n $namespace -l $name_label=api -f, or --logs here"; fi
