#!/usr/bin/env bash
# Brings a new version of Api and Worker into the cluster: new version, images, manifests, rollout; and back if it does not come up.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh

usage() {
  cat <<'TEXT'
deploy/server-renew.sh [options]
  --part PART          which part of .version goes up: patch (default), minor or major
  --version V          this version instead
  --load TOOL          load the images into the nodes: kind, minikube or k3s. An environment with a registry has them pushed there instead;
                       with neither they must reach the nodes otherwise
  --builder TOOL       dotnet (default: no container engine needed but for --load), docker or podman (deploy/Dockerfile)
  --base IMAGE         base image instead of Microsoft's chiseled ASP.NET one
  --overlay NAME       environment: a file of deploy/environments; dev (default), prod, prod-minio or one of yours
  --context NAME       kubectl context
  --timeout SECONDS    for each rollout (default: 300)
  --logs               follow the logs of Worker and Api afterwards
  --dry-run            print what would be done, in order, and do nothing
TEXT
}

part='patch'
version=''
load=''
builder=dotnet
base=''
logs=false
services=(worker api)
images=(api worker)
version_file="$repository/.version"
touched=()
undo_version=false
undo_manifests=false

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
case $builder in dotnet | docker | podman) ;; *) fail "--builder is dotnet, docker or podman, not '$builder'." ;; esac
case $load in '' | kind | minikube | k3s) ;; *) fail "--load is kind, minikube or k3s, not '$load'." ;; esac

# next_version CURRENT: the version after it.
next_version() {
  [[ $1 =~ ^([0-9]+)\.([0-9]+)\.([0-9]+)$ ]] || fail "$version_file says '$1', which is not MAJOR.MINOR.PATCH."
  case $part in
  major) printf '%d.0.0' $((BASH_REMATCH[1] + 1)) ;;
  minor) printf '%d.%d.0' "${BASH_REMATCH[1]}" $((BASH_REMATCH[2] + 1)) ;;
  patch) printf '%d.%d.%d' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((BASH_REMATCH[3] + 1)) ;;
  *) fail "--part is patch, minor or major, not '$part'." ;;
  esac
}

write_version() {
  if $dry_run; then
    printf '  echo %s > .version\n' "$1"
  else
    printf '%s\n' "$1" >"$version_file"
  fi
}

project_of() { printf 'SimulationManager.%s' "${1^}"; }

# reference_of NAME: the image that the manifests name. Those of a dry run are still the old version's.
reference_of() {
  local image
  image=$(image_of "$1")
  printf '%s:%s' "${image%:*}" "$next"
}

