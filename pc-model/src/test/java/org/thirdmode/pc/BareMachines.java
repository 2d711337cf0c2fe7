package org.thirdmode.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** Board, processor and image together: small programs, assembled by hand. */
final class BareMachines {
    private final StringBuilder serial = new StringBuilder();

    private Machine machine(MachineConfiguration configuration, int... code) throws ImageException {
        byte[] sector = new byte[512];
        for (int i = 0; i < code.length; i++) {
            sector[i] = (byte) code[i];
        }
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        HostPorts host = HostPorts.serial(value -> serial.append((char) value));
        return new Machine(configuration, Optional.of(new Image("sector", sector)), LoadOptions.DEFAULT, host);
    }

    private MachineOutcome run(int... code) throws ImageException {
        return machine(MachineConfiguration.DEFAULT, code).run(10_000_000_000L);
    }

    @Test
    void theValueWrittenToTheExitPortIsTheOutcome() throws ImageException {
        // mov al, 2ah; out f4h, al; hlt
        assertEquals(new MachineOutcome.Exited(42), run(0xb0, 0x2a, 0xe6, 0xf4, 0xf4));
    }

    @Test
    void theInstructionAfterTheExitIsNotExecuted() throws ImageException {
        // mov al, 1; out f4h, al; mov dx, 3f8h; out dx, al
        Machine machine = machine(MachineConfiguration.DEFAULT, 0xb0, 1, 0xe6, 0xf4, 0xba, 0xf8, 3, 0xee);
        machine.run(1000);
        assertEquals("", serial.toString());
        assertEquals(2, machine.processor().now());
    }

    @Test
    void softOffIsPowerOff() throws ImageException {
        // mov dx, 604h; mov ax, 2000h; out dx, ax
        assertEquals(new MachineOutcome.PoweredOff(), run(0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef));
    }

    @Test
    void haltingWithInterruptsOffIsTheEndAlthoughTheTimerGoesOn() throws ImageException {
        // cli; hlt
        assertEquals(new MachineOutcome.Halted(), run(0xfa, 0xf4));
    }

    @Test
    void aTripleFaultIsOne() throws ImageException {
        // lidt [7c20h] with limit 0 and base 0; mov eax, cr0; or al, 1; mov cr0, eax; int 3
        int[] code = {
            0x0f, 0x01, 0x1e, 0x20, 0x7c, 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0xcc,
        };
        assertEquals(new MachineOutcome.TripleFault(), run(code));
    }

    @Test
    void theBudgetStopsExactlyAndTheMachineCanRunOn() throws ImageException {
        // jmp $
        Machine machine = machine(MachineConfiguration.DEFAULT, 0xeb, 0xfe);
        assertEquals(new MachineOutcome.BudgetReached(), machine.run(1000));
        assertEquals(1000, machine.processor().now());
        assertEquals(new MachineOutcome.BudgetReached(), machine.run(5));
        assertEquals(1005, machine.processor().now());
    }

    @Test
    void theTimerTicks18TimesASecond() throws ImageException {
        // sti; 1: hlt; cmp word [046ch], 18; jb 1b; mov al, 0; out f4h, al
        Machine machine = machine(
                MachineConfiguration.DEFAULT,
                0xfb,
                0xf4,
                0x83,
                0x3e,
                0x6c,
                0x04,
                0x12,
                0x72,
                0xf8,
                0xb0,
                0x00,
                0xe6,
                0xf4);
        assertEquals(new MachineOutcome.Exited(0), machine.run(10_000_000_000L));
        assertEquals(0.9887, machine.processor().now() / 1e9, 0.0005, "18 / 18.2065 Hz");
        assertEquals(18L, machine.counts().get("interrupts acknowledged"));
    }

    @Test
    void anX87ExceptionWithoutNumericErrorReportingIsInterruptRequest13() throws ImageException {
        int[] code = {
            0x31, 0xc0, 0x8e, 0xd8, // xor ax, ax; mov ds, ax
            0xc7, 0x06, 0xd4, 0x01, 0x27, 0x7c, 0xa3, 0xd6, 0x01, // vector 75h: 0:7c27
            0xb0, 0xdf, 0xe6, 0xa1, // of the second 8259A, let only input 5 through
            0xc7, 0x06, 0x00, 0x06, 0x7b, 0x03, 0xdb, 0xe3, 0xd9, 0x2e, 0x00, 0x06, // fninit; fldcw 37bh: #Z unmasked
            0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, // fld1; fldz; fdivp
            0xfb, 0x9b, 0xeb, 0xfe, // sti; fwait; jmp $
            0xe6, 0xf0, 0xb0, 0x0b, 0xe6, 0xa0, 0xe4, 0xa0, 0xe6, 0xf4, // out f0h, al; in-service bits of the second
        };
        Machine machine = machine(MachineConfiguration.DEFAULT, code);
        assertEquals(new MachineOutcome.Exited(0x20), machine.run(1_000_000));
        // Port F0H has taken the request back.
        machine.board().ports().write(0xa0, 1, 0x0a);
        assertEquals(0, machine.board().ports().read(0xa0, 1) & 0x20);
    }

