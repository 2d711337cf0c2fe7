package org.thirdmode.guests;

import java.util.List;
import java.util.Optional;

/**
 * What the mini-kernel does: one row for each workload that it lists.
 *
 * @param name what a user types behind {@code workload=}
 * @param parameters its parameters with the values that they have when the command line does not say
 * @param description one line
 * @param status the kernel's exit status on a machine without a disk
 */
public record Workload(String name, String parameters, String description, int status) {
    /** The exit status of a workload that wants a disk and finds none that it may use. */
    public static final int NO_DISK = 3;

    /** The number of the region of interest in which a workload does its work. */
    public static final int REGION = 1;

    private static final List<Workload> ALL = List.of(
            workload("syscall", "rounds=20000", "system calls that do nothing, by both instructions"),
            workload("kpti", "rounds=20000", "the same, with CR3 changed at every entry and exit"),
            workload("switch", "processes=8 rounds=1000 pages=4", "processes that hand the processor around"),
            workload("preempt", "processes=4", "processes that only the timer can part"),
            workload("fork", "processes=8 rounds=30 pages=16", "processes that are born, write a little and end"),
            workload("exec", "rounds=200", "processes that become another program"),
            workload("mmap", "rounds=600 pages=16", "memory mapped, touched, protected, unmapped piece by piece"),
            workload("cow", "rounds=8 pages=512", "a parent and its children write to the same pages"),
            workload("fault", "rounds=4 pages=1024", "first reads, then first writes to fresh pages"),
            workload("gups", "pages=2048 updates=200000", "updates at random places of a table"),
            workload("chase", "pages=2048 steps=400000", "a chain of pointers through all lines"),
            workload("sequential", "rounds=1 pages=1024", "every word written, then read, in order"),
            workload("sparse", "megabytes=1024 pages=2048", "single pages, far apart in linear memory"),
            workload("ram", "megabytes=32 pages=2048", "single pages, far apart in physical memory"),
            workload("compile", "processes=4 units=12 bytes=4000", "a make that runs compilers"),
            workload("port", "rounds=50000", "port I/O, by single instructions and strings"),
            workload("mmio", "rounds=60000", "registers of the local APIC and the I/O APIC"),
            new Workload("disk", "sectors=64", "sectors written and read; only a disk that is blank", NO_DISK),
            workload("wp", "rounds=15000", "the kernel writes to read-only pages with CR0.WP clear"),
            workload("idle", "rounds=1000", "sleeps from tick to tick of the timer"));

    private static Workload workload(String name, String parameters, String description) {
        return new Workload(name, parameters, description, 0);
    }

    /** All workloads, in the order in which the kernel lists them. */
    public static List<Workload> all() {
        return ALL;
    }

    /** The workload of that name, if there is one. */
    public static Optional<Workload> find(String name) {
        return ALL.stream().filter(workload -> workload.name().equals(name)).findFirst();
    }

    /** The command line that runs it with its own parameters. */
    public String commandLine() {
        return "workload=" + name;
    }
}
