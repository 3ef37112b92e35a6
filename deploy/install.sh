#!/usr/bin/env bash
# Installs, updates or removes the system in a Kubernetes cluster. Safe to run again.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh
# shellcheck source=deploy/secrets.sh
source ./secrets.sh
# shellcheck source=deploy/images.sh
source ./images.sh
# shellcheck source=deploy/preflight.sh
source ./preflight.sh
# shellcheck source=deploy/checks.sh
source ./checks.sh

usage() {
  cat <<'TEXT'
deploy/install.sh [options]
  --overlay NAME       environment: a file of deploy/environments; dev (default: everything in the cluster, on one node's disk),
                       prod (managed stores), prod-minio or one of yours
  --context NAME       kubectl context; default: the current one
  --secrets-file FILE  lines SECRET/KEY=VALUE, or an encrypted aspirate-secrets.json (passphrase in SECRETS_PASSPHRASE)
  --admin EMAIL        address of the first admin (default: admin@simulation.local)
  --build              build the images of Api and Worker first, in the version of the manifests
TEXT
  image_usage
  cat <<'TEXT'
  --timeout SECONDS    for each thing that is waited for (default: 300)
  --manifests FOLDER   generated manifests (default: aspirate-output)
  --ignore-capacity    install although the nodes have too little left, where nodes are added for pods that wait
  --prepare            make only what the Helm chart does not: the namespace with its Secrets and settings
  --dry-run            print what would be done, in order, and do nothing
  --uninstall          remove what runs; data, secrets and the namespace stay
  --purge              with --uninstall: data, secrets and the namespace go as well
TEXT
}

build=false
uninstall=false
purge=false
prepare=false
while (($#)); do
  case $1 in
  --overlay | --context | --secrets-file | --admin | --timeout | --manifests | --load | --builder | --base)
    (($# > 1)) || fail "$1 needs a value."
    case $1 in
    --overlay) overlay=$2 ;;
    --context) context=$2 ;;
    --secrets-file) secrets_file=$2 ;;
    --admin) admin_email=$2 ;;
    --timeout) timeout_seconds=$2 ;;
    --manifests) manifests=$2 ;;
    --load) load=$2 ;;
    --builder) builder=$2 ;;
    --base) base=$2 ;;
    esac
    shift
    ;;
  --ignore-capacity) ignore_capacity=true ;;
  --dry-run) dry_run=true ;;
  --build) build=true ;;
  --prepare) prepare=true ;;
  --uninstall) uninstall=true ;;
  --purge) purge=true ;;
  --help | -h) usage; exit 0 ;;
  *) usage >&2; fail "'$1' is not understood." ;;
  esac
  shift
done
[[ $timeout_seconds =~ ^[1-9][0-9]*$ ]] || fail "--timeout is a number of seconds, not '$timeout_seconds'."
[[ $admin_email =~ ^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$ ]] || fail "--admin is an e-mail address, not '$admin_email'."
if [[ -n $load$base || $builder != dotnet ]] && ! $build; then fail "--load, --builder and --base go with --build."; fi
if $prepare && $uninstall; then fail "--prepare and --uninstall do not go together."; fi
if $purge && ! $uninstall; then fail "--purge goes with --uninstall."; fi

cleanup() {
  close_port
  forget_values
}
trap cleanup EXIT

install() {
  begin 'Namespace'
  apply_stage namespace
  begin 'Secrets'
  ensure_secrets
  begin 'Settings of this cluster'
  ensure_cluster_settings
  allow_node_dns
  begin 'Volumes'
  if [[ -n $(objects_of volumes) ]]; then
    apply_stage volumes
    if [[ -n $(job_of volumes) ]]; then await_job "$(job_of volumes)" "$namespace-host-folders" host-folders; fi
  else
    say 'none: the cluster provides them'
  fi
  begin 'PostgreSQL, MinIO'
  if [[ -n $(objects_of stores) ]]; then
    apply_stage stores
    await_workloads stores
  else
    say 'none: they are managed services'
  fi
  begin 'Redis, MQTT broker, metrics-server, Prometheus'
  install_platform
  begin 'Migration'
  apply_stage migration
  await_job "$(job_of migration)" "$namespace" migration
  begin 'Worker, Api'
  apply_stage services "$name_label=worker"
  await_rollout deployment worker "$namespace"
  apply_stage services "$name_label=api"
  await_rollout deployment api "$namespace"
}

prepare_for_helm() {
  begin 'Namespace'
  apply_stage namespace 'app.kubernetes.io/component=namespace'
  begin 'Secrets'
  ensure_secrets
  begin 'Settings of this cluster'
  ensure_cluster_settings
  say "Ready for: helm install simulation-manager deploy/helm/simulation-manager --namespace $namespace -f deploy/environments/$overlay.json"
}

