package org.thirdmode.kvm;

import org.thirdmode.shadow.HostFormat;

/** The kernel that a host runs, which decides in what mode its processor is between guests and what its tables are. */
public enum HostKernel {
    /** In 64-bit mode. */
    X86_64("x86_64", 64),
    /** In protected mode, with PAE paging. */
    I386_PAE("i386-pae", 36),
    /** In protected mode, with 32-bit paging. */
    I386("i386", 32);

    /** The most memory that a process of 32 bits gives a virtual machine, in bytes: as QEMU. */
    private static final long MOST_MEMORY = 2047L << 20;

    /** As a user writes it. */
    public final String word;

    private final int addressBits;

    HostKernel(String word, int addressBits) {
        this.word = word;
        this.addressBits = addressBits;
    }

    /** Whether it runs in 64-bit mode, and so can give a guest long mode. */
    public boolean is64Bit() {
        return this == X86_64;
    }

    /** The bits of the physical addresses that its page tables hold, at most {@code width}. */
    int addressBits(int width) {
        return Math.min(addressBits, width);
    }

    /** The format of its page tables. */
    HostFormat format() {
        return switch (this) {
            case X86_64 -> HostFormat.LEVEL_4;
            case I386_PAE -> HostFormat.PAE;
            case I386 -> HostFormat.BITS_32;
        };
    }

    /** The most memory that it gives a virtual machine, in bytes. */
    long mostMemory() {
        return is64Bit() ? Long.MAX_VALUE : MOST_MEMORY;
    }
}
