package org.thirdmode.lab.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@link KernelLog}. */
class StagesOfABoot {
    private long instructions;
    private final KernelLog log = new KernelLog();

    private Moment now() {
        return new Moment(instructions, Map.of("HLT", instructions / 100), 0, 0, instructions / 10, instructions);
    }

    /** Each byte takes an instruction. */
    private void guestWrites(String text) {
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            instructions++;
            log.put(each);
        }
    }

    @Test
    void aLineOfTheKernelBeginsAStage() {
        log.begins(this::now);
        instructions = 1000;
        guestWrites("[    0.000000] Linux version 6.1.0\r\n");
        long early = instructions;
        guestWrites("[    0.000000] Command line: x\r\n[    0.031089][    T0] Memory: 84096K/130680K available\r\n");
        long memory = instructions;
        guestWrites("[    1.292286] Run /init as init process\r\n");
        long user = instructions;
        guestWrites("$ ");
        Map<BootStage, Moment> stages = log.stages();
        assertEquals(
                List.of(BootStage.UNPACKING, BootStage.EARLY, BootStage.MEMORY, BootStage.USER_SPACE),
                List.copyOf(stages.keySet()));
        assertEquals(early, stages.get(BootStage.UNPACKING).instructions());
        assertEquals(memory - early, stages.get(BootStage.EARLY).instructions());
        assertEquals(user - memory, stages.get(BootStage.MEMORY).instructions());
        assertEquals(2, stages.get(BootStage.USER_SPACE).instructions());
        assertEquals(Map.of("HLT", early / 100), stages.get(BootStage.UNPACKING).exits());
    }

    /** A program that quotes the log does not. */
    @Test
    void whatIsNoLineOfTheKernelBeginsNone() {
        log.begins(this::now);
        guestWrites("Linux version 6.1.0\n+ Run /init\n[x] Memory: 1\n");
        assertEquals(List.of(BootStage.UNPACKING), List.copyOf(log.stages().keySet()));
    }

    @Test
    void aStageDoesNotBeginTwice() {
        log.begins(this::now);
        guestWrites("[    1.292286] Run /init as init process\n");
        long user = instructions;
        guestWrites("[    2.000000] Memory: 1\n[    2.100000] Run /bin/sh as init process\n");
        Map<BootStage, Moment> stages = log.stages();
        assertEquals(List.of(BootStage.UNPACKING, BootStage.USER_SPACE), List.copyOf(stages.keySet()));
        assertEquals(user, stages.get(BootStage.UNPACKING).instructions());
    }

    @Test
    void theStagesAddUpToTheRun() {
        log.begins(this::now);
        guestWrites(
                "[    0.000000] Linux version 6.1.0\n[    1.3] Run /init as init process\n[    1.5] reboot: Power down\n..");
        assertEquals(
                instructions,
                log.stages().values().stream().mapToLong(Moment::instructions).sum());
        assertEquals(
                instructions / 100,
                log.stages().values().stream().mapToLong(Moment::allExits).sum());
    }
}
