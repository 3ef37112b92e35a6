# shellcheck shell=bash disable=SC2154,SC2034 # the other scripts assign and use the variables
# What can be known before anything is changed: whether the cluster has room for the overlay, and whether what it holds is in the way.

preflight() {
  local present=''
  begin 'Before anything is changed'
  if $dry_run; then
    say "  requested by the pods: $(amount_of "$(requests)")   # compared with what the nodes have left"
    return
  fi
  check_namespaces
  check_volumes
  if [[ $present == *"$namespace "* ]]; then
    check_overlay_there
    check_claims
  fi
  check_capacity
}

# check_namespaces: a namespace that is being removed takes nothing new in. Those that are there go into $present.
check_namespaces() {
  local spaces name phase conditions
  spaces=$(kube get namespace "$namespace" "$namespace-host-folders" --ignore-not-found -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.conditions[?(@.status=="True")].message}{"\n"}{end}')
  while read -r name phase conditions; do
    [[ $phase != Terminating ]] ||
      fail "namespace '$name' is still being removed${conditions:+: $conditions}.
Run this again when 'kubectl get namespace $name' finds it no more. What it waits for: kubectl get all,pvc -n $name"
    present+="$name "
  done <<<"$spaces"
}

# check_volumes: a volume whose claim is gone is kept, but no other claim gets it.
check_volumes() {
  local names volumes released
  names=$(objects_of volumes | awk '$1 == "PersistentVolume" { printf "%s ", $2 }')
  [[ -n $names ]] || return 0
  volumes=$(kube get persistentvolume -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\n"}{end}')
  released=$(awk -v ours=" $names" 'index(ours, " " $1 " ") && ($2 == "Released" || $2 == "Failed") { printf "%s%s", separator, $1; separator = " " }' <<<"$volumes")
  [[ -z $released ]] || fail "the claims of these volumes were deleted, and no other claim gets them: $released (Released).
To use their data again: kubectl delete persistentvolume $released
and run this again: the folders on the node stay as they are. PostgreSQL's data needs the password of then: put it into a file for --secrets-file (postgres-credentials/postgres-password=…).
To begin anew, empty the folders on the node as well: $(folders_of "$released")"
}

folders_of() {
  awk -v wanted=" $1 " '
    function emit() { if (kind == "PersistentVolume" && index(wanted, " " name " ")) printf "%s%s", separator, path; if (path) separator = " "; kind = name = path = "" }
    /^---/ { emit(); next }
    /^kind: / { kind = $2 }
    /^  name: / { name = $2 }
    /^    path: / { path = $2 }
    END { emit() }' <<<"$rendered"
}

# check_overlay_there: whether this overlay can be applied over what is installed. The API server says so itself; it changes nothing here.
check_overlay_there() {
  local there object refused errors='' ours=()
  there=$(kube get statefulset,ingress -n "$namespace" -l "$managed_label=$manager" -o name)
  for object in $there; do
    case $object in
    statefulset*) has StatefulSet "${object#*/}" || refuse_overlay "$there" "${object#*/} is not part of overlay '$overlay' and would stay behind." ;;
    *) has Ingress "${object#*/}" || refuse_overlay "$there" "the ingress ${object#*/} is not part of overlay '$overlay' and would stay behind." ;;
    esac
  done
  # The cluster's own metrics-server has the name of ours, but not its labels.
  metrics_server_is_ours || ours=(-l "$name_label!=metrics-server")
  errors=$(kube apply -k "$(overlay_folder)" "${ours[@]}" --dry-run=server 2>&1 >/dev/null | grep -v -e '^Warning:' -e 'namespaces "[^"]*" not found' -e 'does not support dry run') || true
  refused=$(sed -n 's/^The StatefulSet "\([^"]*\)" is invalid: spec: Forbidden.*/\1/p' <<<"$errors" | tr '\n' ' ')
  [[ -z $refused ]] || refuse_overlay "$there" "the volumes of ${refused% } are other ones in overlay '$overlay', and Kubernetes does not let them be changed."
  [[ -z $errors ]] || fail "the cluster refuses the manifests; nothing was changed. $errors"
}

# list_claims: name, class and volume of each claim, one a line, between tabs.
list_claims() { kube get persistentvolumeclaim -n "$namespace" -o 'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.spec.storageClassName}{"\t"}{.spec.volumeName}{"\n"}{end}'; }

