# shellcheck shell=bash disable=SC2034,SC2154 # the other scripts assign and use the variables
# Building the images of Api and Worker, and bringing them to where the nodes get them: the registry of the environment, or the nodes themselves.
# Where each image goes is in the manifests, so that what is built is what is asked for.

own_images=(api worker)
builder=dotnet
base=''
load=''

image_usage() {
  cat <<'TEXT'
  --load TOOL          load the images into the nodes: kind, minikube, k3s or containerd (the last two: of this machine, as root or by sudo).
                       Without it they go to the environment's registry; if it has none, they stay in this machine's engine
  --builder TOOL       dotnet (default: no container engine needed with --load or a registry), docker or podman (deploy/Dockerfile)
  --base IMAGE         base image instead of Microsoft's chiseled ASP.NET one
TEXT
}

# check_image_options: whether they can be followed in this environment.
check_image_options() {
  local image reference
  case $builder in dotnet | docker | podman) ;; *) fail "--builder is dotnet, docker or podman, not '$builder'." ;; esac
  case $load in '' | kind | minikube | k3s | containerd) ;; *) fail "--load is kind, minikube, k3s or containerd, not '$load'." ;; esac
  for image in "${own_images[@]}"; do
    reference=$(image_of "$image")
    [[ $reference == */"simulationmanager-$image":* && $reference != *@* ]] ||
      fail "environment '$overlay' sets the image of $image itself ($reference): take 'images.$image' out of its file, or install what you have built without --build."
    [[ -z $load || -z $(registry_of "$reference") ]] || fail "environment '$overlay' has the registry $(registry_of "$reference"): the images are pushed there, and --load is for environments without one."
  done
}

check_image_tools() {
  if [[ $builder != dotnet && -n ${DdsFiles-} ]]; then
    case $(dds_folder) in ../* | artifacts | artifacts/*) fail "DdsFiles is '$DdsFiles', which a build by $builder does not see: it has to be a folder in $repository, and not in its artifacts." ;; *) ;; esac
  fi
  if [[ $builder != dotnet ]]; then need "$builder"; else need dotnet; fi
  case $load in
  '') ;;
  containerd) need ctr ;;
  *) need "$load" ;;
  esac
}

# bring_images: builds each image and brings it to where the nodes get it.
bring_images() {
  local image
  for image in "${own_images[@]}"; do
    begin "Image: $image"
    build_image "$image" "$(image_of "$image")"
    load_image "$(archive_of "$image" "$(image_of "$image")")"
  done
}

# registry_of REFERENCE: the registry that the image is pushed to; nothing for one that the nodes must have themselves.
registry_of() { if [[ $1 != localhost/* ]]; then printf '%s' "${1%%/*}"; fi; }

archive_of() { printf '%s/artifacts/simulationmanager-%s-%s.tar' "$repository" "$1" "${2##*:}"; }

# build_image NAME REFERENCE: builds and pushes it, or writes it to an archive that can be loaded.
build_image() {
  local reference=$2 archive registry name arguments
  registry=$(registry_of "$reference")
  archive=$(archive_of "$1" "$reference")
  name=${reference%:*}
  if [[ $builder == dotnet ]]; then
    arguments=("$repository/SimulationManager.${1^}/SimulationManager.${1^}.csproj" -c Release -t:PublishContainer "-p:ContainerRepository=${name#"${registry:+$registry/}"}" "-p:ContainerImageTag=${reference##*:}")
    if [[ -n $base ]]; then arguments+=("-p:ContainerBaseImage=$base"); fi
    if [[ -n $registry ]]; then arguments+=("-p:ContainerRegistry=$registry"); fi
    if [[ -n $load ]]; then arguments+=("-p:ContainerArchiveOutputPath=$archive"); fi
    run dotnet publish "${arguments[@]}"
    return
  fi
  arguments=(-f "$repository/deploy/Dockerfile" --target "$1" -t "$reference")
  if [[ -n $base ]]; then arguments+=(--build-arg "BASE=$base"); fi
  if [[ -n ${DdsFiles-} ]]; then arguments+=(--build-arg "DDS_FILES=$(dds_folder)"); fi
  run "$builder" build "${arguments[@]}" "$repository"
  if [[ -n $registry ]]; then run "$builder" push "$reference"; fi
  if [[ -n $load ]]; then
    run mkdir -p "${archive%/*}"
    # podman adds to an archive that is there.
    run rm -f "$archive"
    run "$builder" save -o "$archive" "$reference"
  fi
}

# dds_folder: the folder of the environment variable DdsFiles as the build of deploy/Dockerfile sees it.
dds_folder() { realpath -m --relative-to="$repository" "$DdsFiles"; }

# load_image ARCHIVE: an archive serves every tool, whichever engine built it, and keeps the image's name.
load_image() {
  local as_root=()
  ((EUID == 0)) || as_root=(sudo)
  case $load in
  kind) if [[ $context == kind-* ]]; then run kind load image-archive "$1" --name "${context#kind-}"; else run kind load image-archive "$1"; fi ;;
  minikube) run minikube image load "$1" ${context:+-p "$context"} ;;
  k3s) run "${as_root[@]}" k3s ctr images import "$1" ;;
  containerd) run "${as_root[@]}" ctr -n k8s.io images import "$1" ;;
  *) ;;
  esac
}

# is_pushed REFERENCE: whether its registry has the image. One that wants a sign-in, or does not answer, cannot be asked, which is said.
is_pushed() {
  local registry path status scheme=https
  registry=$(registry_of "$1")
  path=${1%:*}
  if [[ $registry == localhost:* || $registry == 127.* ]]; then scheme=http; fi
  status=$(curl --silent --head --max-time 10 --output /dev/null --write-out '%{http_code}' --header 'Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json' \
    "$scheme://$registry/v2/${path#*/}/manifests/${1##*:}") || status=000
  case $status in
  200) return 0 ;;
  404) return 1 ;;
  *) say "$registry does not say whether it has $1 (HTTP $status): not checked"; return 1 ;;
  esac
}
