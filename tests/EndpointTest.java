import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "http://my_service:8124/               | my_service  | 8124 | /        | my_service:8124",
        "HTTPS://Host.example                  | Host.example | 443 | /        | Host.example",
        "http://0.0.0.0:8000/health?a=b        | 0.0.0.0     | 8000 | /health?a=b | 0.0.0.0:8000",
        "http://[::]:8000?a                    | ::          | 8000 | /?a      | [::]:8000",
        "http://[fe80::1]:3005/health#x        | fe80::1     | 3005 | /health  | [fe80::1]:3005",
        "Tcp://localhost:3203                  | localhost   | 3203 | ''       | localhost:3203",
        "grpc://localhost:50051/my.Service     | localhost   | 50051 | /my.Service | localhost:50051"})
    void readsAUrl(String url, String host, int port, String path, String authority) {
        Endpoint endpoint = Endpoint.of(url);
        assertEquals(List.of(host, port, path, authority),
            List.of(endpoint.host(), endpoint.port(), endpoint.path(), endpoint.authority()));
        assertEquals(endpoint, Endpoint.of(endpoint.toString()), "written and read again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "@", "://", "http://", "http:///x", "ftp://h/", "://h", "h:80", "http://h:0/", "http://h:65536/",
        "http://h:+1/", "http://h:x/", "http://a b/", "http://h/a b", "http://h/\r\nX: y", "http://u:hunter2@h/", "http://::1:80/",
        "http://[h]/", "http://[::1/", "http://[h:1]/", "http://[g::1]:80/", "http://h%/", "http://[fe80::1%eth0]/", "tcp://h", "grpc://h/",
        "http://a/@hunter2 b"})
    void refusesWhatIsNone(String url) {
        String message = assertThrows(UserException.class, () -> Endpoint.of(url)).getMessage();
        assertEquals(-1, message.indexOf("u:hunter2"), message);
    }

    @Test
    void everyAddressIsThisMachine() throws Exception {
        assertEquals(Addresses.of("localhost"), Addresses.of("0.0.0.0"));
        assertEquals(Addresses.of("LOCALHOST"), Addresses.of("::"));
    }

    @ParameterizedTest
    @CsvSource({", http://h:1234/health, http://h:1234/health", "/api/up?key=x, http://h:1234/api/up?key=x, http://h:1234/api/up",
        "tcp, tcp://h:1234, tcp://h:1234", "grpc, grpc://h:1234, grpc://h:1234",
        "https://other:8443/up?key=x, https://other:8443/up?key=x, https://other:8443/up"})
    void aServicesConfigurationSaysHowItIsChecked(String health, String url, String shown) {
        Endpoint endpoint = Endpoint.of(new PortMap.Service("CRAWLER_PORT", "CRAWLER_PORT", 1234,
            PortMap.Origin.ENV_FILE, null, PortMap.Status.UNKNOWN, null, health, List.of()), "h");
        assertEquals(List.of(url, shown), List.of(endpoint.toString(), endpoint.url()));
    }
}
