package org.thirdmode.pc;

import com.google.common.math.LongMath;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.function.Function;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * What a machine is made of.
 *
 * @param memory its RAM
 * @param profile its processor
 * @param seed where all randomness of the guest comes from
 * @param instructionTime how long an instruction takes, in ticks of {@link org.thirdmode.x86.time.GuestClock}, a nanosecond
 *     each: 1 to {@link #LONGEST_INSTRUCTION}. Guest time stays a function of the instructions, whatever executes them
 * @param startDate the date and time that the real-time clock shows at first
 * @param firmware a ROM to reset into; empty to start an image without firmware
 * @param network whether it has a network card; at the other end of its cable is {@link org.thirdmode.pc.net.Neighbour}
 * @param detailed whether the profile's TLBs and paging-structure caches are modelled and counted; the guest's results are
 *     the same
 * @param tlbs which are modelled instead, where {@code detailed}; empty for the profile's
 * @param extension makes the processor's VMX or SVM; where there is none the processor has neither, whatever its profile
 */
public record MachineConfiguration(
        MemoryLayout memory,
        CpuProfile profile,
        long seed,
        long instructionTime,
        LocalDateTime startDate,
        Optional<Image> firmware,
        boolean network,
        boolean detailed,
        Optional<TlbGeometry> tlbs,
        Optional<Function<Processor, Extension>> extension) {
    /** 128 MBytes, the generic processor, no firmware; the date is as good as any, and fixed. */
    public static final MachineConfiguration DEFAULT = new MachineConfiguration(
            new MemoryLayout(128L << 20),
            CpuProfile.GENERIC,
            0,
            1,
            LocalDateTime.of(2026, 1, 1, 0, 0),
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            Optional.empty());

    /** The most ticks that an instruction may take: a millisecond of the guest's time. */
    public static final long LONGEST_INSTRUCTION = 1_000_000;

    /** The least width of physical addresses; more where the RAM needs it. */
    private static final int ADDRESS_WIDTH = 40;

    /**
     * What a machine is made of.
     *
     * @throws IllegalArgumentException where an instruction takes no time or too much
     */
    public MachineConfiguration {
        if (instructionTime < 1 || instructionTime > LONGEST_INSTRUCTION) {
            throw new IllegalArgumentException(
                    "an instruction takes 1 to " + LONGEST_INSTRUCTION + " nanoseconds, not " + instructionTime);
        }
    }

    /** The same with {@code size} bytes of RAM. */
    public MachineConfiguration withMemory(long size) {
        return new MachineConfiguration(
                new MemoryLayout(size),
                profile,
                seed,
                instructionTime,
                startDate,
                firmware,
                network,
                detailed,
                tlbs,
                extension);
    }

    /** The same with another processor. */
    public MachineConfiguration withProfile(CpuProfile other) {
        return new MachineConfiguration(
                memory, other, seed, instructionTime, startDate, firmware, network, detailed, tlbs, extension);
    }

    /** The same with another seed. */
    public MachineConfiguration withSeed(long other) {
        return new MachineConfiguration(
                memory, profile, other, instructionTime, startDate, firmware, network, detailed, tlbs, extension);
    }

    /** The same with instructions that take so many ticks each. */
    public MachineConfiguration withInstructionTime(long ticks) {
        return new MachineConfiguration(
                memory, profile, seed, ticks, startDate, firmware, network, detailed, tlbs, extension);
    }

    /** The ticks that so many instructions take; {@link Long#MAX_VALUE} where a long holds no more. */
    public long ticksOf(long instructions) {
        return LongMath.saturatedMultiply(instructions, instructionTime);
    }

    /** The same with a ROM. */
    public MachineConfiguration withFirmware(Image rom) {
        return new MachineConfiguration(
                memory,
                profile,
                seed,
                instructionTime,
                startDate,
                Optional.of(rom),
                network,
                detailed,
                tlbs,
                extension);
    }

    /** The same with a network card. */
    public MachineConfiguration withNetwork() {
        return new MachineConfiguration(
                memory, profile, seed, instructionTime, startDate, firmware, true, detailed, tlbs, extension);
    }

    /** The same with the profile's TLBs and paging-structure caches modelled and counted. */
    public MachineConfiguration withDetail() {
        return new MachineConfiguration(
                memory, profile, seed, instructionTime, startDate, firmware, network, true, tlbs, extension);
    }

    /** The same with these TLBs and paging-structure caches modelled and counted: what if the processor had them. */
    public MachineConfiguration withDetail(TlbGeometry other) {
        return new MachineConfiguration(
                memory,
                profile,
                seed,
                instructionTime,
                startDate,
                firmware,
                network,
                true,
                Optional.of(other),
                extension);
    }

    /** What a processor of {@code host} models of its TLBs: null for nothing. */
    public TlbGeometry modelledTlbs(CpuProfile host) {
        return detailed ? tlbs.orElseGet(host::tlbs) : null;
    }

    /** The same with VMX or SVM. */
    public MachineConfiguration withExtension(Function<Processor, Extension> made) {
        return new MachineConfiguration(
                memory,
                profile,
                seed,
                instructionTime,
                startDate,
                firmware,
                network,
                detailed,
                tlbs,
                Optional.of(made));
    }

    /**
     * MAXPHYADDR of the machine, in bits: twice what its memory needs at least. A hypervisor's processor is of the same width,
     * since nested paging shows it to the guest, and has to have room for the guest's memory and its own.
     */
    public int addressWidth() {
        return Math.max(ADDRESS_WIDTH, 65 - Long.numberOfLeadingZeros(memory.top() - 1));
    }
}
