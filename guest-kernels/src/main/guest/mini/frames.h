/*
 * Page frames: the RAM behind the image, in pieces of 4 KiB, each with a count of those who use it. A frame is named by
 * its address, which is a pointer too (layout.h).
 */
#ifndef MINI_FRAMES_H
#define MINI_FRAMES_H

#include "guest.h"

/* Finds the RAM. Call it before anything is allocated, and before the loader's information can be overwritten. */
void frames_initialize(const struct multiboot_info *information);

/* A frame with one user. Where there is none left the run ends with a line of text. */
void *frame_allocate(void);
void *frame_allocate_cleared(void);

/* Frames that make one aligned large page, cleared. They are never given back, nor are those that the alignment skips. */
void *frames_allocate_large(void);

/* One more user: after fork, the child. */
void frame_share(void *frame);

/* One user less; the last one frees the frame. */
void frame_release(void *frame);

/* Whether nobody else uses the frame. The image itself is never anybody's own. */
int frame_is_sole(const void *frame);

/* A frame of zeros, which everyone reads who has not written yet. */
extern u8 frame_of_zeros[4096];

/* Frames in use now: the same at the end of a run as at its beginning, or something has leaked. */
word frames_in_use(void);

/* Writes 0, 1, 2 and so on to frames that were never used, `stretch` bytes apart, and reads all of them back; returns
   the sum, or -1 where the RAM ends before. Nobody owns these frames, before or after. */
word frames_touch_free(word frames, word stretch);

/* The end of the RAM that is used. */
word frames_end(void);

#endif
