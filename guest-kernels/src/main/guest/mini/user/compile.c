#include "compile.h"

/*
 * statement: name "=" operand { operator operand } ";"        name: a letter and a digit
 * operand:   name | number                                    operator, loosest first: "^", "+" and "-", "*"
 *
 * Code: a byte for each instruction; PUSH is followed by four bytes of the number, LOAD and STORE by the name's slot.
 */
enum { PUSH = 1, LOAD, STORE };

#define SLOTS 1024u /* of the hash table of names: more than the 260 there can be */

struct unit {
    char *source;
    u8 *code;
    u16 *names;  /* hash table: the two characters of a name, 0 where free */
    u32 *values; /* of the names, by slot */
    u32 source_length, code_length;
};

/* ---- the source ---- */

static void write_character(struct unit *unit, char character)
{
    unit->source[unit->source_length++] = character;
}

static void write_name(struct unit *unit, u32 random)
{
    write_character(unit, (char)('a' + random % 26));
    write_character(unit, (char)('0' + (random >> 8) % 10));
}

static void write_operand(struct unit *unit, u32 random)
{
    if (random >> 16 & 1) {
        write_name(unit, random);
        return;
    }
    u32 number = random % 1000;
    if (number >= 100) {
        write_character(unit, (char)('0' + number / 100));
    }
    if (number >= 10) {
        write_character(unit, (char)('0' + number / 10 % 10));
    }
    write_character(unit, (char)('0' + number % 10));
}

static void write_source(struct unit *unit, u32 number, u32 bytes)
{
    u32 random = number * 2654435761u + 1;
    if (random == 0) {
        random = 1;
    }
    while (unit->source_length < bytes) {
        random = next_random(random);
        write_name(unit, random);
        write_character(unit, '=');
        u32 operators = random >> 20 & 7;
        random = next_random(random);
        write_operand(unit, random);
        while (operators-- > 0) {
            random = next_random(random);
            write_character(unit, "^+-*"[random >> 30]);
            write_operand(unit, random);
        }
        write_character(unit, ';');
    }
    write_character(unit, 0);
}

/* ---- the compiler: recursive descent ---- */

static u32 slot_of(struct unit *unit, char letter, char digit)
{
    u16 name = (u16)((u8)letter << 8 | (u8)digit);
    u32 slot = (2166136261u ^ (u8)letter) * 16777619u;
    slot = ((slot ^ (u8)digit) * 16777619u) >> 22; /* FNV-1a, its upper ten bits */
    while (unit->names[slot] && unit->names[slot] != name) {
        slot = (slot + 1) % SLOTS;
    }
    unit->names[slot] = name;
    return slot;
}

static void emit(struct unit *unit, u32 byte)
{
    unit->code[unit->code_length++] = (u8)byte;
}

static void emit_slot(struct unit *unit, u32 instruction, u32 slot)
{
    emit(unit, instruction);
    emit(unit, slot);
    emit(unit, slot >> 8);
}

static const char *compile_operand(struct unit *unit, const char *at)
{
    if (*at >= 'a') {
        emit_slot(unit, LOAD, slot_of(unit, at[0], at[1]));
        return at + 2;
    }
    u32 number = 0;
    while (*at >= '0' && *at <= '9') {
        number = number * 10 + (u32)(*at++ - '0');
    }
    emit(unit, PUSH);
    for (u32 shift = 0; shift < 32; shift += 8) {
        emit(unit, number >> shift);
    }
    return at;
}

static u32 tightness(char symbol)
{
    return symbol == '*' ? 3 : symbol == '+' || symbol == '-' ? 2 : symbol == '^' ? 1 : 0;
}

/* Operators that bind at least as tightly as `least`, from the left. */
static const char *compile_expression(struct unit *unit, const char *at, u32 least)
{
    at = compile_operand(unit, at);
    while (tightness(*at) >= least) {
        char symbol = *at;
        at = compile_expression(unit, at + 1, tightness(symbol) + 1);
        emit(unit, (u8)symbol);
    }
    return at;
}

static void compile_source(struct unit *unit)
{
    const char *at = unit->source;
    while (*at) {
        u32 slot = slot_of(unit, at[0], at[1]);
        at = compile_expression(unit, at + 3, 1);
        emit_slot(unit, STORE, slot);
        at++;
    }
    emit(unit, 0);
}

/* ---- the machine ---- */

static void run_code(struct unit *unit)
{
    u32 stack[8], depth = 0; /* three levels of binding: at most four operands wait */
    const u8 *at = unit->code;
    for (; *at; at++) {
        switch (*at) {
        case PUSH:
            stack[depth++] = (u32)at[1] | (u32)at[2] << 8 | (u32)at[3] << 16 | (u32)at[4] << 24;
            at += 4;
            break;
        case LOAD:
            stack[depth++] = unit->values[at[1] | at[2] << 8];
            at += 2;
            break;
        case STORE:
            unit->values[at[1] | at[2] << 8] = stack[--depth];
            at += 2;
            break;
        case '*':
            depth--;
            stack[depth - 1] *= stack[depth];
            break;
        case '+':
            depth--;
            stack[depth - 1] += stack[depth];
            break;
        case '-':
            depth--;
            stack[depth - 1] -= stack[depth];
            break;
        default:
            depth--;
            stack[depth - 1] ^= stack[depth];
            break;
        }
    }
}

static u32 checksum(const struct unit *unit)
{
    u32 sum = 2166136261u;
    for (u32 i = 0; i < unit->code_length; i++) {
        sum = (sum ^ unit->code[i]) * 16777619u;
    }
    for (u32 slot = 0; slot < SLOTS; slot++) {
        sum = sum * 31 + unit->values[slot];
    }
    return sum;
}

static u32 pages_for(u32 bytes)
{
    return bytes / PAGE_BYTES + 1;
}

u32 compile_unit(u32 number, u32 bytes)
{
    u32 source_pages = pages_for(bytes + 100), code_pages = pages_for(4 * bytes + 400); /* a statement over the end */
    struct unit unit = {
        .source = (char *)map_pages(source_pages, MAP_PRIVATE),
        .code = (u8 *)map_pages(code_pages, MAP_PRIVATE),
        .names = (u16 *)map_pages(1, MAP_PRIVATE),
        .values = map_pages(1, MAP_PRIVATE),
    };
    write_source(&unit, number, bytes);
    compile_source(&unit);
    unmap_pages(unit.source, source_pages);
    run_code(&unit);
    u32 sum = checksum(&unit);
    unmap_pages(unit.code, code_pages);
    unmap_pages(unit.names, 1);
    unmap_pages(unit.values, 1);
    return sum;
}
