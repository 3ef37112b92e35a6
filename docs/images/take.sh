#!/usr/bin/env bash
# Takes the pictures of the web console that the READMEs show, from a system that is running: docs/images/take.sh [ADDRESS]
# Needs chromium-headless-shell (or chromium) and img2webp (Debian: apt-get install chromium-headless-shell webp).
set -euo pipefail
cd "$(dirname "$0")/../.."
export PICTURES_OF=${1:-http://localhost:8000}
dotnet build SimulationManager.Tests -v q
dotnet exec SimulationManager.Tests/bin/Debug/net10.0/SimulationManager.Tests.dll -explicit only -class SimulationManager.Tests.Console.Pictures