# refuse_overlay OBJECTS REASON: the cluster holds another overlay, which cannot be changed into this one. Says how to get from one to the other.
refuse_overlay() {
  local other claims kept lost here there way=''
  other=$(overlay_with "$1")
  claims=$(list_claims)
  kept=$(awk -F '\t' '$3 != "" { printf "%s ", $1 }' <<<"$claims")
  lost=$(awk -F '\t' '$1 != "" && $3 == "" { printf "%s ", $1 }' <<<"$claims")
  # Several servers of MinIO spread each object over their volumes: one alone cannot read it, nor they what one wrote.
  here=$(minio_servers)
  there=$(awk '/^data-minio-/ { count++ } END { print count + 0 }' <<<"$claims")
  if ((here != there && (here > 1 || there > 1))); then lost+=$(awk -F '\t' '$1 ~ /^data-minio-/ && $3 != "" { printf "%s ", $1 }' <<<"$claims"); fi
  if [[ -n $kept ]]; then way+=$'\n  deploy/backup.sh --to FOLDER          # what its database and its store hold'; fi
  way+=$'\n  deploy/install.sh --uninstall --overlay '${other:-dev}
  if [[ -n $lost ]]; then way+=$'\n  kubectl delete persistentvolumeclaim -n '"$namespace ${lost% }   # no use to overlay '$overlay'"; fi
  way+=$'\n  deploy/install.sh --overlay '$overlay
  if [[ -n $kept ]]; then way+=$'\n  deploy/restore.sh --from FOLDER       # unless the claims that stayed hold the data'; fi
  if [[ -n $other ]]; then other="Overlay '$other'"; else other='A bare apply of the manifests'; fi
  fail "$2
$other is installed. To replace it:$way"
}

# minio_servers: how many servers of MinIO the overlay has; nothing if it has none.
minio_servers() {
  awk '
    /^---/ { kind = ""; meta = mine = 0 }
    /^kind: / { kind = $2 }
    /^[a-z]/ { meta = ($1 == "metadata:") }
    meta && /^  name: / { mine = (kind == "StatefulSet" && $2 == "minio") }
    mine && /^  replicas: / { print $2; exit }' <<<"$rendered"
}

# overlay_with OBJECTS: the name of the overlay that has exactly these stores and ingresses, and could be applied over them; or nothing.
overlay_with() {
  local folder have said
  for folder in "$manifests"/overlays/*; do
    have=$(kubectl kustomize "$folder" | awk '
      /^kind: / { group = ($2 == "StatefulSet") ? "statefulset.apps" : ($2 == "Ingress") ? "ingress.networking.k8s.io" : "" }
      /^[a-z]/ { meta = ($1 == "metadata:") }
      meta && group && /^  name: / { print group "/" $2 }')
    [[ $(sort <<<"$have") == "$(sort <<<"$1")" ]] || continue
    said=$(kube apply -k "$folder" -l "$stage_label in (stores,platform)" --dry-run=server 2>&1) || true
    if [[ $said != *'updates to statefulset spec'* ]]; then
      basename "$folder"
      return
    fi
  done
}

# check_claims: a claim that waits for a volume of another class would wait for ever: a StatefulSet takes the claims that are there.
check_claims() {
  local class claims waiting
  class=$(awk '/^kind: / { set = ($2 == "StatefulSet") } set && $1 == "storageClassName:" { print $2; exit }' <<<"$rendered")
  [[ -n $class ]] || return 0
  claims=$(list_claims)
  waiting=$(awk -F '\t' -v class="$class" '$1 != "" && $3 == "" && $2 != class { printf "%s%s", separator, $1; separator = " " }' <<<"$claims")
  [[ -z $waiting ]] || fail "these claims wait for volumes of another class than overlay '$overlay' has ($class): $waiting
They hold nothing. Remove them and run this again: kubectl delete persistentvolumeclaim -n $namespace $waiting"
}

# Amounts of CPU and memory as Kubernetes writes them: 250m, 0.5, 512Mi, 1G, 128974848, 1e3.
quantities='
  function quantity(text,   suffix, power) {
    gsub(/"/, "", text)
    if (match(text, /[a-zA-Z]+$/) == 0) return text + 0
    suffix = substr(text, RSTART)
    text = substr(text, 1, RSTART - 1) + 0
    if (suffix == "n") return text / 1e9
    if (suffix == "u") return text / 1e6
    if (suffix == "m") return text / 1e3
    power = index("kMGTPE", toupper(substr(suffix, 1, 1)) == "K" ? "k" : substr(suffix, 1, 1))
    return text * (suffix ~ /i$/ ? 1024 : 1000) ^ power
  }'

# amount_of "CPU MEMORY": for people.
amount_of() { awk '{ printf "%.4g CPU and %.1f Gi", $1, $2 / 1024 ^ 3 }' <<<"$1"; }

# requests: what the overlay's pods request when there are the fewest of them, with the largest job beside them as in an update; then what the largest pod does.
requests() {
  awk -v skipped="${metrics_server_skipped:-}" "$quantities"'
    function emit(   count) {
      if (kind == "HorizontalPodAutoscaler") least[target] = count_of
      if ((kind == "Deployment" || kind == "StatefulSet") && name != skipped) { n++; names[n] = name; counts[n] = (count_of == "" ? 1 : count_of); cpus[n] = cpu; memories[n] = memory }
      if (kind == "Job") { if (cpu > jobcpu) jobcpu = cpu; if (memory > jobmemory) jobmemory = memory }
      kind = name = target = count_of = ""; cpu = memory = 0; depth = -1
    }
    BEGIN { depth = -1 }
    /^---/ { emit(); next }
    /^kind: / { kind = $2 }
    /^[a-z]/ { meta = ($1 == "metadata:") }
    meta && /^  name: / { name = $2 }
    !meta && /^  (replicas|minReplicas): / { count_of = $2 }
    !meta && /^    name: / { target = $2 }
    { match($0, /^ */) }
    depth >= 0 && RLENGTH <= depth { depth = -1 }
    depth >= 0 && $1 == "cpu:" { cpu += quantity($2) }
    depth >= 0 && $1 == "memory:" { memory += quantity($2) }
    $1 == "requests:" { depth = RLENGTH }
    END {
      emit()
      for (i = 1; i <= n; i++) {
        pods = (names[i] in least) ? least[names[i]] : counts[i]
        sumcpu += pods * cpus[i]; summemory += pods * memories[i]
        if (cpus[i] > topcpu) topcpu = cpus[i]
        if (memories[i] > topmemory) topmemory = memories[i]
      }
      printf "%.6f %.0f %.6f %.0f\n", sumcpu + jobcpu, summemory + jobmemory, topcpu, topmemory
    }' <<<"$rendered"
}

