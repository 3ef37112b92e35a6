# shellcheck shell=bash disable=SC2154,SC2034 # common.sh assigns the variables; backup.sh and restore.sh use them
# How backup and restore reach the stores: those in the cluster through kubectl, those outside by --database and --storage.
# Any S3-compatible store will do: everything goes through signed requests of curl.

bucket=rosbag-data
database_name=robotdb
direct_database=''
direct_storage=''
private=''

store_usage() {
  cat <<'TEXT'
  --context NAME       kubectl context; default: the current one
  --database URI       postgresql://user@host:port/name of a server outside the cluster; its password in PGPASSWORD
  --storage URL        S3 endpoint outside the cluster; keys in S3_ACCESS_KEY and S3_SECRET_KEY, region in S3_REGION
  --bucket NAME        default: rosbag-data
TEXT
}

# read_store_options OPTION ARGUMENTS…: reads the arguments of a script whose own option OPTION names a folder, into store_folder
# (absolute) and the variables above. The script has a function "usage".
store_folder=''
read_store_options() {
  local own=$1
  shift
  while (($#)); do
    case $1 in
    "$own" | --context | --database | --storage | --bucket)
      (($# > 1)) || fail "$1 needs a value."
      case $1 in
      "$own") store_folder=$2 ;;
      --context) context=$2 ;;
      --database) direct_database=$2 ;;
      --storage) direct_storage=$2 ;;
      --bucket) bucket=$2 ;;
      esac
      shift
      ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; fail "'$1' is not understood." ;;
    esac
    shift
  done
  [[ -n $store_folder ]] || { usage >&2; fail "$own is missing."; }
  [[ $store_folder == /* ]] || store_folder="$OLDPWD/$store_folder"
}

close_stores() {
  close_port
  [[ -z $private ]] || rm -rf "$private"
}

open_stores() {
  private=$(mktemp -d)
  chmod 700 "$private"
  trap close_stores EXIT
  if [[ -n $direct_storage ]]; then
    endpoint=${direct_storage%/}
    : "${S3_ACCESS_KEY:?is not set}" "${S3_SECRET_KEY:?is not set}"
  else
    open_cluster_storage
  fi
  # Keys go through a file that only we can read: arguments can be read by everyone on the machine.
  printf 'user = "%s:%s"\naws-sigv4 = "aws:amz:%s:s3"\n' "$S3_ACCESS_KEY" "$S3_SECRET_KEY" "${S3_REGION:-us-east-1}" >"$private/curl"
}

open_cluster_storage() {
  S3_ACCESS_KEY=$(kube get secret minio-credentials -n "$namespace" -o 'jsonpath={.data.user}' | base64 -d)
  S3_SECRET_KEY=$(kube get secret minio-credentials -n "$namespace" -o 'jsonpath={.data.minio-rootPassword}' | base64 -d)
  open_port minio 9000 "$private/forward"
  endpoint="http://127.0.0.1:$local_port"
}

# s3 METHOD PATH [CURL ARGUMENTS…]: a signed request; fails on any answer but 2xx.
s3() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --config "$private/curl" --request "$method" --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@" "$endpoint/$path"
}

uri_path() {
  local LC_ALL=C text=$1 out='' at character code
  for ((at = 0; at < ${#text}; at++)); do
    character=${text:at:1}
    case $character in
    [A-Za-z0-9._~/-]) out+=$character ;;
    *) printf -v code '%d' "'$character"; printf -v code '%%%02X' $((code & 255)); out+=$code ;;
    esac
  done
  printf '%s' "$out"
}

# list_objects: every key of the bucket, one a line.
list_objects() {
  local token='' page
  while true; do
    page=$(s3 GET "$bucket?list-type=2${token:+&continuation-token=$(uri_path "$token" | sed 's|/|%2F|g')}") || return 1
    grep -o '<Key>[^<]*</Key>' <<<"$page" | sed 's|</\?Key>||g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'\''/g; s/&apos;/'\''/g; s/&amp;/\&/g' || true
    token=$(sed -n 's|.*<NextContinuationToken>\([^<]*\)</NextContinuationToken>.*|\1|p' <<<"$page" | head -n 1)
    [[ -n $token ]] || return 0
  done
}

# postgres TOOL ARGUMENTS…: a tool of PostgreSQL in the database's pod, on its database.
# shellcheck disable=SC2016 # the variables are the container's
in_postgres='export PGHOST=127.0.0.1 PGUSER="$POSTGRES_USER" PGPASSWORD="$POSTGRES_PASSWORD" PGDATABASE="$POSTGRES_DB"; exec "$@"'
postgres() { kube exec -i -n "$namespace" statefulset/postgres -- sh -c "$in_postgres" postgres "$@"; }

# dump_database: the database in PostgreSQL's custom format.
dump_database() {
  if [[ -n $direct_database ]]; then
    pg_dump --format=custom --no-owner --dbname "$direct_database"
  else
    postgres pg_dump --format=custom --no-owner </dev/null
  fi
}

# read_dump FILE [OPTIONS…]: the SQL of a dump; fails where the dump ends too early.
read_dump() {
  local file=$1
  shift
  if [[ -n $direct_database ]]; then
    pg_restore --file=- "$@" "$file"
  else
    postgres pg_restore --file=- "$@" <"$file"
  fi
}

# query SQL: the rows, one a line.
query() {
  if [[ -n $direct_database ]]; then
    psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$direct_database" --command "$1"
  else
    postgres psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1" </dev/null
  fi
}

# fill_database FILE: what is in the file takes the place of what is in the database, all or nothing.
fill_database() {
  local options=(--clean --if-exists --no-owner --single-transaction --exit-on-error)
  if [[ -n $direct_database ]]; then
    pg_restore "${options[@]}" --dbname "$direct_database" "$1"
  else
    # shellcheck disable=SC2016
    postgres sh -c 'exec pg_restore "$@" --dbname "$PGDATABASE"' pg_restore "${options[@]}" <"$1"
  fi
}

migrations='__EFMigrationsHistory'

# schema_here: the migrations that the database has, one a line, oldest first; nothing in an empty database.
schema_here() {
  [[ $(query "select to_regclass('\"$migrations\"') is not null") == t ]] || return 0
  query "select migration_id from \"$migrations\" order by migration_id"
}

# schema_of FILE: the migrations that the database of a dump had.
schema_of() { read_dump "$1" --data-only --table "$migrations" | awk '/^COPY /{ rows = 1; next } /^\\\.$/{ rows = 0 } rows { print $1 }' | LC_ALL=C sort; }
