# shellcheck shell=bash disable=SC2154 # common.sh and secrets.sh assign the variables
# Whether an installation works: each store answers, the API is healthy, and a person can sign in.

admin_email=admin@simulation.local
admin_secret=admin-login

# request METHOD URL [BODY]: status code in $status, body in $answer. The body goes through a file, since it may hold a password.
request() {
  printf '%s' "${3:-}" >"$values/request"
  status=$(curl --silent --show-error --max-time 30 --request "$1" --output "$values/answer" --write-out '%{http_code}' \
    ${3:+--header 'Content-Type: application/json' --data-binary "@$values/request"} "$2") || fail "$2 does not answer."
  answer=$(<"$values/answer")
}

check_stores() {
  local reply
  if has StatefulSet postgres; then
    # shellcheck disable=SC2016 # the variables are the container's
    reply=$(kube exec -n "$namespace" statefulset/postgres -- sh -c 'PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U "$POSTGRES_USER" -d robotdb -tAc "select 1"') || reply=''
    [[ $reply == 1 ]] || { explain postgres "$namespace"; fail "PostgreSQL does not accept its own password. If data of an earlier installation is there, its Secret must be as well."; }
    say "PostgreSQL answers"
  fi
  if has StatefulSet redis; then
    # shellcheck disable=SC2016
    # redis-cli ends with 0 whatever it was told: only its words count.
    reply=$(kube exec -n "$namespace" statefulset/redis -- sh -c 'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli ping 2>&1') || reply+=' (failed)'
    [[ $reply == PONG ]] || { explain redis "$namespace"; fail "Redis does not accept its own password, or does not answer: $reply"; }
    say "Redis answers"
  fi
  if has StatefulSet minio; then
    open_port minio 9000 "$values/forward"
    request GET "http://127.0.0.1:$local_port/minio/health/ready"
    close_port
    [[ $status == 200 ]] || { explain minio "$namespace"; fail "MinIO is not ready (HTTP $status)."; }
    say "MinIO answers"
  fi
}

check_api() {
  open_port api 8080 "$values/forward"
  request GET "http://127.0.0.1:$local_port/health"
  [[ $status == 200 ]] || { explain api "$namespace"; fail "the API is not healthy (HTTP $status): $answer"; }
  say "API is healthy"
  check_sign_in
  close_port
}

check_sign_in() {
  local password email
  password=$(stored "$admin_secret" password)
  email=$(stored "$admin_secret" email)
  if [[ -z $password ]]; then
    password=$(random 24 'A-Za-z0-9')
    email=$admin_email
    request POST "http://127.0.0.1:$local_port/api/auth/signup" \
      "$(printf '{"email":"%s","password":"%s","password_confirm":"%s","role":"admin"}' "$email" "$password" "$password")"
    case $status in
    201) keep_admin "$email" "$password" ;;
    403 | 409) say "An admin exists already and its password is not known here: sign-in was not tried."; return ;;
    *) explain api "$namespace"; fail "the first admin could not be made (HTTP $status): $answer" ;;
    esac
  fi
  request POST "http://127.0.0.1:$local_port/api/auth/signin" "$(printf '{"email":"%s","password":"%s"}' "$email" "$password")"
  case $status in
  200) say "Sign-in works" ;;
  401)
    [[ -z ${first_password:-} ]] || { explain api "$namespace"; fail "the admin that was just made cannot sign in (HTTP 401): $answer"; }
    say "The admin has changed the first password: sign-in was not tried with the new one."
    ;;
  *) explain api "$namespace"; fail "sign-in failed (HTTP $status): $answer" ;;
  esac
}

keep_admin() {
  put_value "$admin_secret" email "$1"
  put_value "$admin_secret" password "$2"
  create_secret "$admin_secret"
  first_password=$2
}

node_address() { kube get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'; }

# print_addresses: where people and programs reach it, and the first password if it was made just now.
print_addresses() {
  local node host
  if has Ingress api; then
    host=$(sed -n 's/^  - host: //p' <<<"$rendered" | head -n 1)
    say "API:            https://$host/api   (reference: https://$host/docs)"
  else
    node=$(node_address)
    say "API:            http://$node:30020/api   (reference: http://$node:30020/docs)"
    say "MinIO:          http://$node:30333   console: http://$node:30334"
  fi
  if [[ -n ${first_password:-} ]]; then
    say "Admin:          $admin_email"
    say "First password: $first_password   (shown only now; Secret admin-login keeps it)"
  fi
}
