package org.thirdmode.papers.paper;

/** Workloads that several papers share; smaller than the kernel's own defaults, which changes no ratio. */
final class Workloads {
    static final String BUILD = "compile processes=2 units=4 bytes=2000";
    static final String SYSCALL = "syscall rounds=%d";
    static final String SYSCALL_KPTI = "kpti rounds=%d";
    static final String FORK = "fork processes=2 rounds=%d pages=16";
    static final String EXEC = "exec rounds=%d";
    static final String FAULT = "fault pages=128 rounds=%d";

    /** Of a round: each page is read first, then written. */
    static final int FAULTS = 2 * 128;

    static final String MMAP = "mmap pages=16 rounds=%d";
    static final String SWITCH = "switch processes=2 pages=4 rounds=%d";
    static final String PORT = "port rounds=%d";

    private Workloads() {}
}
