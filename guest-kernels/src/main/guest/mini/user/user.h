/* What programs have: the system calls, and a little library. */
#ifndef MINI_USER_H
#define MINI_USER_H

#include "../calls.h"
#include "../status.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long word;

#define PAGE_BYTES 4096u

u32 main(const char *argument);
void leave(word status) __attribute__((noreturn));

/* ---- system calls, each with the three arguments that it may have ---- */

/* By SYSENTER (32-bit) or SYSCALL (64-bit). */
static inline word call(enum system_call_number number, word first, word second, word third)
{
    word result;
#ifdef __x86_64__
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"((word)number), "D"(first), "S"(second), "d"(third)
                 : "rcx", "r11", "memory");
#else
    word clobbered_b, clobbered_c, clobbered_d;
    asm volatile("mov %%esp, %%ecx\n\tmov $1f, %%edx\n\tsysenter\n1:"
                 : "=a"(result), "=b"(clobbered_b), "=&c"(clobbered_c), "=&d"(clobbered_d)
                 : "a"((word)number), "b"(first), "S"(second), "D"(third)
                 : "memory", "cc");
#endif
    return result;
}

/* By INT 80H. */
static inline word call_by_interrupt(enum system_call_number number, word first, word second, word third)
{
    word result;
#ifdef __x86_64__
    asm volatile("int $0x80" : "=a"(result) : "a"((word)number), "D"(first), "S"(second), "d"(third) : "memory");
#else
    asm volatile("int $0x80" : "=a"(result) : "a"((word)number), "b"(first), "S"(second), "D"(third) : "memory");
#endif
    return result;
}

#define call0(name) call(CALL_##name, 0, 0, 0)
#define call1(name, first) call(CALL_##name, (word)(first), 0, 0)
#define call2(name, first, second) call(CALL_##name, (word)(first), (word)(second), 0)
#define call3(name, first, second, third) call(CALL_##name, (word)(first), (word)(second), (word)(third))

/* ---- library.c ---- */

void print(const char *text);
void print_decimal(u32 value);
void print_hex(u32 value);

/* Ends with STATUS_WRONG and a line that says what is wrong. */
void fail(const char *what) __attribute__((noreturn));

/* So many pages of zeros, or the end of the run. */
u32 *map_pages(word pages, u32 flags);
void unmap_pages(void *start, u32 pages);

/* A child that runs `body` and ends with what it returns. */
u32 fork_child(u32 (*body)(const void *), const void *context);

/* Waits for a child; it must have ended by itself. */
u32 wait_for(u32 child);

/* The text behind "name=" where it is a word of `line`, else 0. */
const char *value_of(const char *line, const char *name);
u32 number_at(const char *digits);
int same_word(const char *at, const char *word);

/* Steps of a generator of 32-bit numbers (Marsaglia's xorshift, 13-17-5); not from 0. */
static inline u32 next_random(u32 value)
{
    value ^= value << 13;
    value ^= value >> 17;
    value ^= value << 5;
    return value;
}

#endif
