#!/usr/bin/env bash
# Collects in a folder what the worker's image needs for agents that publish over DDS, since its base has no package manager: Cyclone DDS and the libraries
# that it is built on, with their licences, from this machine's packages (Debian 12: libddsc0debian). The image's base must be of the same distribution, or of a newer one.
# Then: dotnet publish SimulationManager.Worker -c Release -t:PublishContainer -p:DdsFiles=FOLDER
set -Eeuo pipefail
folder=$(realpath -m "${1:?usage: deploy/dds-files.sh FOLDER}")
cd "$(dirname "$0")"
# shellcheck source=deploy/common.sh
source ./common.sh

need ldconfig ldd dpkg-query
library=$(readlink -f "$(ldconfig -p | awk '$1 ~ /^libddsc\.so\.0/ { print $NF; exit }')")
[[ $library == */libddsc.so.0.10.* ]] || fail 'Cyclone DDS 0.10 is not installed on this machine (Debian 12: apt-get install libddsc0debian).'

mkdir -p "$folder"
# The file's own name tells the version; those that it is built on are looked for by the names that it has for them. The base has the others.
install -m 644 "$library" "$folder/"
ldd "$library" | awk '$1 ~ /^lib(iceoryx_[a-z_]+|acl)\.so/ { print $1, $3 }' | while read -r name file; do install -m 644 "$file" "$folder/$name"; done
for file in "$folder"/*.so.*; do
  package=$(dpkg-query -S "*/$(basename "$file")" | head -n 1 | cut -d: -f1)
  install -m 644 "/usr/share/doc/$package/copyright" "$folder/$package.copyright"
done
say "$folder: $(cd "$folder" && printf '%s ' *.so.*)"
