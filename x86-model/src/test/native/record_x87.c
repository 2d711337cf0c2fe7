/*
 * Records what the x87 FPU of this host does: random and edge operands through every form of D8..DF that touches no
 * environment image. Usage: record_x87 SEED CASES > FILE. One record is 220 bytes, little-endian:
 *
 *     0  opcode, ModR/M (memory forms address the operand)     2  zero
 *     4  FCW, FSW, full tag word (16 bits each)               10  ST(0)..ST(7), 10 bytes each
 *    90  memory operand, 10 bytes
 *   100  afterwards: FCW, FSW, full tag word                 106  ST(0)..ST(7)
 *   186  memory operand                                      196  RFLAGS & 0x8d5   200  AX   204..219 zero
 *
 * Before the instruction RFLAGS has all six status flags set and AX is 0x5a5a.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t seed;

static uint64_t next(void) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) { return (uint32_t)(next() >> 33) % n; }

static uint64_t fraction(void) {
    switch (below(6)) {
    case 0: return 1ull << 63;
    case 1: return ~0ull << below(64) | 1ull << 63;
    case 2: return 1ull << 63 | 1ull << below(64);
    case 3: return 1ull << 63 | next() << below(64);
    case 4: return 1ull << 63 | (next() & 0xffff);
    default: return 1ull << 63 | next();
    }
}

static void extended(uint8_t *to) {
    static const uint16_t exponents[] = {0, 1, 2, 0x7ffe, 0x7fff, 0x3fff, 0x3ffe, 0x4000, 0x3ffd, 0x403e, 0x403d, 0x401e,
        0x401d, 0x400e, 0x400d, 0x403f, 0x3c01, 0x3c00, 0x3bcd, 0x3bcc, 0x43fe, 0x43ff, 0x3f81, 0x3f80, 0x3f6a, 0x3f69,
        0x407e, 0x407f, 0x3fbe, 0x3fbf, 60, 64, 65, 0x7fc0};
    uint16_t exponent;
    uint64_t sig = fraction();
    switch (below(8)) {
    case 0: exponent = exponents[below(sizeof exponents / 2)]; break;
    case 1: exponent = next() & 0x7fff; break;
    case 2: exponent = 0x3fff + below(140) - 70; break;
    case 3: exponent = 0x3fff + below(2200) - 1100; break;
    default: exponent = 0x3fff + below(20) - 10; break;
    }
    if (exponent == 0 && below(4)) sig &= below(3) ? ~(1ull << 63) : 0;
    if (exponent == 0x7fff && below(2)) sig = 1ull << 63 | (uint64_t)below(2) << 62 | (below(2) ? next() & 15 : 0);
    if (below(60) == 0) sig &= ~(1ull << 63);
    if (below(25) == 0) { sig = 0; exponent = 0; }
    if (below(2)) exponent |= 0x8000;
    memcpy(to, &sig, 8);
    memcpy(to + 8, &exponent, 2);
}

static void memory(uint8_t *to, uint8_t opcode, uint8_t reg) {
    uint64_t bits = next();
    static const uint16_t single[] = {0, 1, 0xfe, 0xff, 0x7f}, dbl[] = {0, 1, 0x7fe, 0x7ff, 0x3ff};
    extended(to);
    if (opcode == 0xdb && reg >= 5) return;
    if (opcode == 0xdf && (reg == 4 || reg == 6)) { /* packed BCD */
        for (int i = 0; i < 9; i++) to[i] = below(10) | below(10) << 4;
        to[9] = next() & 0x80;
        return;
    }
    if (below(3) == 0) bits >>= below(64);
    if (below(8) == 0) bits = below(2) ? 0 : 1ull << 63 | 1u << 31 | 1u << 15;
    if (opcode == 0xd8 || opcode == 0xd9) {
        uint32_t b = bits;
        if (below(3)) b = (b & 0x807fffff) | (uint32_t)(below(2) ? single[below(5)] : 0x7f + below(16) - 8) << 23;
        if (below(4) == 0) b &= 0xff800000;
        bits = (bits & ~0xffffffffull) | b;
    } else if (opcode == 0xdc || opcode == 0xdd) {
        if (below(3)) bits = (bits & 0x800fffffffffffffu) | (uint64_t)(below(2) ? dbl[below(5)] : 0x3ff + below(16) - 8) << 52;
        if (below(4) == 0) bits &= ~0ull << (52 - 20 * below(2));
    }
    memcpy(to, &bits, 8);
}

