# shellcheck shell=bash disable=SC2154 # common.sh assigns the variables
# Waiting for pods, and ending the wait as soon as it is in vain. The reason, and what to do, is in $trouble.

look_seconds=${LOOK_SECONDS:-10}         # how often the pods are looked at while a rollout is waited for
patience_seconds=${PATIENCE_SECONDS:-60} # how long a pod may find no node: volumes are still being made, or nodes added
trouble=''

# rolled_out KIND NAME NAMESPACE: waits until a Deployment or StatefulSet runs with all its pods. If it will not, explains and returns 1.
rolled_out() {
  local deadline=$((SECONDS + timeout_seconds)) status said='' waiting=''
  if $dry_run; then
    change rollout status "$1/$2" -n "$3" --timeout "${timeout_seconds}s"
    return 0
  fi
  pending_since=''
  while true; do
    if status=$(kube rollout status "$1/$2" -n "$3" --timeout "${look_seconds}s" 2>&1 </dev/null); then
      enough_pods "$@" && { say "${status##*$'\n'}"; return 0; }
      waiting=$trouble
    elif [[ $status == *'timed out'* || $status == *'deadline exceeded'* ]]; then
      waiting=$(grep -v '^error:' <<<"$status" | tail -n 1) || true
      if is_hopeless "$2" "$3"; then break; fi
    else
      trouble=${status##*$'\n'}
      break
    fi
    [[ $waiting == "$said" ]] || say "$waiting"
    said=$waiting
    if ((SECONDS >= deadline)); then
      trouble="It took longer than $timeout_seconds s (--timeout)."
      break
    fi
    sleep "$poll_seconds"
  done
  explain "$2" "$3"
  return 1
}

# enough_pods KIND NAME NAMESPACE: whether a workload has the pods that its autoscaler wants at least. A rollout ends before the autoscaler
# has looked: with the one pod that a Deployment without a number gets. And it never looks at a workload that was scaled to 0.
enough_pods() {
  local least=${least_pods[$2]:-} wanted available pods
  [[ -n $least ]] || return 0
  pods=$(kube get "$1/$2" -n "$3" -o 'jsonpath={.spec.replicas} {.status.availableReplicas}') || fail "$1 $2 cannot be read (step: $step)."
  read -r wanted available <<<"$pods"
  if ((wanted == 0)); then
    say "$2 was scaled to 0, where its autoscaler does nothing: it gets $least pods again"
    kube scale "$1/$2" -n "$3" --replicas "$least" || fail "$2 cannot be scaled to $least pods (step: $step)."
  fi
  trouble="Waiting for $1 \"$2\": ${available:-0} of at least $least pods are available..."
  ((${available:-0} >= least))
}

# What the newest pods wait for: hash of their template, name, why no node takes them, why their containers do not start.
pod_states='{range .items[*]}{.metadata.labels.pod-template-hash}{.metadata.labels.controller-revision-hash}{.metadata.labels.batch\.kubernetes\.io/controller-uid}{"\t"}{.metadata.deletionTimestamp}{"\t"}{.metadata.name}{"\t"}{.status.conditions[?(@.reason=="Unschedulable")].message}{"\t"}{range .status.containerStatuses[*]}{.state.waiting.reason}: {.state.waiting.message}; {end}{"\n"}{end}'

# is_hopeless NAME NAMESPACE: whether the pods of the newest template wait for what will not come by itself.
is_hopeless() {
  local states pod unschedulable waiting
  states=$(kube get pods -n "$2" -l "$name_label=$1" --sort-by=.metadata.creationTimestamp -o "jsonpath=$pod_states") || fail "the pods of $1 cannot be read (step: $step)."
  while IFS=$'\037' read -r pod unschedulable waiting; do
    case $waiting in
    *ImagePullBackOff:* | *ErrImageNeverPull:* | *InvalidImageName:*)
      trouble="Pod $pod cannot get its image: ${waiting%; }
$(image_advice "$waiting")"
      return 0
      ;;
    *CreateContainerConfigError:* | *CreateContainerError:*)
      trouble="Pod $pod cannot start: ${waiting%; }
Make what is missing (the Secrets of this overlay and their keys: $(overlay_folder)/secrets.tsv) and run this again."
      return 0
      ;;
    *) ;;
    esac
    if [[ -n $unschedulable ]] && has_waited_long "$unschedulable"; then
      trouble="No node takes pod $pod: $unschedulable
$(advice_on_scheduling "$unschedulable")"
      return 0
    fi
  done < <(awk -F '\t' -v OFS='\037' '
    NF >= 5 && $2 == "" { count++; hash[count] = $1; name[count] = $3; node[count] = $4; wait[count] = $5; newest = $1 }
    END { for (i = 1; i <= count; i++) if (hash[i] == newest) print name[i], node[i], wait[i] }' <<<"$states")
  [[ $1 == metrics-server ]] && kubelets_are_refused "$2"
}

# has_waited_long MESSAGE: whether a pod has been without a node for long. Where nodes are added for pods that wait, room is worth waiting for.
has_waited_long() {
  if $ignore_capacity && [[ $1 == *Insufficient* ]]; then return 1; fi
  pending_since=${pending_since:-$SECONDS}
  ((SECONDS - pending_since >= patience_seconds))
}

# image_advice TEXT: what to do about the image that a text of the kubelet says it cannot get.
image_advice() {
  case $1 in
  *localhost/simulationmanager-*) say "The nodes do not have it, and environment '$overlay' has no registry to get it from. Build it and load it into them:
  deploy/install.sh --overlay $overlay --build --load kind    # or minikube, k3s, containerd
or name a registry in deploy/environments/$overlay.json, run generate, and build it into that: deploy/install.sh --overlay $overlay --build" ;;
  *simulationmanager-*) say "Its registry does not have it, or does not let the nodes read it. Build and push it: deploy/install.sh --overlay $overlay --build" ;;
  *) say "The nodes do not reach its registry, or must sign in there. Another place for it: 'images' in deploy/environments/$overlay.json, then generate." ;;
  esac
}

advice_on_scheduling() {
  case $1 in
  *PersistentVolumeClaim*) printf 'Its claim has no volume (kubectl get pvc,pv -A). Give the cluster a default storage class, or set storageClass in deploy/environments/NAME.json and run generate.' ;;
  *Insufficient*) printf 'The nodes have too little left for what it requests: free some, or add a node.' ;;
  *taint*) printf 'The nodes that are free are kept for other pods, or are not ready: kubectl describe nodes.' ;;
  *) printf 'See: kubectl describe nodes.' ;;
  esac
}

# kubelets_are_refused NAMESPACE: metrics-server gets no figures since the kubelets cannot prove who they are.
kubelets_are_refused() {
  local line
  line=$(kube logs -n "$1" -l "$name_label=metrics-server" --tail 50 2>/dev/null | grep -m 1 'x509: ') || return 1
  line=${line##*x509: }
  trouble="It does not accept the kubelets' certificates: ${line%%\"*}.
Set 'serverTLSBootstrap: true' in the kubelets' configuration, restart them and approve what they ask for (kubectl get csr; kubectl certificate approve NAME). On a cluster for trying things out, overlay dev accepts any kubelet."
}