build_image() {
  local project arguments reference registry=''
  reference=$(reference_of "$1")
  [[ $reference == localhost/* ]] || registry=${reference%%/*}
  if [[ $builder == dotnet ]]; then
    project=$(project_of "$1")
    arguments=("$repository/$project/$project.csproj" -c Release -t:PublishContainer "-p:ContainerRepository=$(repository_of "$reference" "$registry")" "-p:ContainerImageTag=$next")
    if [[ -n $base ]]; then arguments+=("-p:ContainerBaseImage=$base"); fi
    if [[ -n $registry ]]; then arguments+=("-p:ContainerRegistry=$registry"); fi
    if [[ $load == k3s ]]; then arguments+=("-p:ContainerArchiveOutputPath=$(archive_of "$1")"); fi
    run dotnet publish "${arguments[@]}"
  else
    arguments=(-f "$repository/deploy/Dockerfile" --target "$1" -t "$(reference_of "$1")")
    if [[ -n $base ]]; then arguments+=(--build-arg "BASE=$base"); fi
    run "$builder" build "${arguments[@]}" "$repository"
    if [[ -n $registry ]]; then run "$builder" push "$(reference_of "$1")"; fi
    if [[ $load == k3s ]]; then run "$builder" save -o "$(archive_of "$1")" "$(reference_of "$1")"; fi
  fi
}

# repository_of REFERENCE REGISTRY: the reference without its tag and the registry that it is pushed to.
repository_of() {
  local name=${1%:*}
  printf '%s' "${name#"${2:+$2/}"}"
}

archive_of() { printf '%s/artifacts/simulationmanager-%s-%s.tar.gz' "$repository" "$1" "$next"; }

load_image() {
  case $load in
  kind) run kind load docker-image "$(reference_of "$1")" ;;
  minikube) run minikube image load "$(reference_of "$1")" ;;
  k3s) run k3s ctr images import "$(archive_of "$1")" ;;
  *) ;;
  esac
}

generate() {
  run dotnet run --project "$repository/SimulationManager.AppHost" -- generate --version "$1" --output "$manifests"
}

apply() {
  local stage
  for stage in namespace volumes stores platform; do
    begin "Apply: $stage"
    if [[ -z $(objects_of "$stage") ]]; then
      say 'nothing'
    elif [[ $stage == platform ]] && ! $dry_run && ! metrics_server_is_ours; then
      apply_stage platform "$name_label!=metrics-server"
    else
      apply_stage "$stage"
    fi
  done
  begin 'Migration'
  apply_stage migration
  await_job "$(migration_job)" "$namespace" migration
}

# The manifests of a dry run are still those of the old version.
migration_job() { if $dry_run; then printf 'migration-%s' "${next//./-}"; else objects_of migration | awk '$1 == "Job" { print $2 }'; fi; }

# roll_out: the services one after the other; the first that does not come up ends it.
roll_out() {
  local service
  for service in "${services[@]}"; do
    begin "Rollout: $service"
    touched+=("$service")
    apply_stage services "$name_label=$service" || return 1
    change rollout status "deployment/$service" -n "$namespace" --timeout "${timeout_seconds}s" || {
      explain "$service" "$namespace"
      return 1
    }
  done
}

# roll_back: each service that was touched runs as it did before. The database keeps the new schema, which the old version can work with.
roll_back() {
  local service failed=''
  begin "Roll back to $current"
  for service in "${touched[@]}"; do
    change rollout undo "deployment/$service" -n "$namespace" || failed+=" $service"
    change rollout status "deployment/$service" -n "$namespace" --timeout "${timeout_seconds}s" || failed+=" $service"
  done
  [[ -z $failed ]] || fail "version $next did not come up, and going back to $current failed for:$failed. See: kubectl get pods -n $namespace"
  fail "version $next did not come up; $current runs again. The events and log lines above say why."
}

# restore: after a failure the files say again what runs.
restore() {
  if $undo_version; then write_version "$current"; fi
  if $undo_manifests; then generate "$current" || printf 'The manifests could not be made for %s again: run the generate command.\n' "$current" >&2; fi
}

show_logs() {
  local service
  for service in "${services[@]}"; do
    change logs -n "$namespace" -l "$name_label=$service" --all-containers --prefix --tail 50 || true
  done
}

need kubectl awk sed
[[ -f $version_file ]] || fail "there is no $version_file: write the version that runs now into it, such as 0.1.0."
current=$(<"$version_file")
next=${version:-$(next_version "$current")}
[[ $next =~ ^[0-9]+\.[0-9]+\.[0-9]+([.-][a-z0-9.-]+)?$ ]] || fail "'$next' is not a version."
[[ $next != "$current" ]] || fail "version $next is the one that is there: a tag is never used twice."
if $dry_run; then say 'Dry run: nothing is changed.'; else need dotnet; fi
check_overlay
if ! $dry_run; then check_cluster; fi

trap restore EXIT
begin "Version $current -> $next"
write_version "$next"
undo_version=true
begin 'Manifests'
undo_manifests=true
generate "$next"
check_overlay
for image in "${images[@]}"; do
  begin "Image: $image"
  build_image "$image"
  load_image "$image"
done
apply
roll_out || roll_back
undo_version=false
undo_manifests=false
begin "Version $next runs"
if $logs; then show_logs; else say "Logs: kubectl logs -n $namespace -l $name_label=api -f, or --logs here"; fi