static sigjmp_buf undefined;
static void ill(int s) { (void)s; siglongjmp(undefined, 1); }

struct image { uint16_t control, r0, status, r1, tag, r2; uint32_t pointers[4]; uint8_t st[80]; } __attribute__((packed));

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    seed = strtoull(argv[1], 0, 0) * 0x1234567u;
    long cases = atol(argv[2]);
    uint8_t *stub = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGILL, ill);
    for (volatile long i = 0; i < cases;) {
        uint8_t rec[220] = {0};
        struct image in = {0}, out = {0};
        uint8_t opcode = 0xd8 + below(8), modrm;
        static const uint8_t sts[] = {0, 1, 1, 1, 2, 7};
        if (below(3) == 0) modrm = below(8) << 3 | 7;
        else if (opcode == 0xd9 && below(4)) modrm = 0xe0 + below(32);
        else modrm = 0xc0 | below(8) << 3 | sts[below(6)];
        uint8_t reg = (modrm >> 3) & 7;
        if (modrm < 0xc0 && ((opcode == 0xd9 && (reg == 4 || reg == 6)) || (opcode == 0xdd && (reg == 4 || reg == 6)))) continue;
        uint16_t masks = below(5) < 3 ? 0x3f : next() & 0x3f;
        in.control = 0x40 | masks | below(4) << 8 | below(4) << 10;
        if (below(8)) in.control |= 0x300;
        int top = below(8);
        in.status = top << 11 | (next() & 0x4700) | (below(2) ? 0 : next() & masks);
        uint8_t valid = 0;
        for (int k = 0; k < 8; k++) if (below(40) ? k < 3 : below(2)) valid |= 1 << ((top + k) & 7);
        int high = modrm >= 0xc0 ? modrm & 7 : 0;
        if (below(30)) valid |= 1 << ((top + high) & 7);
        for (int k = 7; k >= 0; k--) in.tag = in.tag << 2 | (valid >> k & 1 ? 0 : 3);
        for (int k = 0; k < 8; k++) {
            uint64_t sig = 1ull << 63; uint16_t se = 0x4000 + k;
            memcpy(in.st + 10 * k, &sig, 8); memcpy(in.st + 10 * k + 8, &se, 2);
        }
        extended(in.st);
        extended(in.st + 10);
        if (below(4) == 0) { /* operands near one another */
            memcpy(in.st + 10, in.st, 10);
            in.st[10] ^= below(4); in.st[18] ^= below(4); in.st[19] ^= below(2) << 7;
        }
        if (high > 1) extended(in.st + 10 * high);
        uint8_t mem[16] = {0};
        memory(mem, opcode, reg);
        rec[0] = opcode; rec[1] = modrm;
        memcpy(rec + 4, &in.control, 2); memcpy(rec + 6, &in.status, 2); memcpy(rec + 8, &in.tag, 2);
        memcpy(rec + 10, in.st, 80); memcpy(rec + 90, mem, 10);
        stub[0] = opcode; stub[1] = modrm; stub[2] = 0xc3;
        uint64_t flags = 0, ax = 0;
        if (sigsetjmp(undefined, 1)) { __asm__ volatile("fninit"); continue; }
        __asm__ volatile(
            "frstor %3\n\t mov $0x5a5a, %%eax\n\t pushq $0x8d7\n\t popfq\n\t call *%4\n\t"
            "pushfq\n\t popq %0\n\t fnsave %2\n\t"
            : "=&r"(flags), "=&a"(ax), "=m"(out) : "m"(in), "r"(stub), "D"(mem) : "memory", "cc");
        flags &= 0x8d5;
        memcpy(rec + 100, &out.control, 2); memcpy(rec + 102, &out.status, 2); memcpy(rec + 104, &out.tag, 2);
        memcpy(rec + 106, out.st, 80); memcpy(rec + 186, mem, 10);
        memcpy(rec + 196, &flags, 4); memcpy(rec + 200, &ax, 2);
        fwrite(rec, sizeof rec, 1, stdout);
        i++;
    }
    return 0;
}
