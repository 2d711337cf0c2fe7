/* The address space of every benchmark, shared by the assembler and the C sources. */
#ifndef THIRDMODE_BENCH_H
#define THIRDMODE_BENCH_H

/*
 * Linear                              Physical
 * 0x00000000 .. 0x03ffffff  64 MiB    the same: the image at 1 MiB, the data below
 * 0x40000000 .. 0x43ffffff  64 MiB    STRIDE_FRAMES, 56 MiB of them, used again from the start for the last 8 MiB,
 *                                     so that a 64 MiB machine runs every image
 * 0x50000000 .. 0x501fffff  512 pages empty: bench-churn maps and unmaps here
 * 0x60000000 .. 0x6003ffff  64 pages  CR3_FRAMES: other frames in each of the four address spaces
 */
#define IDENTITY_BYTES 0x04000000
#define STRIDE_WINDOW 0x40000000
#define STRIDE_BYTES 0x04000000
#define STRIDE_FRAMES 0x00400000
#define STRIDE_FRAME_BYTES 0x03800000
#define RMW_BUFFER 0x03c00000
#define RMW_BYTES 0x00100000
#define CR3_WINDOW 0x60000000
#define CR3_FRAMES 0x03d00000
#define CR3_PAGES 64
#define CR3_SPACES 4
#define CHURN_WINDOW 0x50000000
#define CHURN_FRAMES 0x03e00000
#define CHURN_FRAME_BYTES 0x00040000
#define CHURN_PAGES 512

#endif
