package org.thirdmode.kvm.agree;

import java.io.ByteArrayOutputStream;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** A generator of small guests: each instruction is one, or a few that belong together. */
final class SmallGuests {
    private static final int LONGEST = 14;

    private SmallGuests() {}

    static Arbitrary<SmallGuest> all() {
        return Arbitraries.of(GuestMode.values()).flatMap(SmallGuests::in);
    }

    private static Arbitrary<SmallGuest> in(GuestMode mode) {
        Arbitrary<List<byte[]>> program = instruction(mode).list().ofMinSize(1).ofMaxSize(LONGEST);
        Arbitrary<Integer> exceptions = Arbitraries.oneOf(
                Arbitraries.just(0),
                Arbitraries.integers(),
                Arbitraries.of(1 << 14, 1 << 13, 1 << 1, 1 << 3, 1 << 6, 1 << 8, 1 << 4));
        // #MC and the vector of NMI are no exceptions that a guest could raise.
        return Combinators.combine(
                        program,
                        exceptions.map(set -> set & ~(1 << 2 | 1 << 18)),
                        Arbitraries.integers().between(0, (1 << SmallGuest.Optional.values().length) - 1),
                        Arbitraries.oneOf(Arbitraries.just(0L), Arbitraries.longs()))
                .as((code, vectors, optional, interrupts) -> new SmallGuest(mode, code, vectors, optional, interrupts));
    }

    /** Bytes and immediates, the operand size being the mode's. */
    private static final class Code {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final GuestMode mode;

        Code(GuestMode mode) {
            this.mode = mode;
        }

        Code bytes(int... values) {
            for (int value : values) {
                out.write(value);
            }
            return this;
        }

        Code immediate(int bytes, long value) {
            for (int n = 0; n < bytes; n++) {
                out.write((int) (value >>> (8 * n)));
            }
            return this;
        }

        /** MOV of a register and 32 bits. */
        Code load(int register, long value) {
            if (mode == GuestMode.REAL) {
                bytes(0x66);
            }
            return bytes(0xb8 | register).immediate(4, value);
        }

        /** The ModRM of an operand in the data, by its offset there. */
        Code data(int register, int offset) {
            return switch (mode.width) {
                case 16 -> bytes(0x06 | (register << 3)).immediate(2, offset);
                case 32 -> bytes(0x05 | (register << 3)).immediate(4, World.DATA + offset);
                default -> bytes(0x04 | (register << 3), 0x25).immediate(4, World.DATA + offset);
            };
        }

        byte[] done() {
            return out.toByteArray();
        }
    }

    private static Arbitrary<Integer> register() {
        // Not the stack pointer.
        return Arbitraries.of(0, 1, 2, 3, 5, 6, 7);
    }

    /** Offsets in the data: pages that are there, absent in either dimension, read-only, and boundaries between them. */
    private static Arbitrary<Integer> offset() {
        return Arbitraries.of(0, 0x10, 0x123, 0xffe, 0x1ffd, 0x2000, 0x2ff8, 0x3123, 0x3ffe, 0x4010, 0x4ffd, 0x5008);
    }

    private static Arbitrary<Long> value() {
        return Arbitraries.oneOf(
                Arbitraries.of(0L, 1L, 2L, 0xffL, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 0x202L, 0x102L),
                Arbitraries.longs().between(0, 0xffff_ffffL));
    }

