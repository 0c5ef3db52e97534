import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;

/**
 * Header compression of HTTP/2 (RFC 7541), as far as one gRPC call needs it: the few fields that count. They are new in their
 * connection, so they never stand in the table of those that came before.
 */
final class Hpack {

    /** The characters by the length of their Huffman code, from 5 to 15 bits; codes of one length follow each other (appendix B). */
    private static final String[] HUFFMAN = {"012aceiost", " %-./3456789=A_bdfghlmnpru", ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", "&*,;XZ", "",
        "!\"()?", "'+|", "#>", "\0$@[]~", "^}", "<`{"};
    private static final int SHORTEST = 5;
    /** The statuses that the static table has, from its entry 8 on (appendix A). */
    private static final String[] STATUSES = {"200", "204", "206", "304", "400", "404", "500"};
    private static final int FIRST_STATUS = 8;
    private static final int CONTENT_TYPE = 31;

    String status;
    String contentType;
    String grpcStatus;

    private byte[] block;
    private int at;

    /** The header block of a gRPC call: nothing compressed but by the static table. */
    static byte[] request(String authority) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(0x83); // :method POST
        block.write(0x86); // :scheme http
        block.write(4); // :path
        write(block, "/grpc.health.v1.Health/Check");
        block.write(1); // :authority
        write(block, authority);
        block.write(0x0F); // content-type: 15 and 16
        block.write(CONTENT_TYPE - 0x0F);
        write(block, "application/grpc");
        block.write(0);
        write(block, "te");
        write(block, "trailers");
        return block.toByteArray();
    }

    private static void write(ByteArrayOutputStream block, String text) {
        int length = text.length();
        block.write(Math.min(length, 0x7F));
        for (length -= 0x7F; length >= 0; length = length > 0x7F ? length >> 7 : -1) {
            block.write(length > 0x7F ? length & 0x7F | 0x80 : length);
        }
        block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Takes the fields that count from a header block. */
    void read(byte[] headerBlock) throws ProtocolException {
        block = headerBlock;
        at = 0;
        while (at < block.length) {
            int kind = block[at] & 0xFF;
            if (kind >= 0x80) { // 6.1: a whole field of a table
                int index = integer(7) - FIRST_STATUS;
                status = index >= 0 && index < STATUSES.length ? STATUSES[index] : status;
            } else if (kind >= 0x20 && kind < 0x40) { // 6.3: the table's size
                integer(5);
            } else { // 6.2: a name of a table, or a new one, and its value
                int index = integer(kind >= 0x40 ? 6 : 4);
                String name = index == 0 ? string() : index == CONTENT_TYPE ? "content-type"
                    : index >= FIRST_STATUS && index < FIRST_STATUS + STATUSES.length ? ":status" : "";
                String value = string();
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
    private int integer(int bits) throws ProtocolException {
        int most = (1 << bits) - 1;
        int value = block[at++] & most;
        if (value == most) {
            int shift = 0;
            int next;
            do {
                next = block[at++];
                value += (next & 0x7F) << shift;
                shift += 7;
            } while (next < 0 && shift < 28);
        }
        if (value < 0) {
            throw new ProtocolException();
        }
        return value;
    }

    /** 5.2: a text, compressed or not. */
    private String string() throws ProtocolException {
        boolean isCompressed = block[at] < 0;
        int length = integer(7);
        if (length > block.length - at) {
            throw new ProtocolException();
        }
        at += length;
        return isCompressed ? decompress(at - length, at) : new String(block, at - length, length, StandardCharsets.ISO_8859_1);
    }

    /** The text of a Huffman code, up to the first character that none of our fields has. */
    private String decompress(int start, int end) {
        StringBuilder text = new StringBuilder();
        int code = 0;
        int length = 0;
        for (int bit = 8 * start; bit < 8 * end; bit++) {
            code = code << 1 | block[bit / 8] >> 7 - bit % 8 & 1;
            length++;
            int first = 0;
            for (int i = 0; i < HUFFMAN.length && i <= length - SHORTEST; i++) {
                if (i == length - SHORTEST && code - first < HUFFMAN[i].length()) {
                    text.append(HUFFMAN[i].charAt(code - first));
                    code = 0;
                    length = 0;
                }
                first = first + HUFFMAN[i].length() << 1;
            }
            if (length >= SHORTEST + HUFFMAN.length) {
                return text.toString();
            }
        }
        return text.toString();
    }
}
