package org.thirdmode.guests;

/** The mode in which an image does its work, whatever mode it was started in. */
public enum GuestMode {
    /** SDM 3A "Modes of Operation": real-address mode. */
    REAL,
    /** Protected mode, SDM 3A "32-Bit Paging" with pages of 4 KiB and, by CR4.PSE, 4 MiB. */
    PROTECTED_32_BIT_PAGING,
    /** Protected mode, SDM 3A "PAE Paging". */
    PROTECTED_PAE,
    /** IA-32e mode, SDM 3A "4-Level Paging and 5-Level Paging" with four levels. */
    LONG_4_LEVEL
}
