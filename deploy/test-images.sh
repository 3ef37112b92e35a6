#!/usr/bin/env bash
# Builds both images without any registry but one on this machine: a base from Debian packages and this machine's .NET runtime,
# "dotnet publish -t:PublishContainer" on top of it. Then runs a command with IMAGES_UNDER_TEST set to where they are, by default
# the test that runs them under podman through the main job.
set -Eeuo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh

port=${REGISTRY_PORT:-5555}
root=${BASE_ROOT:-$repository/artifacts/base-root}
work=$(mktemp -d)
registry_process=''

cleanup() {
  [[ -z $registry_process ]] || { kill "$registry_process" 2>/dev/null || true; wait "$registry_process" 2>/dev/null || true; }
  rm -rf "$work"
}
trap cleanup EXIT

need podman runc docker-registry debootstrap dotnet curl
[[ $(id -u) == 0 ]] || fail 'debootstrap needs root.'

export CONTAINERS_CONF="$repository/deploy/containers.conf"

start_registry() {
  cat >"$work/registry.yml" <<YAML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
YAML
  docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
  registry_process=$!
  local deadline=$((SECONDS + 20))
  until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/v2/"; do
    if ! kill -0 "$registry_process" 2>/dev/null || ((SECONDS >= deadline)); then fail "the registry does not start: $(tail -n 2 "$work/registry.log")"; fi
    sleep 0.2
  done
}

make_base() {
  local runtime
  if [[ ! -d $root ]]; then
    # Made beside its place and moved there whole: what was interrupted is not taken for a base.
    mkdir -p "$(dirname "$root")"
    rm -rf "$root.partial"
    debootstrap --variant=minbase --include=libicu72,libssl3,zlib1g,libstdc++6,ca-certificates,tzdata bookworm "$root.partial" >"$work/debootstrap.log" 2>&1 ||
      fail "the base could not be made: $(tail -n 3 "$work/debootstrap.log")"
    rm -rf "$root.partial"/var/cache/apt/archives/*.deb "$root.partial"/var/lib/apt/lists/* "$root.partial"/usr/share/{doc,man,locale}
    runtime=$(dirname "$(readlink -f "$(command -v dotnet)")")
    mkdir -p "$root.partial/usr/lib/dotnet"
    cp -a "$runtime"/{dotnet,host,shared} "$root.partial/usr/lib/dotnet/"
    ln -sf /usr/lib/dotnet/dotnet "$root.partial/usr/bin/dotnet"
    mv "$root.partial" "$root"
  fi
  tar -C "$root" -c . | podman import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "localhost:$port/dotnet-base:1" >/dev/null
  podman push --quiet --tls-verify=false "localhost:$port/dotnet-base:1" >/dev/null
}

publish() {
  local arguments=()
  if [[ $1 == Worker && -d $work/dds ]]; then arguments=("-p:DdsFiles=$work/dds"); fi
  dotnet publish "$repository/SimulationManager.$1" "${arguments[@]}" -c Release -v q --nologo -t:PublishContainer "-p:ContainerBaseImage=localhost:$port/dotnet-base:1" \
    "-p:ContainerRegistry=localhost:$port" "-p:ContainerImageTag=test" || fail "the image of $1 could not be built."
}

begin 'Registry'
start_registry
begin 'Base image'
make_base
if [[ ${1:-} == --base-only ]]; then exit 0; fi
# Of this machine, where it is the distribution of the base.
if grep -q '^VERSION_CODENAME=bookworm' /etc/os-release && ldconfig -p | grep -q 'libddsc\.so\.0'; then
  begin 'Files for DDS'
  ./dds-files.sh "$work/dds"
  export DDS_IN_IMAGE=true
fi
export DOTNET_CONTAINER_INSECURE_REGISTRIES="localhost:$port"
for project in Api Worker; do
  begin "Image: $project"
  publish "$project"
  podman pull --quiet --tls-verify=false "localhost:$port/simulationmanager-${project,,}:test" >/dev/null
done
begin 'Under podman'
export IMAGES_UNDER_TEST="localhost:$port"
if (($#)); then "$@"; else dotnet test "$repository/SimulationManager.Tests" --no-build --filter 'FullyQualifiedName~Kubernetes.ImageTests'; fi
