/*
 * Records what this host's processor does with MMX and SSE: random and edge operands through every row of the opcode
 * table that has XMM or MMX operands and a feature named on the command line, in its register and its memory form.
 * Usage: record_sse OPCODES.TXT SEED CASES_A_ROW FEATURE... > FILE
 *
 * The operands are always the same: reg = 0 (XMM0, MM0, EAX), r/m = 1 (XMM1, MM1, ECX) or, with mod = 0, the 16 bytes
 * that RDI points to, which then hold what XMM1 does. One record is 160 bytes:
 *
 *     0  length of the code, then the code            16  MXCSR, 4 bytes
 *    24  RAX   32  RCX and RDX   40  MM0   48  MM1   64  XMM0   80  XMM1
 *    56  afterwards: RCX
 *    96  MXCSR, RFLAGS & 0x8d5 (4 bytes each)   104  RAX   112  MM0   120  XMM0   136  XMM1, or memory   152  MM1
 *
 * A record whose instruction raised #XM has 0xff in byte 15; then only MXCSR means anything. RFLAGS before: 0x8d7.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static uint64_t seed;

static uint64_t next(void) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) { return (uint32_t)(next() >> 33) % n; }

static uint32_t single(void) {
    static const uint8_t exponents[] = {0, 0, 1, 2, 0xfe, 0xff, 0x7f, 0x7e, 0x80, 23, 24, 25, 0x9d, 0x9e, 0x9c, 0x96, 0xbd, 0xbe};
    uint32_t exponent = below(3) ? 0x7f + below(24) - 12 : below(2) ? exponents[below(sizeof exponents)] : next() & 0xff;
    uint32_t fraction = next() & 0x7fffff;
    switch (below(6)) {
    case 0: fraction = 0; break;
    case 1: fraction &= 0x7fffff << below(24); break;
    case 2: fraction = 0x7fffff << below(24); break;
    case 3: fraction = 1u << below(23); break;
    }
    if (exponent == 0 && below(3) == 0) fraction = 0;
    return (uint32_t)below(2) << 31 | exponent << 23 | (fraction & 0x7fffff);
}

static uint64_t dbl(void) {
    static const uint16_t exponents[] = {0, 0, 1, 2, 0x7fe, 0x7ff, 0x3ff, 0x3fe, 0x400, 52, 53, 54, 0x41d, 0x41e, 0x43d, 0x43e,
        0x380, 0x381, 0x37f, 0x36a, 0x369, 0x368, 0x47e, 0x47f, 0x433};
    uint64_t exponent = below(3) ? 0x3ff + below(50) - 25 : below(2) ? exponents[below(sizeof exponents / 2)] : next() & 0x7ff;
    uint64_t fraction = next();
    switch (below(7)) {
    case 0: fraction = 0; break;
    case 1: fraction <<= below(53); break;
    case 2: fraction = ~0ull << below(53); break;
    case 3: fraction = 1ull << below(52); break;
    case 4: fraction &= ~0ull << 29; break;
    }
    if (exponent == 0 && below(3) == 0) fraction = 0;
    return (uint64_t)below(2) << 63 | exponent << 52 | (fraction & 0xfffffffffffffull);
}

static uint64_t integers(void) {
    static const uint64_t edges[] = {0, 1, ~0ull, 1ull << 63, ~(1ull << 63), 0x7fff8000ffff0001ull, 0x7f80ff0100017f80ull,
        0x8000000080000000ull, 0x7fffffff7fffffffull};
    return below(4) ? next() : below(2) ? edges[below(9)] : next() >> below(64);
}

static uint64_t operand(int kind) {
    return kind == 0 ? single() | (uint64_t)single() << 32 : kind == 1 ? dbl() : integers();
}

static sigjmp_buf escape;
static volatile uint32_t faultMxcsr;

static void fpe(int s, siginfo_t *info, void *context) {
    (void)s; (void)info;
    faultMxcsr = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
    siglongjmp(escape, 1);
}

static void ill(int s) { (void)s; siglongjmp(escape, 2); }

static uint8_t memory[16] __attribute__((aligned(16)));
static struct { uint8_t xmm0[16], xmm1[16]; uint64_t mm0, mm1, rax, rcx, flags; uint32_t mxcsr, safe; } state __attribute__((aligned(16)));

static void run(uint8_t *stub) {
    __asm__ volatile(
        "emms\n\t movq %P0+32, %%mm0\n\t movq %P0+40, %%mm1\n\t movups %P0, %%xmm0\n\t movups %P0+16, %%xmm1\n\t"
        "ldmxcsr %P0+72\n\t movq %P0+48, %%rax\n\t movq %P0+56, %%rcx\n\t movq %%rcx, %%rdx\n\t movq $%P2, %%rdi\n\t pushq $0x8d7\n\t popfq\n\t call *%1\n\t"
        "pushfq\n\t popq %P0+64\n\t stmxcsr %P0+72\n\t ldmxcsr %P0+76\n\t movq %%rax, %P0+48\n\t movq %%rcx, %P0+56\n\t"
        "movq %%mm0, %P0+32\n\t movq %%mm1, %P0+40\n\t movups %%xmm0, %P0\n\t movups %%xmm1, %P0+16\n\t emms"
        : : "i"(&state), "b"(stub), "i"(memory) : "rdi", "rax", "rcx", "rdx", "xmm0", "xmm1", "memory", "cc");
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    FILE *table = fopen(argv[1], "r");
    if (!table) return 2;
    seed = strtoull(argv[2], 0, 0) * 0x1234567u;
    long cases = atol(argv[3]);
    uint8_t *stub = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = fpe, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGFPE, &action, 0);
    signal(SIGILL, ill);
    static char line[256];
    while (fgets(line, sizeof line, table)) {
        char *columns[4] = {0};
        int n = 0;
        for (char *p = strtok(line, "|\n"); p && n < 4; p = strtok(0, "|\n")) columns[n++] = p;
        if (n < 4 || line[0] == '#') continue;
        int wanted = 0;
        char attributes[64], operands[64];
        snprintf(attributes, sizeof attributes, "%s", columns[3]);
        snprintf(operands, sizeof operands, "%s", columns[2]);
        for (char *p = strtok(attributes, " "); p; p = strtok(0, " "))
            for (int k = 4; k < argc; k++) wanted |= !strcmp(p, argv[k]);
        if (!wanted || !strpbrk(operands, "VWUPQN") || strstr(columns[1], "MASKMOV")) continue;
        static int registers, memories;
        registers = !strpbrk(operands, "M") || strstr(operands, "XMM");
        memories = !strpbrk(operands, "RUN");
        static uint8_t code[16];
        volatile int modrm = 0xc1;
        int length = 0, wide = 0, immediate = strstr(operands, "Ib") != 0, skip = 0, opcode = 0;
        static char pattern[64];
        snprintf(pattern, sizeof pattern, "%s", columns[0]);
        for (char *p = strtok(pattern, " "); p; p = strtok(0, " ")) {
            if (!strcmp(p, "W1")) wide = 1;
            else if (!strcmp(p, "NP") || !strcmp(p, "W0") || !strcmp(p, "/r") || !strcmp(p, "mem")) continue;
            else if (!strcmp(p, "11B")) memories = 0;
            else if (p[0] == '/') modrm = 0xc1 | (p[1] - '0') << 3;
            else if (strlen(p) != 2) skip = 1;
            else {
                if (!opcode && !strcmp(p, "0F") && wide) code[length++] = 0x48;
                opcode |= !strcmp(p, "0F");
                code[length++] = strtol(p, 0, 16);
            }
        }
        if (skip || opcode != 1 || (!registers && !memories)) continue;
        int y = strchr(operands, 'y') != 0 && !wide;
        for (volatile long i = 0; i < cases; i++) {
            uint8_t rec[160] = {0};
            uint8_t *c = stub;
            memcpy(c, code, length);
            int total = length;
            if (y && below(2)) { /* REX.W stands directly before 0F */
                uint8_t *at = memchr(c, 0x0f, length);
                memmove(at + 1, at, length - (at - c));
                *at = 0x48;
                total++;
            }
            volatile int inMemory = memories && (!registers || below(3) == 0);
            c[total++] = inMemory ? (modrm & 0x38) | 7 : modrm;
            if (immediate) c[total++] = below(3) ? below(20) : next();
            c[total] = 0xc3;
            int kind = below(3), masks = below(4) ? 0x3f : next() & 0x3f;
            uint64_t values[4] = {operand(kind), operand(kind), operand(kind), operand(kind)};
            if (below(5) == 0) { values[2] = values[0]; values[3] = values[1] ^ (1ull << 63); }
            if (below(8) == 0) values[2] = below(70);
            memcpy(state.xmm0, values, 32);
            memcpy(memory, values + 2, 16);
            state.mm0 = integers();
            state.mm1 = below(4) ? integers() : below(70);
            state.rax = below(3) ? next() : (uint64_t)(int64_t)(int)(below(40) - 20);
            state.rcx = below(3) ? integers() : below(18);
            state.mxcsr = masks << 7 | below(4) << 13 | (below(5) == 0) << 6 | (below(5) == 0) << 15 | (below(3) ? 0 : next() & masks);
            state.safe = 0x1f80;
            rec[0] = total;
            memcpy(rec + 1, c, total);
            memcpy(rec + 16, &state.mxcsr, 4);
            memcpy(rec + 24, &state.rax, 8); memcpy(rec + 32, &state.rcx, 8);
            memcpy(rec + 40, &state.mm0, 8); memcpy(rec + 48, &state.mm1, 8);
            memcpy(rec + 64, state.xmm0, 16); memcpy(rec + 80, state.xmm1, 16);
            int fault = sigsetjmp(escape, 1);
            if (!fault) {
                run(stub);
            } else {
                __asm__ volatile("ldmxcsr %0\n\t emms" : : "m"(state.safe));
                if (fault == 2) break;
                rec[15] = 0xff;
                state.mxcsr = faultMxcsr;
                state.flags = 0;
                memset(&state, 0, 64);
            }
            uint32_t flags = state.flags & 0x8d5;
            memcpy(rec + 96, &state.mxcsr, 4); memcpy(rec + 100, &flags, 4);
            memcpy(rec + 56, &state.rcx, 8); memcpy(rec + 104, &state.rax, 8); memcpy(rec + 112, &state.mm0, 8);
            memcpy(rec + 120, state.xmm0, 16); memcpy(rec + 136, inMemory ? memory : state.xmm1, 16); memcpy(rec + 152, &state.mm1, 8);
            fwrite(rec, sizeof rec, 1, stdout);
        }
    }
    return 0;
}
