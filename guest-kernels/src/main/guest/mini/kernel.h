/* What every file of the kernel may use: the end of a run, pages as a whole, interrupts. */
#ifndef MINI_KERNEL_H
#define MINI_KERNEL_H

#include "guest.h"
#include "layout.h"
#include "status.h"

/* Says why the run cannot go on, and ends it. */
void panic(const char *why, u8 status) __attribute__((noreturn));

static inline void clear_page(void *page)
{
    word count = PAGE_BYTES / sizeof(word);
#ifdef __x86_64__
    asm volatile("rep stosq" : "+D"(page), "+c"(count) : "a"(0) : "memory");
#else
    asm volatile("rep stosl" : "+D"(page), "+c"(count) : "a"(0) : "memory");
#endif
}

static inline void copy_page(void *to, const void *from)
{
    word count = PAGE_BYTES / sizeof(word);
#ifdef __x86_64__
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#else
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#endif
}

#endif
