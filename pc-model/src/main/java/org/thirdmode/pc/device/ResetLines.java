package org.thirdmode.pc.device;

/** How a device starts the machine, or only its processor, anew. */
public interface ResetLines {
    /** The INIT pin of the processor alone: memory, devices and caches stay as they are. */
    void initProcessor();

    /** The reset of the whole board. */
    void resetBoard();
}
