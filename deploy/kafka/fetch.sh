#!/bin/sh
# Puts the broker's jars into a folder: fetch.sh FOLDER
set -eu
libs=$1
command -v java > /dev/null && command -v mvn > /dev/null || {
    echo "setup: Java 17 or Maven is missing; run: apt-get install -y openjdk-17-jre-headless maven" >&2
    exit 1
}
mkdir -p "$libs"
rm -f "$libs"/*.jar
list=$(mktemp)
out=$(mvn -q -B -f "$(dirname "$0")/pom.xml" dependency:build-classpath -DincludeScope=runtime \
    -Dmdep.outputFile="$list" -Dmdep.pathSeparator=: 2>&1) || {
    printf '%s\n' "$out" >&2
    echo "setup: Maven could not fetch Apache Kafka; the lines above say why" >&2
    exit 1
}
# Linked from Maven's repository where that is on the same disk: the jars take no room twice.
tr ':' '\n' < "$list" | while read -r jar || [ -n "$jar" ]; do
    ln "$jar" "$libs" 2> /dev/null || cp "$jar" "$libs"
done
rm -f "$list"
ls "$libs"/kafka_2.13-*.jar > /dev/null
