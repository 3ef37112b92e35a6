# shellcheck shell=bash disable=SC2154 # common.sh assigns the variables
# The Secrets of an installation: made once, from generated values or a given file, and never changed by a second run.
# Values stay in files of a private temporary folder, never in arguments, where other users of the machine could read them.

secrets_file=''
values=''

# prepare_values: a private folder, with one file SECRET/KEY for each value of --secrets-file.
prepare_values() {
  values=$(mktemp -d)
  chmod 700 "$values"
  [[ -n $secrets_file ]] || return 0
  [[ -r $secrets_file ]] || fail "the secrets file '$secrets_file' cannot be read."
  local line name lines
  if [[ $secrets_file == *.json ]]; then
    need dotnet
    # Built apart, and without a launch profile: both would say something among the values.
    dotnet build "$repository/SimulationManager.AppHost" --verbosity quiet --nologo >&2 || fail 'the AppHost, which opens the file, does not build.'
    lines=$(dotnet run --no-build --no-launch-profile --project "$repository/SimulationManager.AppHost" -- secrets --file "$secrets_file" --show) ||
      fail "'$secrets_file' cannot be opened; is SECRETS_PASSPHRASE right?"
  else
    lines=$(<"$secrets_file")
  fi
  while IFS= read -r line; do
    [[ -n $line && $line != \#* ]] || continue
    name=${line%%=*}
    [[ $name =~ ^[a-z0-9.-]+/[A-Za-z0-9._-]+$ && $line == *=* ]] || fail "in $secrets_file: '${name:0:60}' is not SECRET/KEY=VALUE."
    put_value "${name%%/*}" "${name#*/}" "${line#*=}"
  done <<<"$lines"
}

forget_values() { [[ -z $values ]] || rm -rf "$values"; }

put_value() {
  [[ -d $values/$1 ]] || mkdir "$values/$1"
  printf '%s' "$3" >"$values/$1/$2"
}

# random LENGTH CHARACTERS
random() { LC_ALL=C tr -dc "$2" </dev/urandom 2>/dev/null | head -c "$1" || true; }

uri_encode() {
  local LC_ALL=C text=$1 out='' at character code
  for ((at = 0; at < ${#text}; at++)); do
    character=${text:at:1}
    case $character in
    [A-Za-z0-9._~-]) out+=$character ;;
    *) printf -v code '%d' "'$character"; printf -v code '%%%02X' $((code & 255)); out+=$code ;;
    esac
  done
  printf '%s' "$out"
}

# make_value SECRET KEY RULE ARGUMENT: the value that the rule of secrets.tsv asks for, unless the file gave one.
make_value() {
  [[ ! -f $values/$1/$2 ]] || return 0
  case $3 in
  # The special characters are those that need no escape in a URI, a connection string or a shell.
  generate) put_value "$1" "$2" "$(random 1 'A-Za-z')$(random $((${4} + 1)) 'A-Za-z0-9._~-')" ;;
  generate-alphanumeric) put_value "$1" "$2" "$(random $(($4 + 2)) 'A-Za-z0-9')" ;;
  default) put_value "$1" "$2" "$4" ;;
  uri-of) put_value "$1" "$2" "$(uri_encode "$(<"$values/$1/$4")")" ;;
  given) fail "overlay '$overlay' needs '$1/$2' ($4): write '$1/$2=…' into a file and give it with --secrets-file." ;;
  *) fail "secrets.tsv has the rule '$3', which is not known." ;;
  esac
}

# ensure_secrets: makes each Secret of the overlay that is not there; one that is there keeps its values.
ensure_secrets() {
  local list secret existing key rule argument
  list="$(overlay_folder)/secrets.tsv"
  while read -r secret; do
    if $dry_run; then
      say "  kubectl create secret generic $secret -n $namespace   # unless it exists; keys: $(awk -F '\t' -v s="$secret" '$1 == s { printf "%s ", $2 }' "$list")"
      continue
    fi
    existing=$(kube get secret "$secret" -n "$namespace" --ignore-not-found -o name)
    if [[ -n $existing ]]; then
      say "secret $secret is there, and stays as it is"
      continue
    fi
    # Keys that are derived from others come after them.
    while IFS=$'\t' read -r _ key rule argument; do
      make_value "$secret" "$key" "$rule" "$argument"
    done < <(awk -F '\t' -v s="$secret" '$1 == s && $3 != "uri-of"' "$list"; awk -F '\t' -v s="$secret" '$1 == s && $3 == "uri-of"' "$list")
    create_secret "$secret"
  done < <(grep -v '^#' "$list" | cut -f 1 | sort -u)
}

create_secret() {
  kube create secret generic "$1" -n "$namespace" --from-file="$values/$1"
  kube label secret "$1" -n "$namespace" app.kubernetes.io/part-of=simulation-manager >/dev/null
}

# stored SECRET KEY: a value that the cluster has, or nothing.
stored() { kube get secret "$1" -n "$namespace" --ignore-not-found -o "jsonpath={.data.$2}" | base64 -d; }
