/*
 * Executes single instructions on the processor it runs on and writes down what they did.
 *
 *     conformance QUESTIONS ANSWERS
 *
 * QUESTIONS is an array of struct question, ANSWERS becomes an array of struct answer. A question is an instruction, the
 * mode it runs in, all general registers, RFLAGS and a window of memory; an answer is what they hold afterwards, and the
 * vector of the exception that ended it.
 *
 * How: everything happens in one signal handler. It replaces the interrupted context by the question's registers, with
 * TF set, and returns: the kernel loads them, the processor executes one instruction, and its single-step trap (or its
 * fault) brings the next signal, whose context is the answer. 32-bit code runs in the compatibility segment that every
 * Linux process has, 16-bit code in segments of a local descriptor table. Linux on x86-64 only.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* The same addresses are in the replaying test. Each has a page of its own; the pages around are not mapped. */
#define CODE_PAGE 0x10000000ul
#define DATA_PAGE 0x20000000ul
#define PAGE 4096ul
#define START (CODE_PAGE + 0x800) /* where the instruction stands */
#define WINDOW (DATA_PAGE + 0x400) /* the memory that is compared */
#define GS_BASE (DATA_PAGE + 0x40)
#define WINDOW_SIZE 512

#define REPEATS 1 /* in question.flags: single-step on while RIP stays: a repeated string instruction */

struct question {
    uint8_t mode; /* 16, 32 or 64 */
    uint8_t length;
    uint8_t flags;
    uint8_t unused[5];
    uint8_t code[16];
    uint64_t gpr[16]; /* in the manual's order: rAX rCX rDX rBX rSP rBP rSI rDI R8..R15 */
    uint64_t rflags;
    uint8_t memory[WINDOW_SIZE];
};

struct answer {
    uint32_t vector; /* 1, the single-step trap: the instruction completed */
    uint32_t error_code;
    uint64_t gpr[16];
    uint64_t rip; /* in 16-bit mode an offset in the code page */
    uint64_t rflags;
    uint8_t memory[WINDOW_SIZE];
};

static const int context_register[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

enum { USER32_CS = 0x23, USER_DS = 0x2b, USER64_CS = 0x33, LDT_CS = 0 << 3 | 7, LDT_DS = 1 << 3 | 7, LDT_GS = 2 << 3 | 7 };

static const struct question *questions;
static struct answer *answers;
static long count;
static long current = -1;
static ucontext_t home;

static uint64_t start_rip(const struct question *q) {
    return q->mode == 16 ? START - CODE_PAGE : START;
}

static void ask(const struct question *q, ucontext_t *context) {
    greg_t *g = context->uc_mcontext.gregs;
    for (int i = 0; i < 16; i++)
        g[context_register[i]] = (greg_t)q->gpr[i];
    g[REG_EFL] = (greg_t)q->rflags;
    g[REG_RIP] = (greg_t)start_rip(q);
    uint64_t cs = q->mode == 64 ? USER64_CS : q->mode == 32 ? USER32_CS : LDT_CS;
    uint64_t ss = q->mode == 16 ? LDT_DS : USER_DS;
    g[REG_CSGSFS] = (greg_t)(((uint64_t)g[REG_CSGSFS] & 0x0000ffffffff0000ul) | cs | ss << 48);
    memcpy((void *)START, q->code, sizeof q->code);
    memcpy((void *)WINDOW, q->memory, WINDOW_SIZE);
    uint16_t data = (uint16_t)ss, gs = LDT_GS;
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %1, %%gs" : : "r"(data), "r"(gs));
}

static int has_error_code(uint64_t vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static void take_down(struct answer *a, const ucontext_t *context) {
    const greg_t *g = context->uc_mcontext.gregs;
    a->vector = (uint32_t)g[REG_TRAPNO];
    a->error_code = has_error_code(a->vector) ? (uint32_t)g[REG_ERR] : 0;
    for (int i = 0; i < 16; i++)
        a->gpr[i] = (uint64_t)g[context_register[i]];
    a->rip = (uint64_t)g[REG_RIP];
    a->rflags = (uint64_t)g[REG_EFL];
    memcpy(a->memory, (void *)WINDOW, WINDOW_SIZE);
}

static void on_signal(int number, siginfo_t *info, void *v) {
    (void)info;
    /* The instruction may have set AC, NT and ID, which the kernel does not clear for a handler. */
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~0x244000ul);
    ucontext_t *context = v;
    if (current < 0) {
        home = *context;
    } else {
        const struct question *q = &questions[current];
        const greg_t *g = context->uc_mcontext.gregs;
        if ((q->flags & REPEATS) && number == SIGTRAP && (uint64_t)g[REG_RIP] == start_rip(q))
            return;
        take_down(&answers[current], context);
    }
    current++;
    if (current < count)
        ask(&questions[current], context);
    else
        *context = home;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void map_page(unsigned long address, int protection) {
    void *page = mmap((void *)address, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (page != (void *)address)
        die("mmap");
}

static void describe_segment(unsigned number, unsigned long base, int code) {
    struct user_desc d = {
        .entry_number = number, .base_addr = (unsigned)base, .limit = 0xffff, .contents = code ? 2 : 0, .useable = 1};
    if (syscall(SYS_modify_ldt, 1, &d, sizeof d) != 0)
        die("modify_ldt");
}

static void *map_file(const char *name, int writable, size_t *size) {
    int fd = open(name, writable ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0666);
    if (fd < 0)
        die(name);
    struct stat status;
    if (writable ? ftruncate(fd, (off_t)*size) : fstat(fd, &status))
        die(name);
    if (!writable)
        *size = (size_t)status.st_size;
    void *content = mmap(NULL, *size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (content == MAP_FAILED)
        die(name);
    return content;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: conformance QUESTIONS ANSWERS\n");
        return 2;
    }
    size_t size;
    questions = map_file(argv[1], 0, &size);
    count = (long)(size / sizeof *questions);
    size = (size_t)count * sizeof *answers;
    answers = map_file(argv[2], 1, &size);

    map_page(CODE_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    map_page(DATA_PAGE, PROT_READ | PROT_WRITE);
    describe_segment(0, CODE_PAGE, 1);
    describe_segment(1, DATA_PAGE, 0);
    describe_segment(2, GS_BASE, 0);

    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
        die("sigaltstack");
    static const int signals[] = {SIGUSR1, SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], &action, NULL) != 0)
            die("sigaction");
    raise(SIGUSR1);
    return 0;
}
