#include "user.h"

void leave(word status)
{
    call1(exit, status);
    __builtin_unreachable();
}

void print(const char *text)
{
    call1(print, text);
}

void print_decimal(u32 value)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    print(at);
}

void print_hex(u32 value)
{
    char digits[9];
    for (int i = 0; i < 8; i++) {
        digits[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    digits[8] = 0;
    print(digits);
}

void fail(const char *what)
{
    print(what);
    print(": WRONG\n");
    leave(STATUS_WRONG);
}

u32 *map_pages(word pages, u32 flags)
{
    int fits = pages <= (word)-1 / PAGE_BYTES;
    void *start = fits ? (void *)call2(map, pages * PAGE_BYTES, flags) : 0;
    if (!start) {
        print("out of linear memory: give the workload less\n");
        leave(STATUS_OUT_OF_MEMORY);
    }
    return start;
}

void unmap_pages(void *start, u32 pages)
{
    if (call2(unmap, start, (word)pages * PAGE_BYTES)) {
        fail("unmap");
    }
}

u32 fork_child(u32 (*body)(const void *), const void *context)
{
    word child = call0(fork);
    if (child == 0) {
        leave(body(context));
    }
    if (child == (word)-1) {
        fail("fork: too many processes");
    }
    return (u32)child;
}

u32 wait_for(u32 child)
{
    u32 status;
    if (call2(wait, child, &status) != 0) {
        fail("a child was killed");
    }
    return status;
}

int same_word(const char *at, const char *word)
{
    while (*word && *at == *word) {
        at++;
        word++;
    }
    return !*word && (*at == 0 || *at == ' ' || *at == '=');
}

const char *value_of(const char *line, const char *name)
{
    for (const char *at = line; *at; at++) {
        if ((at == line || at[-1] == ' ') && same_word(at, name)) {
            while (*at && *at != ' ' && *at != '=') {
                at++;
            }
            return *at == '=' ? at + 1 : 0;
        }
    }
    return 0;
}

u32 number_at(const char *digits)
{
    u32 value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        value = value * 10 + (u32)(*digits - '0');
    }
    return value;
}

/* The compiler may call these two even in freestanding code. */
void *memset(void *destination, int value, unsigned long count);
void *memcpy(void *destination, const void *source, unsigned long count);

void *memset(void *destination, int value, unsigned long count)
{
    void *at = destination;
    asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
    return destination;
}

void *memcpy(void *destination, const void *source, unsigned long count)
{
    void *at = destination;
    asm volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(count) : : "memory");
    return destination;
}
