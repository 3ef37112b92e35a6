# shellcheck shell=bash disable=SC2034 # the scripts that source it use the variables
# What install.sh and server-renew.sh share: calling kubectl, applying a stage of the manifests, waiting, and telling what went wrong.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
namespace=robot
stage_label=simulation-manager/stage
name_label=app.kubernetes.io/name
managed_label=app.kubernetes.io/managed-by
manager=simulation-manager-generate

context=''
overlay=dev
manifests="$repository/aspirate-output"
timeout_seconds=300
dry_run=false
poll_seconds=${POLL_SECONDS:-2}
ignore_capacity=false
step='start'
forward=''  # the process that open_port started
rendered='' # the overlay's objects; check_overlay builds them
listed=()   # "stage Kind name namespace" of each
declare -A least_pods=() # of each workload that has an autoscaler

# shellcheck source=deploy/troubles.sh
source ./troubles.sh

say() { printf '%s\n' "$*"; }
fail() {
  printf '\nFAILED: %s\n' "$*" >&2
  exit 1
}

# begin TEXT: names what is being done, for the reader and for the message when it fails.
begin() {
  step=$1
  printf '\n== %s\n' "$step"
}

kube() { kubectl ${context:+--context "$context"} "$@"; }

# run COMMAND…: does it, or with --dry-run only says so.
run() {
  if $dry_run; then
    printf '  %s\n' "$*"
  else
    "$@"
  fi
}

# change ARGUMENTS…: a kubectl call that changes something.
change() {
  if $dry_run; then
    printf '  kubectl %s%s\n' "${context:+--context $context }" "$*"
  else
    kube "$@"
  fi
}

overlay_folder() { printf '%s/overlays/%s' "$manifests" "$overlay"; }

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "'$tool' is not installed or not on PATH."
  done
}

check_overlay() {
  [[ -f "$(overlay_folder)/kustomization.yaml" ]] ||
    fail "there is no overlay '$overlay' in $manifests. Those there are: $(find "$manifests/overlays" -mindepth 1 -maxdepth 1 -printf '%f ')"
  rendered=$(kubectl kustomize "$(overlay_folder)") || fail "the overlay '$overlay' cannot be built; run: kubectl kustomize $(overlay_folder)"
  list_overlay
  # An ingress makes it production, whatever the environment is called.
  if [[ $rendered == *--kubelet-insecure-tls* ]] && has Ingress api; then
    fail "overlay '$overlay' has a metrics-server that accepts any kubelet (--kubelet-insecure-tls): not in production."
  fi
}

least_minor=30
check_cluster() {
  local version
  version=$(kube get --raw /version) || fail "the cluster does not answer${context:+ (context $context)}. Check: kubectl config get-contexts"
  [[ $version =~ \"gitVersion\":\ *\"v1\.([0-9]+) ]] || fail "the cluster does not say its version."
  version=${BASH_REMATCH[1]}
  ((version >= least_minor)) || fail "the cluster is Kubernetes 1.$version; 1.$least_minor or later is needed."
  say "Kubernetes 1.$version"
}

# list_overlay: reads $rendered into $listed and $least_pods.
list_overlay() {
  local target least
  mapfile -t listed < <(awk -v label="    $stage_label:" '
    function emit() { if (kind != "") print (stage == "" ? "-" : stage), kind, name, space; kind = name = space = stage = ""; meta = 0 }
    /^---/ { emit(); next }
    /^kind: / { kind = $2 }
    /^[a-z]/ { meta = ($1 == "metadata:") }
    meta && /^  name: / { name = $2 }
    meta && /^  namespace: / { space = $2 }
    meta && index($0, label) == 1 { stage = $2 }
    END { emit() }' <<<"$rendered")
  while read -r target least; do least_pods[$target]=$least; done < <(awk '
    function emit() { if (kind == "HorizontalPodAutoscaler") print target, least; kind = target = least = "" }
    /^---/ { emit(); next }
    /^kind: / { kind = $2 }
    /^  minReplicas: / { least = $2 }
    /^    name: / { target = $2 }
    END { emit() }' <<<"$rendered")
}

# objects_of STAGE: "Kind name namespace" of each object that the overlay has in a stage.
objects_of() {
  local object
  for object in "${listed[@]}"; do
    if [[ $object == "$1 "* ]]; then printf '%s\n' "${object#* }"; fi
  done
}

# has KIND NAME: whether the overlay has such an object.
has() { [[ "${listed[*]} " == *" $1 $2 "* ]]; }

# image_of NAME: the image of a Deployment of the overlay.
image_of() { awk -v name="$1" '
    /^---/ { k = ""; meta = 0; found = 0 }
    /^kind: / { k = $2 }
    /^[a-z]/ { meta = ($1 == "metadata:") }
    meta && /^  name: / { found = (k == "Deployment" && $2 == name) }
    /^ +(- )?image: / && found { print $NF; exit }' <<<"$rendered"; }

# apply_stage STAGE [SELECTOR]: applies what the overlay has in that stage.
apply_stage() { change apply -k "$(overlay_folder)" -l "$stage_label=$1${2:+,$2}"; }

# await_workloads STAGE [SKIPPED]: waits for each Deployment and StatefulSet of a stage, in turn.
await_workloads() {
  local kind name space
  while read -r kind name space; do
    [[ $name != "${2:-}" ]] || continue
    case $kind in
    Deployment | StatefulSet) await_rollout "${kind,,}" "$name" "$space" ;;
    *) ;;
    esac
  done < <(objects_of "$1")
}

await_rollout() { rolled_out "$@" || fail "$2 did not come up (step: $step)."$'\n'"$trouble"; }

# await_job NAME NAMESPACE LABEL: a job ends well, or we say at once that it does not. Then the finished ones before it go.
await_job() {
  local deadline=$((SECONDS + timeout_seconds)) state
  pending_since=''
  if $dry_run; then
    change wait --for=condition=complete "job/$1" -n "$2" --timeout "${timeout_seconds}s"
    return
  fi
  while true; do
    state=$(kube get job "$1" -n "$2" -o 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type} {end}') || fail "job $1 cannot be read (step: $step)."
    case $state in
    *Complete*) say "job $1 is done"; forget_jobs "$1" "$2" "$3"; return ;;
    *Failed*) explain "$3" "$2"; fail "job $1 failed (step: $step)." ;;
    *) ;;
    esac
    if ((SECONDS >= deadline)); then
      explain "$3" "$2"
      fail "job $1 did not end within $timeout_seconds s (step: $step)."
    fi
    if is_hopeless "$3" "$2"; then
      explain "$3" "$2"
      fail "job $1 cannot start (step: $step)."$'\n'"$trouble"
    fi
    sleep "$poll_seconds"
  done
}

