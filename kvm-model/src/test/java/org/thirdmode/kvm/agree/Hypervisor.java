package org.thirdmode.kvm.agree;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Events;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * The least hypervisor: it enters a small guest, writes down its state at each exit, does what the guest asked for and goes
 * on. What differs between VMX and SVM stands in the two subclasses, and nowhere else.
 */
abstract class Hypervisor {
    private static final int EXITS = 40;
    private static final long TICKS = 1000;
    private static final int DR6_BS = 1 << 14;
    private static final String[] SEGMENTS = {"ES", "CS", "SS", "DS", "FS", "GS"};

    /** RFLAGS.RF and, in CR4 and EFER, what the extension itself needs: not the guest's. */
    private static final long NOT_CR4 = Cr4.VMXE;

    private static final long NOT_EFER = Efer.SVME;

    final HostMachine host;
    final Processor cpu;
    final SmallGuest guest;

    /** The guest's registers, at an exit. */
    final CpuState state;

    boolean shadow;
    private final List<String> log = new ArrayList<>();
    private boolean refused;

    Hypervisor(CpuProfile profile, SmallGuest guest) {
        this.guest = guest;
        host = new HostMachine(new HostConfiguration(profile), 40, null);
        cpu = host.cpu;
        state = World.registers(guest.mode());
        World.fill(host.memory, guest);
    }

    // ---- what an extension says ----

    /** VMLAUNCH, VMRESUME, VMRUN: with {@link #state}, and {@code event} to be injected where it is not 0. */
    abstract void enter(int event, int errorCode, int length);

    /** Brings the guest's registers to {@link #state}. */
    abstract void fetch();

    abstract Exit exit();

    /** The event that was interrupted on its way to its handler, in the words of {@link EventInformation}; 0 for none. */
    abstract int vectoring();

    abstract int vectoringErrorCode();

    /** Maps a page of the second dimension. */
    abstract void map(long page);

    /** What the hardware leaves to the hypervisor before an intercepted exception is injected. */
    abstract void completeException(Exit exit);

    // ---- running ----

