#!/bin/sh
# Copies the broker's jars into a folder: fetch.sh FOLDER
set -eu
libs=$1
command -v java > /dev/null && command -v mvn > /dev/null || {
    echo "setup: Java 17 or Maven is missing; run: apt-get install -y openjdk-17-jre-headless maven" >&2
    exit 1
}
mkdir -p "$libs"
libs=$(cd "$libs" && pwd)
rm -f "$libs"/*.jar
out=$(mvn -q -B -f "$(dirname "$0")/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs" 2>&1) || {
    printf '%s\n' "$out" >&2
    echo "setup: Maven could not fetch Apache Kafka; the lines above say why" >&2
    exit 1
}
ls "$libs"/kafka_2.13-*.jar > /dev/null
