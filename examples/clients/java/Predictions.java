import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints a twin's predictions from its Kafka topic: java Predictions.java arm 5 */
public class Predictions {
    static final String API = System.getenv("API");
    static final Map<Integer, Schema> SCHEMAS = new HashMap<>();

    /** A schema by its id, from the API's schema registry paths. */
    static Schema schema(int id) throws Exception {
        Schema known = SCHEMAS.get(id);
        if (known == null) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(API + "/schemas/ids/" + id)).build();
            String body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
            known = new Schema.Parser().parse(new ObjectMapper().readTree(body).get("schema").asText());
            SCHEMAS.put(id, known);
        }
        return known;
    }

    /** A zero, four bytes of schema id, and the record in Avro. */
    static GenericRecord decode(byte[] value) throws Exception {
        Schema schema = schema(ByteBuffer.wrap(value, 1, 4).getInt());
        var bytes = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null);
        return new GenericDatumReader<GenericRecord>(schema).read(null, bytes);
    }

    public static void main(String[] arguments) throws Exception {
        String twin = arguments[0];
        int left = Integer.parseInt(arguments[1]);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", System.getenv("BROKERS"));
        settings.put("group.id", "predictions-" + ProcessHandle.current().pid());
        settings.put("auto.offset.reset", "latest");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("hanzo.twin." + twin));
            while (left > 0) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    if (left-- > 0) {
                        GenericRecord prediction = decode(record.value());
                        System.out.println(prediction.get("tick") + " " + prediction.get("values"));
                    }
                }
            }
        }
    }
}
