#!/usr/bin/env bash
# Makes small stand-ins for the default images out of programs of this machine, for where no image registry can be reached:
# the same names, entry points, environment variables, ports and data folders as the real ones, so that the AppHost's containers
# can be tried for real. Needs Debian with podman, postgresql, redis-server, mosquitto, the .NET runtime and a built solution.
#
#   make-local-images.sh [folder with SimulationManager.LocalS3.dll]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
s3=${1:-$here/../../../bin/Debug/net10.0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Copies programs and files with every shared library that they need into a root file system.
put() {
    local root=$1 path library
    shift
    for path in "$@"; do
        mkdir -p "$root$(dirname "$path")"
        cp -aL "$path" "$root$path"
        [ -f "$path" ] || continue
        { ldd "$path" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r library; do
            mkdir -p "$root$(dirname "$library")"
            cp -L --update=none "$library" "$root$library" 2>/dev/null || cp -nL "$library" "$root$library"
        done
    done
}

# A shell and the few tools that entry points use.
skeleton() {
    local root=$1
    mkdir -p "$root"/{bin,etc,tmp,dev,proc,sys,usr/local/bin,usr/lib/locale,run,var}
    ln -s /run "$root/var/run"
    chmod 1777 "$root/tmp"
    local tool
    for tool in sh cat id mkdir chown chmod rm ls sleep; do
        put "$root" "$(command -v $tool)"
    done
    cp -L "$(command -v sh)" "$root/bin/sh"
    [ -d /usr/lib/locale/C.utf8 ] && cp -r /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' > "$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' > "$root/etc/group"
}

import() {
    local root=$1 name=$2 change changes=()
    shift 2
    for change in "$@"; do changes+=(--change "$change"); done
    tar -C "$root" -cf - . | podman import --quiet "${changes[@]}" - "$name" > /dev/null
    echo "made $name"
}

postgres() {
    local root=$work/postgres bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
    local version=${bin#/usr/lib/postgresql/}
    version=${version%/bin}
    skeleton "$root"
    echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >> "$root/etc/passwd"
    echo 'postgres:x:999:' >> "$root/etc/group"
    put "$root" "$bin/postgres" "$bin/initdb" "$bin/pg_ctl" /usr/bin/setpriv
    mkdir -p "$root/usr/lib/postgresql/$version" "$root/usr/share/postgresql" "$root/usr/share/zoneinfo" "$root/var/lib/postgresql/data"
    cp -r "/usr/lib/postgresql/$version/lib" "$root/usr/lib/postgresql/$version/"
    cp -rL "/usr/share/postgresql/$version" "$root/usr/share/postgresql/"
    cp -r /usr/share/zoneinfo/Etc /usr/share/zoneinfo/UTC "$root/usr/share/zoneinfo/"
    sed "s#@BIN@#$bin#" "$here/postgres-entrypoint.sh" > "$root/usr/local/bin/docker-entrypoint.sh"
    chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
    import "$root" docker.io/library/postgres:17.6 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]' 'ENV PGDATA=/var/lib/postgresql/data' 'STOPSIGNAL SIGINT' 'EXPOSE 5432'
}

redis() {
    local root=$work/redis
    skeleton "$root"
    put "$root" /usr/bin/redis-server
    mkdir -p "$root/data"
    import "$root" docker.io/library/redis:8.6 'CMD ["redis-server", "--protected-mode", "no"]' 'WORKDIR /data' 'EXPOSE 6379'
}

minio() {
    local root=$work/minio dotnet
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    skeleton "$root"
    put "$root" "$dotnet/dotnet" "$dotnet"/shared/Microsoft.NETCore.App/*/*.so
    local library
    for library in libssl.so.3 libcrypto.so.3 libstdc++.so.6 libgcc_s.so.1 libz.so.1; do
        put "$root" "$(ldconfig -p | grep -m1 "$library " | grep -o '/.*')"
    done
    mkdir -p "$root$dotnet/shared" "$root/opt/s3" "$root/data" "$root/usr/bin"
    cp -r "$dotnet/host" "$root$dotnet/"
    cp -r "$dotnet/shared/Microsoft.NETCore.App" "$dotnet/shared/Microsoft.AspNetCore.App" "$root$dotnet/shared/"
    cp "$s3"/SimulationManager.LocalS3.{dll,runtimeconfig.json,deps.json} "$root/opt/s3/"
    sed "s#@DOTNET@#$dotnet/dotnet#" "$here/minio.sh" > "$root/usr/bin/minio"
    chmod 755 "$root/usr/bin/minio"
    import "$root" docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z 'ENTRYPOINT ["/usr/bin/minio"]' 'EXPOSE 9000'
}

mosquitto() {
    local root=$work/mosquitto
    skeleton "$root"
    echo 'mosquitto:x:1883:1883::/mosquitto:/bin/sh' >> "$root/etc/passwd"
    echo 'mosquitto:x:1883:' >> "$root/etc/group"
    put "$root" /usr/sbin/mosquitto
    mkdir -p "$root"/mosquitto/{config,data,log}
    import "$root" docker.io/library/eclipse-mosquitto:2.0.22 'CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]' 'EXPOSE 1883'
}

prometheus() {
    local root=$work/prometheus
    skeleton "$root"
    mkdir -p "$work/deb" "$root/prometheus" "$root/etc/prometheus" "$root/etc/ssl/certs"
    (cd "$work/deb" && apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg -x prometheus_*.deb .)
    put "$root" "$work/deb/usr/bin/prometheus"
    mv "$root$work/deb/usr/bin/prometheus" "$root/bin/prometheus"
    rm -rf "${root:?}/tmp"/*
    printf 'global: {}\n' > "$root/etc/prometheus/prometheus.yml"
    import "$root" docker.io/prom/prometheus:latest 'ENTRYPOINT ["/bin/prometheus"]' \
        'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' 'WORKDIR /prometheus' 'EXPOSE 9090'
}

postgres
redis
minio
mosquitto
prometheus