    private static Arbitrary<byte[]> instruction(GuestMode mode) {
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, arithmetic(mode)),
                net.jqwik.api.Tuple.of(6, memory(mode)),
                net.jqwik.api.Tuple.of(4, fixed(mode)),
                net.jqwik.api.Tuple.of(4, system(mode)),
                net.jqwik.api.Tuple.of(3, ports(mode)),
                net.jqwik.api.Tuple.of(2, interrupts(mode)),
                net.jqwik.api.Tuple.of(2, registers(mode)));
    }

    private static Arbitrary<byte[]> arithmetic(GuestMode mode) {
        Arbitrary<byte[]> two = Combinators.combine(
                        Arbitraries.of(0x01, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x85, 0x89),
                        register(),
                        register())
                .as((opcode, a, b) ->
                        new Code(mode).bytes(opcode, 0xc0 | (a << 3) | b).done());
        Arbitrary<byte[]> load = Combinators.combine(register(), value())
                .as((r, v) -> new Code(mode).load(r, v).done());
        // TEST, NOT, NEG, MUL, IMUL, DIV, IDIV.
        Arbitrary<byte[]> one = Combinators.combine(Arbitraries.of(2, 3, 4, 5, 6, 7), register())
                .as((operation, r) ->
                        new Code(mode).bytes(0xf7, 0xc0 | (operation << 3) | r).done());
        Arbitrary<byte[]> shift = Combinators.combine(Arbitraries.of(0, 1, 2, 3, 4, 5, 7), register())
                .as((operation, r) ->
                        new Code(mode).bytes(0xd3, 0xc0 | (operation << 3) | r).done());
        return Arbitraries.oneOf(two, load, one, shift);
    }

    private static Arbitrary<byte[]> memory(GuestMode mode) {
        Arbitrary<byte[]> move = Combinators.combine(
                        Arbitraries.of(0x01, 0x89, 0x8b, 0x87, 0x39, 0x88, 0x8a), register(), offset())
                .as((opcode, r, at) -> new Code(mode).bytes(opcode).data(r, at).done());
        Arbitrary<byte[]> copy = Combinators.combine(offset(), offset(), Arbitraries.of(1, 3, 9))
                .as((from, to, count) -> new Code(mode)
                        .load(6, mode == GuestMode.REAL ? from : World.DATA + from)
                        .load(7, mode == GuestMode.REAL ? to : World.DATA + to)
                        .load(1, count)
                        .bytes(0xf3, 0xa4)
                        .done());
        Arbitrary<byte[]> push =
                register().map(r -> new Code(mode).bytes(0x50 | r).done());
        Arbitrary<byte[]> pop =
                register().map(r -> new Code(mode).bytes(0x58 | r).done());
        // PUSH an image of the flags, POPF: TF and IF among them.
        Arbitrary<byte[]> flags = Arbitraries.of(0x2, 0x202, 0x102, 0x302, 0x4002, 0xcd7, 0x3002)
                .map(image -> new Code(mode)
                        .bytes(0x68)
                        .immediate(mode.width == 16 ? 2 : 4, image)
                        .bytes(0x9d)
                        .done());
        return Arbitraries.oneOf(move, move, copy, push, pop, flags);
    }

    private static Arbitrary<byte[]> fixed(GuestMode mode) {
        return Arbitraries.of(
                new byte[] {(byte) 0x90},
                new byte[] {(byte) 0xf4},
                new byte[] {(byte) 0xfa},
                new byte[] {(byte) 0xfb},
                new byte[] {(byte) 0x9c},
                new byte[] {(byte) 0xfd},
                new byte[] {0x0f, (byte) 0xa2},
                new byte[] {0x0f, 0x0b},
                new byte[] {0x0f, 0x31},
                new byte[] {0x0f, 0x33},
                new byte[] {0x0f, 0x06},
                new byte[] {0x0f, 0x08},
                new byte[] {0x0f, 0x09},
                new byte[] {(byte) 0xf3, (byte) 0x90},
                new byte[] {(byte) 0xdb, (byte) 0xe3},
                new byte[] {(byte) 0xd9, (byte) 0xee},
                new byte[] {0x75, 0x01, (byte) 0x90},
                new byte[] {0x72, 0x01, (byte) 0x90});
    }

    private static Arbitrary<byte[]> interrupts(GuestMode mode) {
        Arbitrary<byte[]> number = Arbitraries.of(0x20, 0x21, 0x80, 0x0d, 0x03, 0x01)
                .map(vector -> new Code(mode).bytes(0xcd, vector).done());
        return Arbitraries.oneOf(
                number,
                Arbitraries.just(new byte[] {(byte) 0xcc}),
                Arbitraries.just(new byte[] {(byte) 0xf1}),
                Arbitraries.just(new byte[] {(byte) 0xce}));
    }

    private static Arbitrary<byte[]> ports(GuestMode mode) {
        Arbitrary<byte[]> immediate = Combinators.combine(
                        Arbitraries.of(0xe4, 0xe5, 0xe6, 0xe7), Arbitraries.of(0x20, 0x60, 0x80, 0xff))
                .as((opcode, port) -> new Code(mode).bytes(opcode, port).done());
        Arbitrary<byte[]> byDx = Combinators.combine(
                        Arbitraries.of(0xec, 0xed, 0xee, 0xef), Arbitraries.of(0x3f8L, 0xcf8L, 0xffffL))
                .as((opcode, port) -> new Code(mode).load(2, port).bytes(opcode).done());
        return Arbitraries.oneOf(immediate, byDx);
    }

    private static Arbitrary<byte[]> system(GuestMode mode) {
        Arbitrary<byte[]> msr = Combinators.combine(
                        Arbitraries.of(0x32, 0x30), Arbitraries.of(0x10L, 0x174L, 0xc000_0080L, 0xc000_0102L, 0x1234L))
                .as((opcode, number) ->
                        new Code(mode).load(1, number).bytes(0x0f, opcode).done());
        Arbitrary<byte[]> readControl = Combinators.combine(Arbitraries.of(0, 2, 3, 4, 8), register())
                .as((number, r) -> control(new Code(mode), mode, 0x20, number, r));
        Arbitrary<byte[]> cr0 = Arbitraries.of(0L, 0x8L, 0x2L, 0x1_0000L, 0x4_0000L, 0x2000_0000L)
                .map(flip -> control(new Code(mode).load(0, World.cr0(mode) ^ flip), mode, 0x22, 0, 0));
        Arbitrary<byte[]> cr4 = Arbitraries.of(0L, 0x4L, 0x8L, 0x80L, 0x200L, 0x8000_0000L)
                .map(flip -> control(new Code(mode).load(0, World.cr4(mode) ^ flip), mode, 0x22, 4, 0));
        Arbitrary<byte[]> cr3 = Arbitraries.just(control(new Code(mode).load(0, World.TABLES), mode, 0x22, 3, 0));
        Arbitrary<byte[]> cr2 = value().map(v -> control(new Code(mode).load(0, v), mode, 0x22, 2, 0));
        Arbitrary<byte[]> machineStatus = Arbitraries.of(0, 2, 8)
                .map(bits -> new Code(mode)
                        .load(0, (World.cr0(mode) & 1) | bits)
                        .bytes(0x0f, 0x01, 0xf0)
                        .done());
        Arbitrary<byte[]> storeStatus =
                register().map(r -> new Code(mode).bytes(0x0f, 0x01, 0xe0 | r).done());
        Arbitrary<byte[]> invlpg =
                offset().map(at -> new Code(mode).bytes(0x0f, 0x01).data(7, at).done());
        return Arbitraries.oneOf(msr, readControl, cr0, cr4, cr3, cr2, machineStatus, storeStatus, invlpg);
    }

    private static byte[] control(Code code, GuestMode mode, int opcode, int number, int register) {
        if (number == 8) {
            // CR8 has its number from REX.R, which there is in 64-bit mode only.
            return mode.width == 64
                    ? code.bytes(0x44, 0x0f, opcode, 0xc0 | register).done()
                    : code.done();
        }
        return code.bytes(0x0f, opcode, 0xc0 | (number << 3) | register).done();
    }

    private static Arbitrary<byte[]> registers(GuestMode mode) {
        Arbitrary<byte[]> selector = Combinators.combine(
                        Arbitraries.of(0, 2, 3, 4, 5), Arbitraries.of(0L, 0x10L, 0x33L, 0x30L, 0x3bL, 0x8000L, 0xfff8L))
                .as((register, value) -> new Code(mode)
                        .load(0, value)
                        .bytes(0x8e, 0xc0 | (register << 3))
                        .done());
        Arbitrary<byte[]> readDebug = Combinators.combine(Arbitraries.of(0, 3, 6, 7), register())
                .as((number, r) -> new Code(mode)
                        .bytes(0x0f, 0x21, 0xc0 | (number << 3) | r)
                        .done());
        // Breakpoints on execution and on data.
        Arbitrary<byte[]> writeDebug = Combinators.combine(
                        Arbitraries.of(World.DATA + 0x10, World.CODE + 9, World.DATA + 0x2000),
                        Arbitraries.of(0x400L, 0x402L, 0xd_0402L, 0xf_0401L))
                .as((address, control) -> new Code(mode)
                        .load(0, address)
                        .bytes(0x0f, 0x23, 0xc0)
                        .load(0, control)
                        .bytes(0x0f, 0x23, 0xf8)
                        .done());
        // SGDT, SIDT, SLDT, STR.
        Arbitrary<byte[]> tables = Combinators.combine(Arbitraries.of(0x0100, 0x0101, 0x0000, 0x0001), offset())
                .as((operation, at) -> new Code(mode)
                        .bytes(0x0f, operation >>> 8)
                        .data(operation & 1, at)
                        .done());
        return Arbitraries.oneOf(selector, readDebug, writeDebug, tables);
    }
}
