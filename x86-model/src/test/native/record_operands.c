/*
 * Records how many bytes of memory the x87, MMX and SSE instructions touch on this host, and which want them aligned: every
 * row of the opcode table with a memory operand and a feature named on the command line.
 * Usage: record_operands OPCODES.TXT FEATURE... > FILE. A line is: the code in hexadecimal, its operand at [rdi]; the
 * number of bytes; 16 where the address must be a multiple of that, else 1.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf escape;

static void fault(int signal) { siglongjmp(escape, signal); }

/* Runs the code with its operand at ADDRESS; 0, or the signal it ended in. */
static int run(uint8_t *stub, uint8_t *address) {
    int signal = sigsetjmp(escape, 1);
    if (!signal)
        __asm__ volatile(
            "fninit\n\t fldz\n\t fldz\n\t xorl %%eax, %%eax\n\t xorl %%ecx, %%ecx\n\t xorl %%edx, %%edx\n\t call *%1"
            : : "D"(address), "b"(stub) : "rax", "rcx", "rdx", "xmm0", "memory", "cc");
    __asm__ volatile("fninit");
    return signal;
}

int main(int argc, char **argv) {
    FILE *table = argc > 2 ? fopen(argv[1], "r") : 0;
    if (!table) return 2;
    uint8_t *stub = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_NONE);
    signal(SIGSEGV, fault);
    signal(SIGILL, fault);
    signal(SIGBUS, fault);
    static char line[256];
    while (fgets(line, sizeof line, table)) {
        char *columns[4] = {0};
        int n = 0;
        for (char *p = strtok(line, "|\n"); p && n < 4; p = strtok(0, "|\n")) columns[n++] = p;
        if (n < 4 || line[0] == '#' || !strpbrk(columns[2], "MWQE") || strstr(columns[1], "NOP")) continue;
        int wanted = 0;
        char features[64], pattern[64];
        snprintf(features, sizeof features, "%s", columns[3]);
        snprintf(pattern, sizeof pattern, "%s", columns[0]);
        for (char *p = strtok(features, " "); p; p = strtok(0, " "))
            for (int k = 2; k < argc; k++) wanted |= !strcmp(p, argv[k]);
        int length = 0, modrm = 7, wide = 0, usable = wanted;
        for (char *p = strtok(pattern, " "); p; p = strtok(0, " ")) {
            if (!strcmp(p, "W1")) wide = 1;
            else if (!strcmp(p, "NP") || !strcmp(p, "W0") || !strcmp(p, "/r") || !strcmp(p, "mem")) continue;
            else if (p[0] == '/') modrm = 7 | (p[1] - '0') << 3;
            else if (strlen(p) != 2 || (length && stub[0] >= 0xd8 && stub[0] <= 0xdf)) usable = 0;
            else {
                if (wide && !strcmp(p, "0F")) stub[length++] = 0x48, wide = 0;
                stub[length++] = strtol(p, 0, 16);
            }
        }
        int x87 = stub[0] >= 0xd8 && stub[0] <= 0xdf;
        int sse = memchr(stub, 0x0f, length) != 0 && strpbrk(columns[2], "VWPQ");
        if (!usable || !(x87 || sse)) continue;
        stub[length++] = modrm;
        if (strstr(columns[2], "Ib")) stub[length++] = 0;
        stub[length] = 0xc3;
        int size = 0, reason = SIGSEGV;
        while (size < 128 && reason == SIGSEGV) {
            size++;
            memset(page, 0, 4096);
            reason = run(stub, page + 4096 - size);
        }
        if (reason) continue;
        memset(page, 0, 4096);
        int aligned = run(stub, page + 1) != 0;
        for (int k = 0; k < length; k++) printf("%02x", stub[k]);
        printf(" %d %d\n", size, aligned ? 16 : 1);
    }
    return 0;
}
