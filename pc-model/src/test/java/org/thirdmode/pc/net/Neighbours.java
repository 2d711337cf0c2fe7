package org.thirdmode.pc.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What the host at the other end of the cable answers; Linux's and iPXE's opinion of it is in the tests of real systems. */
class Neighbours {
    private static final String CARD = "525400123456";
    private static final String HOST = "52550a000202";

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** RFC 826: in the reply the two pairs of addresses have changed places, and the operation is 2. */
    @Test
    void whoAsksForItsEthernetAddressIsTold() {
        byte[] request = bytes(
                "ffffffffffff" + CARD + "0806 0001 0800 06 04 0001" + CARD + "0a00020f" + "000000000000 0a000202");
        byte[] reply = bytes(CARD + HOST + "0806 0001 0800 06 04 0002" + HOST + "0a000202" + CARD + "0a00020f");
        assertArrayEquals(reply, Neighbour.answer(request).orElseThrow());
        request[request.length - 1] = 3;
        assertTrue(Neighbour.answer(request).isEmpty(), "10.0.2.3 is another host");
    }

    /** RFC 792: identifier, sequence number and data are those of the request. Both checksums of the reply are right. */
    @Test
    void aPingComesBackWithWhatItCarried() {
        byte[] ping = bytes(HOST + CARD + "0800 4500 0024 1234 4000 40 01 0000 0a00020f 0a000202"
                + "08 00 0000 0001 0001 1122334455667788");
        byte[] reply = Neighbour.answer(ping).orElseThrow();
        assertArrayEquals(bytes(CARD + HOST + "0800 4500 0024"), Arrays.copyOf(reply, 18));
        assertEquals(0, sum(reply, 14, 20), "the header's checksum");
        assertArrayEquals(bytes("0a000202 0a00020f"), Arrays.copyOfRange(reply, 26, 34));
        assertEquals(0, reply[34], "echo reply");
        assertEquals(0, sum(reply, 34, 16), "the message's checksum");
        assertArrayEquals(bytes("0001 0001 1122334455667788"), Arrays.copyOfRange(reply, 38, 50));
    }

    /** RFC 1071: the sum over data with its checksum is all ones. */
    private static int sum(byte[] frame, int from, int size) {
        ByteBuffer words = ByteBuffer.wrap(frame, from, size);
        int sum = 0;
        while (words.hasRemaining()) {
            sum += Short.toUnsignedInt(words.getShort());
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum ^ 0xffff;
    }

    @Property(tries = 2000)
    void noFrameIsAnError(@ForAll @Size(max = 400) byte[] frame) {
        Neighbour.answer(frame);
        for (int type : new int[] {0x0806, 0x0800}) {
            byte[] typed = Arrays.copyOf(frame, Math.max(frame.length, 36));
            ByteBuffer.wrap(typed).putShort(12, (short) type);
            typed[14] = 0x45;
            typed[23] = (byte) ((frame.length & 1) == 0 ? 17 : 1);
            ByteBuffer.wrap(typed).putShort(16, (short) (typed.length - 14)).putShort(36 - 2, (short) 67);
            Neighbour.answer(typed);
        }
    }
}
