import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Header compression of HTTP/2 (RFC 7541), as far as one gRPC call needs it: the few fields that count. They are new in their
 * connection, so they never stand in the table of those that came before.
 */
final class Hpack {

    /** The static table's entries that have these names (appendix A), and the values of those with the status. */
    private static final int STATUS = 8;
    private static final int CONTENT_TYPE = 31;
    private static final String[] STATUSES = {"200", "204", "206", "304", "400", "404", "500"};

    /** The characters with a Huffman code of 5, 6, 7 and 8 bits, in its order (appendix B); our fields have no other ones. */
    private static final String[] HUFFMAN = {"012aceiost", " %-./3456789=A_bdfghlmnpru", ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", "&*,;XZ"};
    private static final int SHORTEST_CODE = 5;

    String status;
    String contentType;
    String grpcStatus;

    /** The header block of a gRPC call: before each text its length, and before that its name's place in the static table. */
    static byte[] request(String authority) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x83, (byte) 0x86}); // :method POST, :scheme http
        block.writeBytes("\4\34/grpc.health.v1.Health/Check\1".getBytes(StandardCharsets.ISO_8859_1)); // RFC 9113, 8.3: these come first.
        int rest = authority.length() - 0x7F;
        block.write(Math.min(authority.length(), 0x7F));
        for (; rest > 0x7F; rest >>= 7) {
            block.write(rest & 0x7F | 0x80);
        }
        if (rest >= 0) {
            block.write(rest);
        }
        block.writeBytes(authority.getBytes(StandardCharsets.ISO_8859_1));
        block.writeBytes("\17\20\20application/grpc\0\2te\10trailers".getBytes(StandardCharsets.ISO_8859_1)); // 31 is 15 and 16
        return block.toByteArray();
    }

    /** Takes the fields that count from a header block. */
    void read(byte[] headerBlock) throws IOException {
        DataInputStream block = new DataInputStream(new ByteArrayInputStream(headerBlock));
        for (int first = block.read(); first >= 0; first = block.read()) {
            if (first >= 0x80) { // 6.1: a whole field of a table
                int index = integer(block, first, 7) - STATUS;
                status = index >= 0 && index < STATUSES.length ? STATUSES[index] : status;
            } else if (first >= 0x20 && first < 0x40) { // 6.3: the table's size
                integer(block, first, 5);
            } else { // 6.2: a name of a table, or a new one, and its value
                int index = integer(block, first, first >= 0x40 ? 6 : 4);
                String name = index == 0 ? text(block) : index == CONTENT_TYPE ? "content-type"
                    : index >= STATUS && index < STATUS + STATUSES.length ? ":status" : "";
                String value = text(block);
                switch (name) {
                    case ":status" -> status = value;
                    case "content-type" -> contentType = value;
                    case "grpc-status" -> grpcStatus = value;
                    default -> { }
                }
            }
        }
    }

    /** 5.1: an integer that begins in the last bits of a byte. */
    private static int integer(DataInputStream block, int first, int bits) throws IOException {
        int value = first & (1 << bits) - 1;
        if (value < (1 << bits) - 1) {
            return value;
        }
        for (int shift = 0; shift < 28; shift += 7) {
            int next = block.readUnsignedByte();
            value += (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new ProtocolException("an integer of a header is too large");
    }

    /** 5.2: a text, compressed or not. */
    private static String text(DataInputStream block) throws IOException {
        int first = block.readUnsignedByte();
        int length = integer(block, first, 7);
        byte[] bytes = block.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return first < 0x80 ? new String(bytes, StandardCharsets.ISO_8859_1) : decompress(bytes);
    }

    /** The text of a Huffman code, up to the first character that none of our fields has. */
    private static String decompress(byte[] bytes) {
        Map<Integer, Character> codes = new HashMap<>(); // each with a 1 before it, so that its length counts
        int next = 1 << SHORTEST_CODE;
        for (String characters : HUFFMAN) {
            for (char character : characters.toCharArray()) {
                codes.put(next++, character);
            }
            next <<= 1;
        }
        StringBuilder text = new StringBuilder();
        int code = 1;
        for (int bit = 0; bit < 8 * bytes.length && code < next; bit++) {
            code = code << 1 | bytes[bit / 8] >> 7 - bit % 8 & 1;
            Character character = codes.get(code);
            if (character != null) {
                text.append((char) character);
                code = 1;
            }
        }
        return text.toString();
    }
}
