#!/bin/sh
# Puts the jars of a pom into a folder: fetch.sh FOLDER [POM]; the broker's own pom when none is named.
set -eu
libs=$1
pom=${2:-$(dirname "$0")/pom.xml}
command -v java > /dev/null && command -v mvn > /dev/null || {
    echo "setup: Java 17 or Maven is missing; run: apt-get install -y openjdk-17-jre-headless maven" >&2
    exit 1
}
mkdir -p "$libs"
rm -f "$libs"/*.jar
list=$(mktemp)
out=$(mvn -q -B -f "$pom" dependency:build-classpath -DincludeScope=runtime \
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
ls "$libs"/kafka-clients-*.jar > /dev/null
