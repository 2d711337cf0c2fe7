package org.thirdmode.lab.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** A trace of a virtual machine. */
class Traces {
    private final List<TraceEvent> events = new ArrayList<>();

    /** What the MMU did before anybody watched. */
    private long changedBefore;

    private VirtualMachine traced(Virt virt, MmuKind mmu) throws ImageException {
        GuestImage kernel = GuestCatalogue.find("mini64").orElseThrow();
        VirtualMachine machine = new VirtualMachine(
                MachineConfiguration.DEFAULT,
                virt,
                mmu,
                Optional.of(new Image(kernel.name(), kernel.bytes())),
                LoadOptions.DEFAULT.withCommandLine("workload=fork processes=2 rounds=2"),
                HostPorts.serial(value -> {}));
        changedBefore = machine.vcpu().mmu().counters().allEntryChanges();
        machine.vcpu().observe(new VcpuTrace(machine.vcpu(), events::add));
        machine.run(Long.MAX_VALUE);
        return machine;
    }

    private long count(TraceEvent.Kind kind) {
        return events.stream().filter(event -> event.kind() == kind).count();
    }

    @ParameterizedTest
    @EnumSource
    void tellsEveryExitFaultAndChangeThatIsCounted(MmuKind mmu) throws ImageException {
        for (Virt virt : Stream.of(Virt.values()).filter(mmu::runsOn).toList()) {
            events.clear();
            VirtualMachine machine = traced(virt, mmu);
            long exits = machine.vcpu().exits().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertEquals(exits, count(TraceEvent.Kind.EXIT));
            assertEquals(exits, count(TraceEvent.Kind.ENTRY));
            assertEquals(machine.vcpu().userSpaceExits(), count(TraceEvent.Kind.USER_SPACE));
            assertEquals(machine.vcpu().mmu().counters().faults, count(TraceEvent.Kind.FAULT));
            assertEquals(
                    machine.vcpu().mmu().counters().allEntryChanges() - changedBefore,
                    count(TraceEvent.Kind.ENTRY_CHANGE));
            assertEquals(0, count(TraceEvent.Kind.WARNING), "a clean bit that is stale");
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsForwardInTime(Virt virt) throws ImageException {
        traced(virt, MmuKind.CACHED);
        assertTrue(events.size() > 1000);
        List<TraceEvent> sorted = new ArrayList<>(events);
        sorted.sort(Comparator.comparingLong(TraceEvent::tick));
        assertEquals(sorted, events);
    }

    @ParameterizedTest
    @EnumSource
    void isReadAgainInEveryFormat(TraceFormat format) throws ImageException, IOException {
        traced(Virt.VMX, MmuKind.UNSYNC);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TraceWriter writer = format.to(out)) {
            for (TraceEvent event : events) {
                writer.write(event);
            }
        }
        String text = out.toString(StandardCharsets.UTF_8);
        ObjectMapper json = new ObjectMapper();
        switch (format) {
            case TEXT ->
                assertEquals(
                        events.stream()
                                .map(event -> event.tick() + "\t" + event.words())
                                .toList(),
                        text.lines().toList());
            case JSON -> {
                List<String> lines = text.lines().toList();
                assertEquals(events.size(), lines.size());
                for (int n = 0; n < lines.size(); n++) {
                    JsonNode line = json.readTree(lines.get(n));
                    assertEquals(events.get(n).tick(), line.get("tick").asLong());
                    assertEquals(events.get(n).words(), line.get("words").asText());
                }
            }
            case PERFETTO -> slicesOfTheGuestDoNotOverlap(json.readTree(text));
        }
    }

    private void slicesOfTheGuestDoNotOverlap(JsonNode trace) {
        int depth = 0;
        int slices = 0;
        for (JsonNode event : trace) {
            switch (event.get("ph").asText()) {
                case "B" -> {
                    depth++;
                    slices++;
                }
                case "E" -> depth--;
                default -> {}
            }
            assertTrue(depth == 0 || depth == 1);
        }
        assertEquals(count(TraceEvent.Kind.ENTRY), slices);
    }
}