# check_capacity: the requests of the overlay against what the nodes that would take its pods have left beside the pods of others.
check_capacity() {
  local nodes pods wanted free message
  if ! metrics_server_is_ours; then metrics_server_skipped=metrics-server; fi
  if ! nodes=$(kube get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.spec.unschedulable}{"\t"}{.spec.taints[*].effect}{"\t"}{.status.allocatable.cpu}{"\t"}{.status.allocatable.memory}{"\n"}{end}') ||
    ! pods=$(kube get pods --all-namespaces --field-selector 'status.phase!=Succeeded,status.phase!=Failed' -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\t"}{.metadata.labels.app\.kubernetes\.io/part-of}{"\t"}{range .spec.containers[*]}{.resources.requests.cpu},{.resources.requests.memory} {end}{range .spec.initContainers[?(@.restartPolicy=="Always")]}{.resources.requests.cpu},{.resources.requests.memory} {end}{"\n"}{end}'); then
    $ignore_capacity || fail "what the nodes have left cannot be read; --ignore-capacity goes on without."
    say 'room: not known'
    return
  fi
  wanted=$(requests)
  # Free CPU and memory, those of the node with most, nodes that take pods, all nodes, CPU and memory of others.
  free=$(awk -F '\t' "$quantities"'
    FILENAME == "/dev/fd/3" {
      total++
      if ($2 == "true" || $3 ~ /(^| )No(Schedule|Execute)/) next
      count++; cpu[$1] = quantity($4); memory[$1] = quantity($5)
      next
    }
    ($1 in cpu) && $2 != "simulation-manager" {
      size = split($3, containers, " ")
      for (i = 1; i <= size; i++) { split(containers[i], parts, ","); cpu[$1] -= quantity(parts[1]); memory[$1] -= quantity(parts[2]); others += quantity(parts[1]); othersmemory += quantity(parts[2]) }
    }
    END {
      for (node in cpu) {
        if (cpu[node] > 0) sumcpu += cpu[node]
        if (memory[node] > 0) summemory += memory[node]
        if (cpu[node] > topcpu) topcpu = cpu[node]
        if (memory[node] > topmemory) topmemory = memory[node]
      }
      printf "%.6f %.0f %.6f %.0f %d %d %.6f %.0f\n", sumcpu, summemory, topcpu, topmemory, count, total, others, othersmemory
    }' /dev/fd/3 - 3<<<"$nodes" <<<"$pods")
  message="$(amount_of "$wanted") are requested, $(amount_of "$free") are free on $(awk '{ print $5 " of " $6 }' <<<"$free") nodes; pods of others request $(amount_of "$(cut -d ' ' -f 7- <<<"$free")")"
  if awk -v free="$free" '{ split(free, has, " "); for (i = 1; i <= 4; i++) if ($i > has[i] * 1.000001) exit 1 }' <<<"$wanted"; then
    say "room: $message"
  elif $ignore_capacity; then
    say "NOT ENOUGH ROOM: $message. --ignore-capacity: the pods that find none wait for nodes that are added."
  else
    fail "the cluster cannot hold overlay '$overlay': $message.
The largest pod requests $(amount_of "$(cut -d ' ' -f 3- <<<"$wanted")"), and no node has more free than $(amount_of "$(cut -d ' ' -f 3- <<<"$free")").
Free some or add a node; or lower the requests (SystemSettings.cs, then generate). --ignore-capacity installs all the same, for clusters that add nodes when pods wait."
  fi
}
