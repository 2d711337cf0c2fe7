package org.thirdmode.pc.net;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The one other host of the network, 10.0.2.2: it says its Ethernet address (ARP), answers a ping (ICMP), and leases a guest
 * the address 10.0.2.15 (DHCP). What it answers depends on the frame alone, so that a run repeats. The addresses are those of
 * QEMU's user network.
 *
 * <p>Source: RFC 826, RFC 791, RFC 792 "Echo or Echo Reply Message", RFC 768, RFC 2131 with the options of RFC 2132.
 */
public final class Neighbour {
    private static final byte[] ETHERNET = HexFormat.of().parseHex("52550a000202");
    private static final int ADDRESS = 0x0a00_0202;
    private static final int GUEST = 0x0a00_020f;
    private static final int MASK = 0xffff_ff00;

    // An Ethernet frame: to, from, type, and what it carries.
    private static final int TYPE = 12;
    private static final int CARRIED = 14;
    private static final int ARP = 0x0806;
    private static final int IPV4 = 0x0800;

    private static final int ARP_SIZE = 28;
    private static final long ARP_REQUEST = 0x0001_0800_0604_0001L;
    private static final long ARP_REPLY = ARP_REQUEST + 1;

    // An IPv4 datagram without options, and what it carries.
    private static final int HEADER = 20;
    private static final int VERSION_AND_SIZE = 0x45;
    private static final int ICMP = 1;
    private static final int UDP = 17;
    private static final int HOPS = 64;
    private static final int ECHO = 8;

    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;
    private static final int UDP_HEADER = 8;

    // A BOOTP message, and DHCP's options behind it.
    private static final int OPTIONS = 240;
    private static final int COOKIE = 0x6382_5363;
    private static final int MESSAGE_TYPE = 53;
    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int REQUEST = 3;
    private static final int ACKNOWLEDGE = 5;
    private static final int DAY = 86_400;
    private static final int REPLY_SIZE = OPTIONS + 60;

    private Neighbour() {}

    /** What it sends back for an Ethernet frame: a frame, or nothing. */
    public static Optional<byte[]> answer(byte[] frame) {
        if (frame.length < CARRIED) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(frame);
        return switch (in.getShort(TYPE)) {
            case ARP -> address(in);
            case IPV4 -> datagram(in);
            default -> Optional.empty();
        };
    }

    /** A frame back to where {@code in} came from. */
    private static ByteBuffer reply(ByteBuffer in, int size) {
        byte[] guest = new byte[ETHERNET.length];
        in.get(ETHERNET.length, guest);
        return ByteBuffer.allocate(CARRIED + size).put(guest).put(ETHERNET).putShort(in.getShort(TYPE));
    }

    private static Optional<byte[]> address(ByteBuffer in) {
        boolean forUs = in.capacity() >= CARRIED + ARP_SIZE
                && in.getLong(CARRIED) == ARP_REQUEST
                && in.getInt(CARRIED + 24) == ADDRESS;
        if (!forUs) {
            return Optional.empty();
        }
        byte[] asker = new byte[10];
        in.get(CARRIED + 8, asker);
        return Optional.of(reply(in, ARP_SIZE)
                .putLong(ARP_REPLY)
                .put(ETHERNET)
                .putInt(ADDRESS)
                .put(asker)
                .array());
    }

    private static Optional<byte[]> datagram(ByteBuffer in) {
        int most = in.capacity() - CARRIED;
        if (most < HEADER || in.get(CARRIED) != VERSION_AND_SIZE) {
            return Optional.empty();
        }
        int size = Short.toUnsignedInt(in.getShort(CARRIED + 2)) - HEADER;
        if (size < UDP_HEADER || size > most - HEADER) {
            return Optional.empty();
        }
        ByteBuffer carried = in.slice(CARRIED + HEADER, size);
        return switch (in.get(CARRIED + 9)) {
            case ICMP -> echo(in, carried);
            case UDP -> lease(in, carried);
            default -> Optional.empty();
        };
    }

    private static Optional<byte[]> echo(ByteBuffer in, ByteBuffer message) {
        if (in.getInt(CARRIED + 16) != ADDRESS || message.get(0) != ECHO) {
            return Optional.empty();
        }
        int size = message.capacity();
        ByteBuffer out = header(in, size, ICMP, in.getInt(CARRIED + 12));
        int start = out.position();
        out.put(message).putShort(start, (short) 0).putShort(start + 2, (short) 0);
        return Optional.of(out.putShort(start + 2, checksum(out, start, size)).array());
    }

    private static Optional<byte[]> lease(ByteBuffer in, ByteBuffer message) {
        boolean asks = message.capacity() >= UDP_HEADER + OPTIONS
                && message.getShort(2) == SERVER_PORT
                && message.getInt(UDP_HEADER + OPTIONS - 4) == COOKIE;
        int asked = asks ? messageType(message) : 0;
        if (asked != DISCOVER && asked != REQUEST) {
            return Optional.empty();
        }
        ByteBuffer out = header(in, UDP_HEADER + REPLY_SIZE, UDP, -1);
        int bootp = out.position() + UDP_HEADER;
        out.putShort((short) SERVER_PORT).putShort((short) CLIENT_PORT).putShort((short) (UDP_HEADER + REPLY_SIZE));
        // The kind of hardware, the number of the transaction, flags and the client's address are the asker's.
        out.put(bootp, message, UDP_HEADER, OPTIONS);
        out.put(bootp, (byte) 2);
        out.putInt(bootp + 16, GUEST).putInt(bootp + 20, ADDRESS);
        out.position(bootp + OPTIONS);
        out.put(new byte[] {MESSAGE_TYPE, 1, (byte) (asked == DISCOVER ? OFFER : ACKNOWLEDGE)});
        option(out, 54, ADDRESS); // the server
        option(out, 51, DAY); // how long, in seconds
        option(out, 1, MASK);
        option(out, 3, ADDRESS); // the router
        out.put((byte) 255);
        return Optional.of(out.array());
    }

    private static void option(ByteBuffer out, int code, int value) {
        out.put((byte) code).put((byte) 4).putInt(value);
    }

    /** DHCP's option 53 of a message; 0 where it has none. */
    private static int messageType(ByteBuffer message) {
        int at = UDP_HEADER + OPTIONS;
        while (at + 2 < message.capacity()) {
            int code = message.get(at);
            if (code == MESSAGE_TYPE) {
                return message.get(at + 2);
            }
            // 0 pads, and has no length.
            at += code == 0 ? 1 : 2 + Byte.toUnsignedInt(message.get(at + 1));
        }
        return 0;
    }

    /** A frame with an IPv4 header, to be filled with {@code size} bytes. */
    private static ByteBuffer header(ByteBuffer in, int size, int protocol, int to) {
        ByteBuffer out = reply(in, HEADER + size);
        out.put((byte) VERSION_AND_SIZE).put((byte) 0).putShort((short) (HEADER + size));
        out.putInt(0).put((byte) HOPS).put((byte) protocol).putShort((short) 0);
        out.putInt(ADDRESS).putInt(to);
        return out.putShort(CARRIED + 10, checksum(out, CARRIED, HEADER));
    }

    /** RFC 1071: the ones' complement of the ones' complement sum. */
    private static short checksum(ByteBuffer data, int from, int size) {
        int sum = 0;
        for (int i = 0; i < size; i++) {
            sum += Byte.toUnsignedInt(data.get(from + i)) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (short) ~sum;
    }
}
