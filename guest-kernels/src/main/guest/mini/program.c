#include "program.h"
#include "kernel.h"

extern const struct program programs[]; /* programs.S; a null name ends it */

static int same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct program *program_find(const char *name)
{
    for (const struct program *program = programs; program->name; program++) {
        if (same(program->name, name)) {
            return program;
        }
    }
    return 0;
}

void program_copy_argument(char *to, const char *from)
{
    int i = 0;
    for (; i < PROGRAM_ARGUMENT_BYTES - 1 && from[i]; i++) {
        to[i] = from[i];
    }
    to[i] = 0;
}

struct loaded_program program_load(struct space *space, const struct program *program, const char *argument)
{
    const struct program_header *header = program->header;
    const u8 *image = (const u8 *)header;
    word data = USER_BASE + header->data;
    word zeros = USER_BASE + header->file_end;
    word end = (USER_BASE + header->end + PAGE_OFFSET) & ~PAGE_OFFSET;
    space_add(space, (struct region){USER_BASE, data, REGION_EXECUTABLE, image});
    if (data < zeros) {
        space_add(space, (struct region){data, zeros, REGION_WRITABLE, image + header->data});
    }
    if (zeros < end) {
        space_add(space, (struct region){zeros, end, REGION_WRITABLE, 0});
    }
    space_add(space, (struct region){STACK_TOP - STACK_BYTES, STACK_TOP, REGION_WRITABLE, 0});

    /* The first write to the stack: the kernel faults on it like anyone else. */
    struct loaded_program loaded = {
        .entry = USER_BASE + header->entry,
        .argument = STACK_TOP - PROGRAM_ARGUMENT_BYTES,
        .stack = STACK_TOP - PROGRAM_ARGUMENT_BYTES - 16,
    };
    program_copy_argument((char *)loaded.argument, argument);
    return loaded;
}