    @Test
    void aResetWithoutAShutdownByteStartsTheImageAnew() throws ImageException {
        // mov al, [5000h]; inc byte [5000h]; cmp al, 2; je 1f; mov dx, cf9h; mov al, 6; out dx, al; hlt; 1: out f4h, al
        int[] code = {
            0xa0, 0x00, 0x50, 0xfe, 0x06, 0x00, 0x50, 0x3c, 0x02, 0x74, 0x07, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xf4,
            0xe6, 0xf4,
        };
        Machine machine = machine(MachineConfiguration.DEFAULT, code);
        assertEquals(new MachineOutcome.Exited(2), machine.run(1_000_000));
        assertEquals(2L, machine.counts().get("resets"));
    }

    @Test
    void shutdownByte0aGoesOnAtTheFarPointerAt0467AfterInit() throws ImageException {
        // mov al, 0fh; out 70h, al; mov al, 0ah; out 71h, al; mov word [0467h], 7c20h; mov word [0469h], 0;
        // mov al, feh; out 64h, al; hlt                 at 7c20h: mov al, 7; out f4h, al
        int[] code = new int[0x24];
        int[] start = {
            0xb0, 0x0f, 0xe6, 0x70, 0xb0, 0x0a, 0xe6, 0x71, 0xc7, 0x06, 0x67, 0x04, 0x20, 0x7c, 0xc7, 0x06, 0x69, 0x04,
            0x00, 0x00, 0xb0, 0xfe, 0xe6, 0x64, 0xf4,
        };
        System.arraycopy(start, 0, code, 0, start.length);
        System.arraycopy(new int[] {0xb0, 0x07, 0xe6, 0xf4}, 0, code, 0x20, 4);
        assertEquals(new MachineOutcome.Exited(7), run(code));
    }

    @Test
    void a20MaskedByTheBoardWrapsAddressesAt1MByte() throws ImageException {
        // mov al, ddh; out 64h, al; mov ax, ffffh; mov ds, ax; mov byte [0510h], 5ah
        // xor ax, ax; mov ds, ax; mov al, [0500h]; out f4h, al
        int[] code = {
            0xb0, 0xdd, 0xe6, 0x64, 0xb8, 0xff, 0xff, 0x8e, 0xd8, 0xc6, 0x06, 0x10, 0x05, 0x5a, 0x31, 0xc0, 0x8e, 0xd8,
            0xa0, 0x00, 0x05, 0xe6, 0xf4,
        };
        assertEquals(new MachineOutcome.Exited(0x5a), run(code));
    }

    @Test
    void aRomStartsAtTheResetVector() throws ImageException {
        byte[] rom = new byte[64 << 10];
        byte[] code = {(byte) 0xb0, 9, (byte) 0xe6, (byte) 0xf4};
        System.arraycopy(code, 0, rom, rom.length - 16, code.length);
        MachineConfiguration configuration = MachineConfiguration.DEFAULT.withFirmware(new Image("rom", rom));
        Machine machine = new Machine(configuration, Optional.empty(), LoadOptions.DEFAULT, HostPorts.NONE);
        assertEquals(0xf000, machine.processor().state.segments[1].selector);
        assertEquals(new MachineOutcome.Exited(9), machine.run(100));
        assertEquals(
                machine.board().memory().read(0xf_fff0, 8),
                machine.board().memory().read(0xffff_fff0L, 8));
        assertEquals(0xff, machine.board().memory().read(0xe_ffff, 1));
    }

    @Test
    void aFileThatCannotBeARomIsRefused() {
        MachineConfiguration configuration =
                MachineConfiguration.DEFAULT.withFirmware(new Image("rom", new byte[5000]));
        ImageException refused = assertThrows(
                ImageException.class,
                () -> new Machine(configuration, Optional.empty(), LoadOptions.DEFAULT, HostPorts.NONE));
        assertEquals(
                "rom: offset 0x1388: found a ROM of 5000 bytes; expected a multiple of 4096 bytes, at most 8388608",
                refused.getMessage());
    }

