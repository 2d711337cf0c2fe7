/* Selectors of the table in start.S, shared by the assembler and the C sources. */
#ifndef THIRDMODE_START_H
#define THIRDMODE_START_H

#define CODE32_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define CODE64_SELECTOR 0x18

#endif
