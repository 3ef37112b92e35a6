#!/bin/sh
# minio server <folder> [--address :port] [--console-address :port], carried by our own S3 server.
[ "$1" = server ] && shift
data=$1
shift
console=
port=9000
while [ $# -gt 0 ]; do
    case $1 in
        --console-address) console="--console ${2##*:}"; shift 2 ;;
        --address) port=${2##*:}; shift 2 ;;
        *) shift ;;
    esac
done
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# shellcheck disable=SC2086
exec @DOTNET@ /opt/s3/SimulationManager.LocalS3.dll --data "$data" --port "$port" --address 0.0.0.0 $console