    @Test
    void a64BitExecutableRunsWithoutFurtherAdo() throws ImageException {
        // mov edx, f4h; mov eax, 3; out dx, eax
        byte[] code = {(byte) 0xba, (byte) 0xf4, 0, 0, 0, (byte) 0xb8, 3, 0, 0, 0, (byte) 0xef};
        byte[] elf = new byte[64 + 56 + code.length];
        java.nio.ByteBuffer file = java.nio.ByteBuffer.wrap(elf).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        file.putShort(16, (short) 2)
                .putShort(18, (short) 62)
                .putLong(24, 0x20_0000)
                .putLong(32, 64);
        file.putShort(54, (short) 56).putShort(56, (short) 1);
        file.putInt(64, 1).putLong(72, 120).putLong(80, 0x20_0000).putLong(88, 0x20_0000);
        file.putLong(96, code.length).putLong(104, code.length).put(120, code);
        Machine machine = new Machine(
                MachineConfiguration.DEFAULT, Optional.of(new Image("k", elf)), LoadOptions.DEFAULT, HostPorts.NONE);
        assertEquals(new MachineOutcome.Exited(3), machine.run(100));
    }

    @Test
    void aWriteToTheTimeStampCounterMovesTheDeadlineOfTheTimer() throws ImageException {
        // 32-bit: APIC timer to TSC-deadline mode, masked; TSC = 0; deadline = 1,000,000; TSC = 999,000; then wait for
        // it to
        // read as 0. The raw image is at 2 MBytes.
        int[] code = {
            0xc7, 0x05, 0x20, 0x03, 0xe0, 0xfe, 0x40, 0x00, 0x05, 0x00, // mov dword [fee00320h], 50040h
            0xb9, 0x10, 0x00, 0x00, 0x00, 0x31, 0xc0, 0x31, 0xd2, 0x0f, 0x30, // mov ecx, 10h; eax = edx = 0; wrmsr
            0xb9, 0xe0, 0x06, 0x00, 0x00, 0xb8, 0x40, 0x42, 0x0f, 0x00, 0x0f, 0x30, // deadline 1,000,000
            0xb9, 0x10, 0x00, 0x00, 0x00, 0xb8, 0x58, 0x3e, 0x0f, 0x00, 0x0f, 0x30, // TSC = 999,000
            0xb9, 0xe0, 0x06, 0x00, 0x00, // mov ecx, 6e0h
            0x0f, 0x32, 0x85, 0xc0, 0x75, 0xfa, // 1: rdmsr; test eax, eax; jnz 1b
            0xe6, 0xf4, // out f4h, al
        };
        byte[] bytes = new byte[code.length];
        for (int i = 0; i < code.length; i++) {
            bytes[i] = (byte) code[i];
        }
        Machine machine = new Machine(
                MachineConfiguration.DEFAULT,
                Optional.of(new Image("k", bytes)),
                LoadOptions.DEFAULT.withRawAddress(0x20_0000),
                HostPorts.NONE);
        assertEquals(new MachineOutcome.Exited(0), machine.run(100_000));
        assertTrue(
                Math.abs(machine.processor().now() - 1000) < 50,
                () -> "at tick " + machine.processor().now());
    }

    @Test
    void twoRunsAreTheSame() throws ImageException {
        int[] code = {0xfb, 0xf4, 0x83, 0x3e, 0x6c, 0x04, 0x12, 0x72, 0xf8, 0xb0, 0x00, 0xe6, 0xf4};
        Machine one = machine(MachineConfiguration.DEFAULT, code);
        Machine other = machine(MachineConfiguration.DEFAULT, code);
        one.run(10_000_000_000L);
        other.run(10_000_000_000L);
        assertEquals(one.counts(), other.counts());
        assertTrue(one.processor().now() > 0);
    }

    @Test
    void whatTheGuestPrintsReachesTheHost() throws ImageException {
        // mov dx, 3f8h; mov si, 7c20h; 1: lodsb; test al, al; jz 2f; out dx, al; jmp 1b; 2: out f4h, al
        int[] code = new int[0x30];
        int[] start = {0xba, 0xf8, 0x03, 0xbe, 0x20, 0x7c, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xe6, 0xf4};
        System.arraycopy(start, 0, code, 0, start.length);
        byte[] text = "Hello.\0".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < text.length; i++) {
            code[0x20 + i] = text[i];
        }
        assertEquals(new MachineOutcome.Exited(0), run(code));
        assertEquals("Hello.", serial.toString());
    }
}