# forget_jobs KEPT NAMESPACE LABEL: removes the finished jobs of that label but one: each version, image or setting has a job of its own name.
forget_jobs() {
  local jobs name state names=''
  jobs=$(kube get jobs -n "$2" -l "$name_label=$3" -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.status=="True")].type}{"\n"}{end}')
  while read -r name state; do
    if [[ $name != "$1" && $state =~ Complete|Failed ]]; then names+="$name "; fi
  done <<<"$jobs"
  # shellcheck disable=SC2086 # a list of names
  if [[ -n $names ]]; then kube delete job -n "$2" $names; fi
}

# open_port SERVICE PORT LOG: a port of this machine that leads to a service; its number is in $local_port. kubectl's words go into the file LOG.
open_port() {
  local log=$3 deadline=$((SECONDS + ${FORWARD_SECONDS:-30}))
  : >"$log"
  # The process itself, which close_port ends, and only its own words in the log.
  (trap - ERR; exec kubectl ${context:+--context "$context"} port-forward -n "$namespace" "service/$1" ":$2") >"$log" 2>&1 &
  forward=$!
  until [[ $(<"$log") =~ Forwarding\ from\ 127\.0\.0\.1:([0-9]+)\  ]]; do
    if ! kill -0 "$forward" 2>/dev/null || ((SECONDS >= deadline)); then
      fail "service $1 cannot be reached through the cluster: $(tail -n 1 "$log")"
    fi
    sleep 0.2
  done
  local_port=${BASH_REMATCH[1]}
}

close_port() {
  [[ -z $forward ]] || { kill "$forward" 2>/dev/null || true; wait "$forward" 2>/dev/null || true; }
  forward=''
}

# job_of STAGE: the name of the job that the overlay has in a stage.
job_of() {
  local object
  for object in "${listed[@]}"; do
    if [[ $object =~ ^"$1 Job "([^ ]+) ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi
  done
}

# explain NAME NAMESPACE: the last events and log lines of the pods of that name. Never fails itself.
explain() {
  local pod
  {
    printf '\n-- pods of %s\n' "$1"
    kube get pods -n "$2" -l "$name_label=$1" -o wide || true
    for pod in $(kube get pods -n "$2" -l "$name_label=$1" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || true); do
      printf '\n-- last events of %s\n' "$pod"
      kube get events -n "$2" --field-selector "involvedObject.name=$pod" --sort-by .lastTimestamp | tail -n 10 || true
      printf '\n-- last log lines of %s\n' "$pod"
      kube logs -n "$2" "$pod" --all-containers --tail 20 || true
      kube logs -n "$2" "$pod" --all-containers --tail 20 --previous 2>/dev/null || true
    done
  } >&2
}

# metrics_server_is_ours: whether it is missing, or was installed by us. A cluster's own is left alone. It is asked for once.
metrics_server_is_ours() {
  [[ -n ${metrics_owner:-} ]] ||
    metrics_owner=$(kube get apiservice v1beta1.metrics.k8s.io --ignore-not-found -o "jsonpath={.metadata.name} {.metadata.labels.${managed_label//./\\.}}") ||
    fail "the cluster does not say whether it has a metrics-server."
  metrics_owner=${metrics_owner:-none}
  [[ $metrics_owner == none || $metrics_owner == *" $manager" ]]
}

on_error() {
  local status=$?
  printf '\nFAILED: %s (exit %s at line %s)\n' "$step" "$status" "${BASH_LINENO[0]}" >&2
  exit "$status"
}
trap on_error ERR
