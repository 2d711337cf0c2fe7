/* The first program: finds the workload that the command line names, runs it and says how it ended. */
#include "workload.h"

#define ROUNDS(value) {"rounds", value, MOST_ROUNDS}
#define PAGES(value) {"pages", value, MOST_PAGES}
#define FEW_PAGES(value) {"pages", value, MOST_FEW_PAGES} /* of many megabytes: only the tables bound them */
#define MEGABYTES(value) {"megabytes", value, MOST_MEGABYTES}
#define PROCESSES(value) {"processes", value, MOST_PROCESSES}

static const struct workload workloads[] = {
    {"syscall", "system calls that do nothing, by both instructions", {ROUNDS(20000)}, workload_syscall},
    {"kpti", "the same, with CR3 changed at every entry and exit", {ROUNDS(20000)}, workload_syscall},
    {"switch", "processes that hand the processor around", {PROCESSES(8), ROUNDS(1000), PAGES(4)}, workload_switch},
    {"preempt", "processes that only the timer can part", {PROCESSES(4)}, workload_preempt},
    {"fork", "processes that are born, write a little and end", {PROCESSES(8), ROUNDS(30), PAGES(16)}, workload_fork},
    {"exec", "processes that become another program", {ROUNDS(200)}, workload_exec},
    {"mmap", "memory mapped, touched, protected, unmapped piece by piece", {ROUNDS(600), PAGES(16)}, workload_mmap},
    {"cow", "a parent and its children write to the same pages", {ROUNDS(8), PAGES(512)}, workload_cow},
    {"fault", "first reads, then first writes to fresh pages", {ROUNDS(4), PAGES(1024)}, workload_fault},
    {"gups", "updates at random places of a table", {PAGES(2048), {"updates", 200000, MOST_ROUNDS}}, workload_gups},
    {"chase", "a chain of pointers through all lines", {PAGES(2048), {"steps", 400000, MOST_ROUNDS}}, workload_chase},
    {"sequential", "every word written, then read, in order", {ROUNDS(1), PAGES(1024)}, workload_sequential},
    {"sparse", "single pages, far apart in linear memory", {MEGABYTES(1024), FEW_PAGES(2048)}, workload_sparse},
    {"ram", "single pages, far apart in physical memory", {MEGABYTES(32), FEW_PAGES(2048)}, workload_ram},
    {"compile", "a make that runs compilers",
     {PROCESSES(4), {"units", 12, 10000}, {"bytes", 4000, 40000}}, workload_compile},
    {"port", "port I/O, by single instructions and strings", {ROUNDS(50000)}, workload_port},
    {"mmio", "registers of the local APIC and the I/O APIC", {ROUNDS(60000)}, workload_mmio},
    {"disk", "sectors written and read; only a disk that is blank", {{"sectors", 64, 0x100000}}, workload_disk},
    {"wp", "the kernel writes to read-only pages with CR0.WP clear", {ROUNDS(15000)}, workload_wp},
    {"idle", "sleeps from tick to tick of the timer", {ROUNDS(1000)}, workload_idle},
};
#define WORKLOADS (sizeof workloads / sizeof workloads[0])

/* For the kernel (main.c). */
static const char *const kernel_parameters[] = {"workload", "hz", "kpti"};

static void print_all(void)
{
    for (u32 i = 0; i < WORKLOADS; i++) {
        print("workload=");
        print(workloads[i].name);
        for (u32 p = 0; p < PARAMETERS && workloads[i].parameters[p].name; p++) {
            print(" ");
            print(workloads[i].parameters[p].name);
            print("=");
            print_decimal(workloads[i].parameters[p].value);
        }
        print(": ");
        print(workloads[i].description);
        print("\n");
    }
}

static void print_word(const char *at)
{
    char text[2] = {0, 0};
    for (; *at && *at != ' '; at++) {
        text[0] = *at;
        print(text);
    }
}

static const struct workload *find(const char *name)
{
    for (u32 i = 0; i < WORKLOADS; i++) {
        if (same_word(name, workloads[i].name)) {
            return &workloads[i];
        }
    }
    return 0;
}

u32 working_set_flags = MAP_PRIVATE;

/* Whether it has a working set that large pages can map. */
static int takes_large_pages(const struct workload *workload)
{
    return same_word(workload->name, "gups") || same_word(workload->name, "chase")
            || same_word(workload->name, "sequential");
}

static int is_known(const struct workload *workload, const char *at)
{
    if (same_word(at, "large")) {
        return takes_large_pages(workload);
    }
    for (u32 i = 0; i < sizeof kernel_parameters / sizeof kernel_parameters[0]; i++) {
        if (same_word(at, kernel_parameters[i])) {
            return 1;
        }
    }
    for (u32 p = 0; p < PARAMETERS && workload->parameters[p].name; p++) {
        if (same_word(at, workload->parameters[p].name)) {
            return 1;
        }
    }
    return 0;
}

static void refuse(const char *at, const char *why)
{
    print_word(at);
    print(": ");
    print(why);
    print("\n");
    leave(STATUS_USAGE);
}

/* A loader may put the name of the image in front. What has no "=" is no parameter, and what has a "/" is a path. */
static void check_words(const struct workload *workload, const char *line)
{
    for (const char *at = line; *at;) {
        int equals = 0, slash = 0;
        const char *start = at;
        for (; *at && *at != ' '; at++) {
            equals |= *at == '=';
            slash |= *at == '/';
        }
        if (equals && !slash && !is_known(workload, start)) {
            refuse(start, "this workload has no such parameter");
        }
        at += *at == ' ';
    }
}

static void read_values(const struct workload *workload, const char *line, u32 *values)
{
    for (u32 p = 0; p < PARAMETERS && workload->parameters[p].name; p++) {
        const struct parameter *parameter = &workload->parameters[p];
        const char *at = value_of(line, parameter->name);
        values[p] = at ? number_at(at) : parameter->value;
        if (values[p] == 0 || values[p] > parameter->most) {
            print(parameter->name);
            print("=");
            refuse(at, "out of range");
        }
    }
}

void expect(const char *what, u32 found, u32 expected)
{
    if (found != expected) {
        print(what);
        print(": found ");
        print_hex(found);
        print(", expected ");
        print_hex(expected);
        print(": WRONG\n");
        leave(STATUS_WRONG);
    }
}

u32 main(const char *line)
{
    const char *name = value_of(line, "workload");
    if (!name) {
        print_all();
        return STATUS_OK;
    }
    const struct workload *workload = find(name);
    if (!workload) {
        refuse(name, "no such workload; without workload=... the kernel lists them");
    }
    u32 values[PARAMETERS];
    check_words(workload, line);
    read_values(workload, line, values);
    const char *large = value_of(line, "large");
    if (large && number_at(large)) {
        working_set_flags = MAP_LARGE;
    }
    print("workload=");
    print(workload->name);
    for (u32 p = 0; p < PARAMETERS && workload->parameters[p].name; p++) {
        print(" ");
        print(workload->parameters[p].name);
        print("=");
        print_decimal(values[p]);
    }
    print("\n"); /* at once: what follows may be the line of a failure */
    u32 checksum = workload->run(values);
    print("checksum=");
    print_hex(checksum);
    print("\n");
    print(workload->name);
    print(": ok\n");
    return STATUS_OK;
}
