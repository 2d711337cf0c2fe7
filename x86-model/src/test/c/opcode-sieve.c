/*
 * Which one- and two-byte opcodes does this processor define, and how long are they?
 *
 * Every opcode byte of both maps, behind no prefix, 66, F3 or F2, with every ModR/M byte that may matter and zeros behind
 * it, is placed so that it ends at the end of the last mapped page, one byte more of it each time, and single-stepped in
 * a child: while the processor wants more bytes it faults on the page behind. Nothing but the instruction itself decides.
 *
 *   cc -O2 -o opcode-sieve opcode-sieve.c && ./opcode-sieve | gzip -9n > opcodes-of-an-epyc.bin.gz
 *
 * Output: for 64- and 32-bit code, for each prefix, for each map, for each opcode, for each of 72 ModR/M bytes (8 with a
 * memory operand, 64 with mod = 11B) one byte: the length, 0 for #UD, 255 for what was not tried (prefixes, escapes, and
 * what would enter the kernel). Linux on x86-64 only.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE 0x30000000UL
#define PAGE 4096UL
#define STACK (CODE + 0x100000)
#define STACK_SIZE 0x10000UL

static int code_file;
static unsigned char *code;
static pid_t child;
static struct user_regs_struct at_start;

static void start_child(void)
{
    child = fork();
    if (child == 0) {
        mmap((void *)CODE, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, code_file, 0);
        mmap((void *)STACK, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
    ptrace(PTRACE_GETREGS, child, 0, &at_start);
}

static void end_child(void)
{
    int status;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
}

enum outcome { MORE, UNDEFINED, WHOLE };

static enum outcome step(int width, const unsigned char *bytes, int count)
{
    memcpy(code + PAGE - count, bytes, count);
    struct user_regs_struct r = at_start;
    r.rax = r.rbx = r.rdx = r.rsi = r.rdi = r.rbp = 0x10;
    r.rcx = 1;
    r.r8 = r.r9 = r.r10 = r.r11 = r.r12 = r.r13 = r.r14 = r.r15 = 0x10;
    r.orig_rax = -1;
    r.rsp = STACK + STACK_SIZE / 2;
    r.rip = CODE + PAGE - count;
    r.eflags = 0x202;
    r.cs = width == 64 ? 0x33 : 0x23;
    r.ss = 0x2b;
    if (width == 32) {
        r.ds = r.es = 0x2b;
        r.fs = r.gs = 0;
    }
    ptrace(PTRACE_SETREGS, child, 0, &r);
    ptrace(PTRACE_SINGLESTEP, child, 0, 0);
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        start_child();
        return WHOLE;
    }
    siginfo_t info;
    memset(&info, 0, sizeof info);
    ptrace(PTRACE_GETSIGINFO, child, 0, &info);
    struct user_regs_struct now;
    ptrace(PTRACE_GETREGS, child, 0, &now);
    if (WSTOPSIG(status) == SIGILL)
        return UNDEFINED;
    if (WSTOPSIG(status) == SIGSEGV && (unsigned long)info.si_addr == CODE + PAGE && now.rip == r.rip)
        return MORE;
    return WHOLE;
}

static int tried(int width, int map, int opcode)
{
    if (map == 1) /* three-byte escapes; SYSCALL, SYSENTER */
        return opcode != 0x38 && opcode != 0x3a && opcode != 0x05 && opcode != 0x34;
    switch (opcode) {
    case 0x0f: case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67:
    case 0xf0: case 0xf2: case 0xf3: /* escape and prefixes */
    case 0xc4: case 0xc5: case 0x62: case 0x8f: /* VEX, EVEX, XOP */
    case 0xcc: case 0xcd: case 0xce: case 0xf1: /* interrupts */
        return 0;
    default:
        return width == 32 || (opcode & 0xf0) != 0x40;
    }
}

static int length_of(int width, int prefix, int map, int opcode, int modrm)
{
    unsigned char bytes[16] = {0};
    int count = 0;
    if (!tried(width, map, opcode))
        return 255;
    if (prefix)
        bytes[count++] = prefix;
    if (map)
        bytes[count++] = 0x0f;
    bytes[count++] = opcode;
    bytes[count] = modrm;
    for (; count <= 15; count++) {
        enum outcome outcome = step(width, bytes, count);
        if (outcome != MORE)
            return outcome == UNDEFINED ? 0 : count;
    }
    return 254;
}

int main(void)
{
    static const int prefixes[] = {0, 0x66, 0xf3, 0xf2};
    code_file = memfd_create("code", 0);
    if (code_file < 0 || ftruncate(code_file, PAGE) != 0)
        return 1;
    code = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, code_file, 0);
    for (int width = 64; width >= 32; width -= 32)
        for (int p = 0; p < 4; p++)
            for (int map = 0; map < 2; map++)
                for (int opcode = 0; opcode < 256; opcode++) {
                    start_child();
                    for (int n = 0; n < 72; n++)
                        putchar(length_of(width, prefixes[p], map, opcode, n < 8 ? n << 3 : 0xc0 + n - 8));
                    end_child();
                }
    return 0;
}
