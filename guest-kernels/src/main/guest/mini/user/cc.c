/* A compiler: its status is the checksum of what it made of a unit. */
#include "compile.h"

u32 main(const char *argument)
{
    return compile_unit(number_at(value_of(argument, "unit")), number_at(value_of(argument, "bytes")));
}
