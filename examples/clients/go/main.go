// Prints a twin's predictions from its Kafka topic: go run . arm 5
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = map[uint32]*goavro.Codec{}

// codec gives the schema of an id, from the API's schema registry paths.
func codec(id uint32) (*goavro.Codec, error) {
	if known, ok := codecs[id]; ok {
		return known, nil
	}
	answer, err := http.Get(fmt.Sprintf("%s/schemas/ids/%d", os.Getenv("API"), id))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var found struct{ Schema string }
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return nil, err
	}
	known, err := goavro.NewCodec(found.Schema)
	codecs[id] = known
	return known, err
}

// decode reads a zero, four bytes of schema id, and the record in Avro.
func decode(value []byte) (map[string]any, error) {
	known, err := codec(binary.BigEndian.Uint32(value[1:5]))
	if err != nil {
		return nil, err
	}
	record, _, err := known.NativeFromBinary(value[5:])
	if err != nil {
		return nil, err
	}
	return record.(map[string]any), nil
}

func main() {
	twin := os.Args[1]
	left, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("BROKERS"), ",")...),
		kgo.ConsumeTopics("hanzo.twin."+twin),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for left > 0 {
		fetched := client.PollFetches(context.Background())
		for records := fetched.RecordIter(); !records.Done() && left > 0; left-- {
			prediction, err := decode(records.Next().Value)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(prediction["tick"], prediction["values"])
		}
	}
}