    /** The guest's states, a line an exit; ends where the guest does or after {@link #EXITS}. */
    List<String> run() {
        int event = 0;
        int errorCode = 0;
        int length = 0;
        for (int n = 0; n < EXITS; n++) {
            enter(event, errorCode, length);
            event = 0;
            if (cpu.guestMode) {
                cpu.run(cpu.now() + TICKS);
            }
            if (cpu.guestMode) {
                log.add("runs on: " + registers(cpu.state, false, cpu.shadow != Processor.NO_SHADOW));
                break;
            }
            Exit exit = exit();
            if (exit.cause() == Exit.Cause.REFUSED) {
                refused = true;
                break;
            }
            if (exit.cause() == Exit.Cause.TRIPLE_FAULT) {
                log.add("triple fault");
                break;
            }
            fetch();
            int vectoring = vectoring();
            boolean debug = exit.cause() == Exit.Cause.EXCEPTION && exit.number() == Vector.DB;
            log.add(exit + (vectoring == 0 ? "" : String.format(" on the way to %x", vectoring)) + ": "
                    + registers(state, debug, shadow));
            if (ends(exit)) {
                break;
            }
            if (exit.cause() == Exit.Cause.EXCEPTION) {
                event = exception(exit, vectoring);
                errorCode = EventInformation.vector(event) == exit.number() ? exit.register() : 0;
                length = exit.next() < 0 ? 0 : (int) (exit.next() - state.rip);
                if (event == 0) {
                    break;
                }
            } else if (exit.cause() == Exit.Cause.SECOND_DIMENSION) {
                map(exit.value() & -4096L);
                if (vectoring == 0) {
                    // Breakpoints on the instruction have been looked at. VMX saves RF so, SVM as it was.
                    state.systemFlags |= Rflags.RF;
                }
                event = EventInformation.bySoftware(vectoring) ? 0 : vectoring;
                errorCode = vectoringErrorCode();
                length = 0;
            } else {
                if ((state.rflags() & Rflags.TF) != 0) {
                    state.dr[6] |= DR6_BS;
                    event = EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DB, false);
                    errorCode = 0;
                    length = 0;
                }
                perform(exit);
                state.rip = exit.next();
                shadow = false;
            }
            boolean allowed = (state.rflags() & Rflags.IF) != 0 && !shadow;
            if (event == 0 && allowed && ((guest.interrupts() >>> n) & 1) != 0) {
                event = EventInformation.of(EventInformation.EXTERNAL_INTERRUPT, 0x20 + (n & 7), false);
                length = 0;
            }
        }
        log.add("memory: " + memory());
        return log;
    }

    /** Whether the entry was refused: what comes then cannot be compared. */
    boolean refused() {
        return refused;
    }

    /** HLT at the end of the program, or in the handler of a fault. */
    private boolean ends(Exit exit) {
        long linear = state.segments[Segment.CS].base + state.rip;
        return exit.cause() == Exit.Cause.HLT
                && (linear >= World.HANDLERS || linear == World.CODE + guest.code().length);
    }

    /** An intercepted exception goes to the guest; on the way to another handler both may make a double fault. */
    private int exception(Exit exit, int vectoring) {
        int vector = exit.number();
        completeException(exit);
        if (vectoring != 0 && EventInformation.type(vectoring) == EventInformation.HARDWARE_EXCEPTION) {
            int first = EventInformation.vector(vectoring);
            if (Events.tripleFault(first, vector)) {
                return 0;
            }
            if (Events.doubleFault(first, vector)) {
                return EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DF, true);
            }
        }
        boolean hasErrorCode = guest.mode() != GuestMode.REAL
                && switch (vector) {
                    case Vector.DF, Vector.TS, Vector.NP, Vector.SS, Vector.GP, Vector.PF, Vector.AC -> true;
                    default -> false;
                };
        int type = exit.next() < 0
                ? EventInformation.HARDWARE_EXCEPTION
                : vector == Vector.DB
                        ? EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION
                        : EventInformation.SOFTWARE_EXCEPTION;
        return EventInformation.of(type, vector, hasErrorCode);
    }

    /** Does what the instruction asked for, or something that is as good. */
    private void perform(Exit exit) {
        long[] r = state.r;
        switch (exit.cause()) {
            case CPUID -> {
                r[CpuState.RAX] = 0x16;
                r[CpuState.RBX] = 0x756e_6547;
                r[CpuState.RCX] = 0x6c65_746e;
                r[CpuState.RDX] = 0x4965_6e69;
            }
            case RDTSC, RDPMC, RDMSR -> {
                r[CpuState.RAX] = 0x1234_5678;
                r[CpuState.RDX] = 0;
            }
            case IN -> {
                long mask = (1L << (8 * exit.register())) - 1;
                long value = (r[CpuState.RAX] & ~mask) | (exit.number() & mask);
                r[CpuState.RAX] = exit.register() == 4 ? value & 0xffff_ffffL : value;
            }
            case READ_CR -> r[exit.register()] = exit.number() == 3 ? state.cr3 : 0;
            case WRITE_CR -> {
                if (exit.number() == 3) {
                    state.cr3 = r[exit.register()];
                }
            }
            case READ_DR -> r[exit.register()] = 0;
            default -> {}
        }
    }

    // ---- writing down ----

    private static String registers(CpuState s, boolean debug, boolean inShadow) {
        StringBuilder line = new StringBuilder();
        line.append(String.format("RIP=%x RFLAGS=%x CPL=%d", s.rip, s.rflags() & ~(long) Rflags.RF, s.cpl));
        for (int n = 0; n < 16; n++) {
            line.append(String.format(" r%d=%x", n, s.r[n]));
        }
        for (int n = 0; n < SEGMENTS.length; n++) {
            segment(line, SEGMENTS[n], s.segments[n]);
        }
        segment(line, "LDTR", s.ldtr);
        segment(line, "TR", s.tr);
        line.append(String.format(
                " GDTR=%x/%x IDTR=%x/%x CR0=%x CR2=%x CR3=%x CR4=%x EFER=%x DR0=%x",
                s.gdtrBase,
                s.gdtrLimit,
                s.idtrBase,
                s.idtrLimit,
                s.cr0,
                s.cr2,
                s.cr3,
                s.cr4 & ~NOT_CR4,
                s.efer & ~NOT_EFER,
                s.dr[0]));
        if (!debug) {
            line.append(String.format(" DR6=%x DR7=%x", s.dr[6], s.dr[7]));
        }
        return line.append(inShadow ? " in an interrupt shadow" : "").toString();
    }

    /** Of a null selector's register neither vendor says the rest: Intel clears base and limit, AMD keeps them. */
    private static void segment(StringBuilder line, String name, Segment segment) {
        line.append(' ').append(name).append('=').append(Integer.toHexString(segment.selector));
        if (segment.usable()) {
            line.append(String.format("/%x/%x/%x", segment.base, segment.limit, segment.attributes & 0xf0ff));
        }
    }

    private String memory() {
        CRC32 crc = new CRC32();
        for (long page = 0; page < World.END; page += Frame.SIZE) {
            Frame frame = host.memory.frame(page);
            crc.update(frame.bytes);
        }
        return Long.toHexString(crc.getValue());
    }
}