# Browsers fetch recordings from the object store itself, so the API must know the store's address as they see it.
ensure_cluster_settings() {
  local existing node
  if ! has StatefulSet minio || has Ingress api; then
    say 'none are needed'
  elif $dry_run; then
    say "  kubectl create configmap cluster-settings -n $namespace --from-literal=Storage__PublicEndpoint=http://NODE:30333   # unless it exists"
  else
    existing=$(kube get configmap cluster-settings -n "$namespace" --ignore-not-found -o name)
    if [[ -n $existing ]]; then
      say 'configmap cluster-settings is there, and stays as it is'
      return
    fi
    node=$(node_address)
    kube create configmap cluster-settings -n "$namespace" --from-literal="Storage__PublicEndpoint=http://$node:30333"
  fi
}

# A cache of DNS on each node has addresses of its own, which no policy can name by its pods: they are the node's.
allow_node_dns() {
  local arguments address peers=''
  if $dry_run; then
    say '  kubectl apply -f -   # networkpolicy dns-on-node, if the cluster has a DNS cache on its nodes'
    return
  fi
  arguments=$(kube get daemonset node-local-dns nodelocaldns -n kube-system --ignore-not-found -o 'jsonpath={.items[*].spec.template.spec.containers[*].args}')
  [[ $arguments =~ \"-localip\",\"([0-9a-fA-F.:,]+)\" ]] || return 0
  for address in ${BASH_REMATCH[1]//,/ }; do
    if [[ $address == *:* ]]; then address+=/128; else address+=/32; fi
    peers+="{ipBlock: {cidr: \"$address\"}}, "
  done
  say "a DNS cache on the nodes answers at ${BASH_REMATCH[1]}: pods may ask it"
  kube apply -f - <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dns-on-node
  namespace: $namespace
  labels: {$managed_label: $manager}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [${peers%, }]
    ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
YAML
}

install_platform() {
  if $dry_run || metrics_server_is_ours; then
    apply_stage platform
    await_workloads platform
  else
    say 'the cluster has a metrics-server of its own, which stays'
    apply_stage platform "$name_label!=metrics-server"
    await_workloads platform metrics-server
  fi
}

check() {
  begin 'Connections'
  if $dry_run; then
    if has StatefulSet postgres; then say '  kubectl exec statefulset/postgres: select 1'; fi
    if has StatefulSet redis; then say '  kubectl exec statefulset/redis: ping'; fi
    if has StatefulSet minio; then say '  GET service/minio /minio/health/ready'; fi
    say '  GET service/api /health'
    say "  POST service/api /api/auth/signup ($admin_email, unless there is an admin), /api/auth/signin"
    return
  fi
  check_stores
  check_api
  begin 'Ready'
  print_addresses
}

remove() {
  begin 'Remove what runs'
  change delete -k "$(overlay_folder)" -l "$stage_label in (services,migration,platform,stores),$name_label!=metrics-server" --ignore-not-found
  change delete configmap,job -n "$namespace" -l "$managed_label=$manager" --ignore-not-found
  change delete networkpolicy dns-on-node -n "$namespace" --ignore-not-found
  if [[ -n $(job_of volumes) ]]; then change delete job -n "$namespace-host-folders" -l "$managed_label=$manager" --ignore-not-found; fi
  if $dry_run || metrics_server_is_ours; then
    begin 'Remove metrics-server, unless it is the cluster'\''s own'
    change delete -k "$(overlay_folder)" -l "$name_label=metrics-server" --ignore-not-found
  fi
  if ! $purge; then
    say "Data (claims and volumes), secrets and the namespace '$namespace' are still there; --purge removes them."
    return
  fi
  begin 'Remove data, secrets and the namespace'
  change delete persistentvolumeclaim -n "$namespace" --all --ignore-not-found
  change delete -k "$(overlay_folder)" -l "$stage_label in (namespace,volumes)" --ignore-not-found
  if [[ -n $(objects_of volumes) ]]; then say "Folders on the node's own disk are not reachable from here: remove /var/lib/robot there."; fi
}

# check_build: whether the images can be built for this cluster. An image is not built again under a version that ran here: the nodes would keep
# the old one, and the cluster the finished migration.
check_build() {
  local image reference used
  check_image_options
  if $dry_run; then return; fi
  check_image_tools
  for image in "${own_images[@]}"; do
    reference=$(image_of "$image")
    # Jobs that came to their end, and pods that got their image: those that wait for it are no reason.
    used=$(kube get jobs,pods -n "$namespace" -l "$managed_label=$manager,app.kubernetes.io/version=${reference##*:}" -o 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.status.succeeded}{.status.containerStatuses[*].imageID}{"\n"}{end}')
    used=$(awk 'NF > 1 { print $1 }' <<<"$used")
    if [[ -n $(registry_of "$reference") ]] && is_pushed "$reference"; then used=$reference; fi
    [[ -z $used ]] || fail "version ${reference##*:} is in use already ($(head -n 1 <<<"$used")), and a version is never built twice. Install it without --build, or bring the next one: deploy/server-renew.sh."
  done
}

need kubectl awk sed base64 curl
if $dry_run; then say 'Dry run: nothing is changed.'; fi
check_overlay
if ! $dry_run; then check_cluster; fi
if $uninstall; then
  remove
elif $prepare; then
  prepare_values
  prepare_for_helm
else
  if $build; then check_build; fi
  prepare_values
  preflight
  if $build; then bring_images; fi
  install
  check
fi
